import { Worker } from 'node:worker_threads';
import type { Caller, Reply, Request } from '../load/load.ts';
import { sibling } from './sibling.ts';

/** An rpc as one writes it by hand: a map of promises by id, one message a call. */
export async function open(): Promise<Caller> {
  const worker = new Worker(sibling('message-port-worker', import.meta));
  const waiting = new Map<number, (reply: Reply) => void>();
  let lastCall = 0;
  worker.on('message', ({ call, reply }: { call: number; reply: Reply }) => {
    waiting.get(call)?.(reply);
    waiting.delete(call);
  });
  return {
    call: (request: Request) =>
      new Promise((resolve) => {
        const call = ++lastCall;
        waiting.set(call, resolve);
        worker.postMessage({ call, request });
      }),
    close: async () => {
      await worker.terminate();
    },
  };
}
