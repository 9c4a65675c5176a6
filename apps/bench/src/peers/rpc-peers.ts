import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Contender, Sample } from '../harness/question.ts';
import { driveLatency, driveThroughput } from '../load/drive.ts';
import type { Caller, Load } from '../load/load.ts';
import type { CallerOrder } from './caller-worker.ts';
import { sibling } from './sibling.ts';

/** Where the calls come from: this thread, or a worker that calls another worker. */
export type CallPath = 'main to node' | 'node to node';

export const pools = ['piscina', 'comlink', 'workerpool', 'tinypool'] as const;
export const handWritten = 'MessagePort by hand';

/** The peers of an rpc question, each with one callee thread. */
export function rpcPeers(names: readonly string[], path: CallPath, outstanding: number): readonly Contender[] {
  return names.map((name) => {
    const module = name === handWritten ? 'message-port' : name;
    return {
      name,
      packages: name === handWritten ? [] : [name],
      round: ({ measureMs, warmUpMs }) => {
        const load = { outstanding, measureMs, warmUpMs };
        return path === 'main to node' ? callFromHere(module, load) : callFromWorker(module, load);
      },
    };
  });
}

async function callFromHere(module: string, load: Load): Promise<Sample> {
  const { open } = (await import(sibling(module, import.meta).href)) as { open: () => Promise<Caller> };
  const caller = await open();
  try {
    return await (load.outstanding === 1 ? driveLatency(caller, load) : driveThroughput(caller, load));
  } finally {
    await caller.close();
  }
}

async function callFromWorker(module: string, load: Load): Promise<Sample> {
  const order: CallerOrder = { peer: sibling(module, import.meta).href, load };
  const worker = new Worker(sibling('caller-worker', import.meta), { workerData: order });
  try {
    const [sample] = (await once(worker, 'message')) as [Sample];
    return sample;
  } finally {
    await worker.terminate();
  }
}
