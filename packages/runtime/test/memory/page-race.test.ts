import { randomInt } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/memory/arena.ts';
import { LocalPagePool } from '../../src/memory/page-pool.ts';
import { formatPageRange, reapPages } from '../../src/memory/page-range.ts';
import { pageBytes } from '../../src/memory/types.ts';
import type { RacingReport, RacingSetup } from './racing-worker.ts';

const pagesPerRange = 32;
const members = 3;

function report(worker: Worker): Promise<RacingReport> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** Wait, without sleeping, until every thread went round often enough. */
async function rounds(control: Int32Array, member: number, wanted: number): Promise<void> {
  while (Atomics.load(control, 1 + member) < wanted) await new Promise((resolve) => setImmediate(resolve));
}

describe('pages of several threads', () => {
  it('are never reused under a holder, and all come back, also from a thread killed in the middle', async () => {
    const seed = randomInt(2 ** 31);
    const arena = Arena.create(4 * 1024 * 1024);
    const ranges = Array.from({ length: members }, () => arena.take(pagesPerRange * pageBytes));
    for (const range of ranges) formatPageRange(arena, range);
    const offers = new SharedArrayBuffer(6 * 8);
    const control = new SharedArrayBuffer(4 * (1 + members));
    const words = new Int32Array(control);
    const workers = ranges.map((range, self) => {
      const workerData: RacingSetup = { memory: arena.memory, range, self, seed: seed + self, offers, control };
      return new Worker(new URL('./racing-worker.ts', import.meta.url), { workerData });
    });
    const reports = [report(workers[0] as Worker), report(workers[1] as Worker)];
    await Promise.all(workers.map((_, member) => rounds(words, member, 100_000)));
    await workers[2]?.terminate();
    reapPages(arena, ranges, 2, 1);
    await Promise.all([rounds(words, 0, 200_000), rounds(words, 1, 200_000)]);
    Atomics.store(words, 0, 1);
    for (const { held, adopted, torn } of await Promise.all(reports)) {
      expect(torn, `seed ${seed}`).toBe(0);
      expect(held, `seed ${seed}`).toBeGreaterThan(10);
      expect(adopted, `seed ${seed}`).toBeGreaterThan(10);
    }
    const free = ranges.map((range, self) => new LocalPagePool({ arena, self, incarnation: 9, range }).freePages);
    expect(free, `seed ${seed}`).toEqual(ranges.map(() => pagesPerRange));
  });
});
