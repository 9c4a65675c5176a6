import { Piscina } from 'piscina';
import type { Caller } from '../load/load.ts';
import { sibling } from './sibling.ts';

/** One thread, as many tasks in it at once as gave the best throughput: its fairest form for this question. */
export async function open(): Promise<Caller> {
  const pool = new Piscina({
    filename: sibling('pool-worker', import.meta).href,
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: 64,
  });
  return { call: (request) => pool.run(request), close: () => pool.destroy() };
}
