import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { processCpuNs } from '../harness/cpu.ts';
import type { Budget, Contender, Sample } from '../harness/question.ts';
import type { KeyLoad } from '../load/keys.ts';
import { fillLmdb, fillRedis, type KeyStoreOrder } from './key-stores.ts';
import { RedisServer } from './redis.ts';
import { sibling } from './sibling.ts';

/** What a worker is told to do for a while; it answers how many calls were answered. */
export type KeyTask =
  | (KeyLoad & { readonly type: 'keys' })
  | { readonly type: 'count'; readonly outstanding: number; readonly ms: number };

/** The load of a round, for one of the workers. */
export type TaskOf = (worker: number, ms: number) => KeyTask;

export const secondNs = 1e9;

/** Workers that each open a store, driven together. `otherCpuNs`: what is spent elsewhere for them. */
async function driveWorkers(
  orders: readonly KeyStoreOrder[],
  taskOf: TaskOf,
  { warmUpMs, measureMs }: Budget,
  otherCpuNs: () => number = () => 0,
): Promise<{ calls: number; cpuNs: number; seconds: number }> {
  const workers = orders.map((order) => {
    const transferList = order.kind === 'port cache' ? [order.port] : [];
    return new Worker(sibling('key-worker', import.meta), { workerData: order, transferList });
  });
  try {
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    const runFor = async (ms: number): Promise<number> => {
      const counts = workers.map(async (worker, index) => {
        const answer = once(worker, 'message') as Promise<[number]>;
        worker.postMessage(taskOf(index, ms));
        return (await answer)[0];
      });
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    };
    await runFor(warmUpMs);
    const cpuBefore = processCpuNs() + otherCpuNs();
    const startedMs = performance.now();
    const calls = await runFor(measureMs);
    const seconds = (performance.now() - startedMs) / 1000;
    return { calls, cpuNs: (processCpuNs() + otherCpuNs() - cpuBefore) / calls, seconds };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

type Measured = Awaited<ReturnType<typeof driveWorkers>>;

/** redis on a Unix socket, one connection for each of `workers`. */
export function redisKeys(name: string, workers: number, keys: number, taskOf: TaskOf, figure: Figure): Contender {
  return {
    name,
    round: async (budget) => {
      await using server = await RedisServer.start();
      await fillRedis(server.socket, keys);
      const orders = Array.from({ length: workers }, () => ({ kind: 'redis', socket: server.socket }) as const);
      return figure(await driveWorkers(orders, taskOf, budget, () => server.cpuNs()));
    },
  };
}

/** One lmdb environment that all workers map, which does not wait for its disk. */
export function lmdbKeys(workers: number, keys: number, taskOf: TaskOf, figure: Figure): Contender {
  return {
    name: 'lmdb',
    packages: ['lmdb'],
    round: async (budget) => {
      const directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
      try {
        const path = join(directory, 'lmdb');
        await fillLmdb(path, keys);
        const orders = Array.from({ length: workers }, () => ({ kind: 'lmdb', path }) as const);
        return figure(await driveWorkers(orders, taskOf, budget));
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
  };
}

/** A thread with all values, and a cache in each worker. */
export function portCacheKeys(workers: number, taskOf: TaskOf, figure: Figure): Contender {
  return {
    name: 'MessagePort cache by hand',
    round: async (budget) => {
      const channels = Array.from({ length: workers }, () => new MessageChannel());
      const ports = channels.map(({ port1 }) => port1);
      const owner = new Worker(sibling('port-cache-worker', import.meta), {
        workerData: { ports },
        transferList: ports,
      });
      try {
        const orders = channels.map(({ port2 }) => ({ kind: 'port cache', port: port2 }) as const);
        return figure(await driveWorkers(orders, taskOf, budget));
      } finally {
        await owner.terminate();
      }
    },
  };
}

export type Figure = (measured: Measured) => Sample;

export const callsPerSecond: Figure = ({ calls, cpuNs, seconds }) => ({ value: calls / seconds, cpuNs });
export const callsPerCpuSecond: Figure = ({ calls, cpuNs, seconds }) => ({
  value: secondNs / cpuNs,
  cpuNs,
  details: { 'calls/s': calls / seconds },
});
