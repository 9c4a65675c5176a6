import { Worker } from 'node:worker_threads';
import { releaseProxy, wrap } from 'comlink';
import type { Caller } from '../load/load.ts';
import { nodeEndpoint } from './comlink-endpoint.ts';
import type { Answers } from './comlink-worker.ts';
import { sibling } from './sibling.ts';

export async function open(): Promise<Caller> {
  const worker = new Worker(sibling('comlink-worker', import.meta));
  const remote = wrap<Answers>(nodeEndpoint(worker));
  return {
    call: (request) => remote.answer(request),
    close: async () => {
      remote[releaseProxy]();
      await worker.terminate();
    },
  };
}
