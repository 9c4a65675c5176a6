import { fileURLToPath } from 'node:url';
import workerpool from 'workerpool';
import type { Caller } from '../load/load.ts';
import { sibling } from './sibling.ts';

export async function open(): Promise<Caller> {
  const pool = workerpool.pool(fileURLToPath(sibling('workerpool-worker', import.meta)), {
    minWorkers: 1,
    maxWorkers: 1,
    workerType: 'thread',
  });
  return {
    call: async (request) => pool.exec('answer', [request]),
    close: async () => {
      await pool.terminate(true);
    },
  };
}
