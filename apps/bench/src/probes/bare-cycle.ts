import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { answer } from '../load/load.ts';
import { sibling } from '../peers/sibling.ts';

/** As many threads as a cluster of two nodes: two that answer and the supervisor's. */
const threads = 3;

export async function run(): Promise<void> {
  const workers = Array.from(
    { length: threads },
    () => new Worker(sibling('../peers/message-port-worker', import.meta)),
  );
  const request = { id: 1, key: 'k', by: 1 };
  for (const worker of workers) {
    worker.postMessage({ call: 1, request });
    const [{ reply }] = (await once(worker, 'message')) as [{ reply: ReturnType<typeof answer> }];
    if (reply.total !== answer(request).total) throw new Error('a wrong answer');
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
}
