import { Tinypool } from 'tinypool';
import type { Caller } from '../load/load.ts';
import { sibling } from './sibling.ts';

export async function open(): Promise<Caller> {
  const pool = new Tinypool({
    filename: sibling('pool-worker', import.meta).href,
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: 64,
  });
  return { call: (request) => pool.run(request), close: () => pool.destroy() };
}
