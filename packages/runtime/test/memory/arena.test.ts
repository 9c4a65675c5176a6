import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extentGranuleBytes } from '../../src/limits.ts';
import { Arena, type Extent } from '../../src/memory/arena.ts';
import { ArenaExhaustedError, ArenaFormatError } from '../../src/memory/errors.ts';

const mebibyte = 1024 * 1024;

describe('Arena', () => {
  it('takes the first free run, so that memory given back is used again before untouched memory', () => {
    const arena = Arena.create(8 * mebibyte);
    const [a, b, c] = [arena.take(100), arena.take(extentGranuleBytes * 2), arena.take(1)];
    expect([a.bytes, b.bytes]).toEqual([extentGranuleBytes, 2 * extentGranuleBytes]);
    arena.give(b);
    expect(arena.take(extentGranuleBytes).at).toBe(b.at);
    expect(arena.take(2 * extentGranuleBytes).at).toBeGreaterThan(c.at);
  });

  it('never hands out overlapping extents, and has everything back after all were given', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(0)), { maxLength: 80 }), (steps) => {
        const arena = Arena.create(4 * mebibyte);
        const free = arena.freeBytes;
        const taken: Extent[] = [];
        for (const granules of steps) {
          if (granules === 0) {
            const extent = taken.shift();
            if (extent !== undefined) arena.give(extent);
            continue;
          }
          try {
            const extent = arena.take(granules * extentGranuleBytes);
            for (const other of taken) {
              expect(extent.at + extent.bytes <= other.at || other.at + other.bytes <= extent.at).toBe(true);
            }
            taken.push(extent);
          } catch (error) {
            expect(error).toBeInstanceOf(ArenaExhaustedError);
          }
        }
        for (const extent of taken) arena.give(extent);
        expect(arena.freeBytes).toBe(free);
      }),
    );
  });

  it('gives back all that one owner took and nothing else, also what other threads took and the odd granule', () => {
    for (const granules of [32, 33, 47]) {
      const arena = Arena.create(granules * extentGranuleBytes);
      const free = arena.freeBytes;
      const [mine, other] = [0xffff_fff0, 5];
      const kept = [arena.take(1, other), arena.take(1)];
      arena.take(3 * extentGranuleBytes, mine);
      kept.push(arena.take(extentGranuleBytes * 2, other));
      const given = Arena.open(arena.memory).take(1, mine);
      arena.give(given);
      const again = arena.take(1);
      expect(again.at).toBe(given.at);
      arena.giveAllOf(mine);
      arena.giveAllOf(mine);
      expect(free - arena.freeBytes).toBe(5 * extentGranuleBytes);
      for (const extent of [...kept, again]) arena.give(extent);
      expect(arena.freeBytes).toBe(free);
    }
  });

  it('refuses sizes that no memory has, runs that do not fit, and giving twice', () => {
    expect(() => Arena.create(0)).toThrow(RangeError);
    expect(() => Arena.create(5 * 1024 ** 3)).toThrow(RangeError);
    expect(() => Arena.create(Number.NaN)).toThrow(RangeError);
    const arena = Arena.create(2 * mebibyte);
    expect(() => arena.take(2 * mebibyte)).toThrow(ArenaExhaustedError);
    expect(() => arena.take(0)).toThrow(RangeError);
    const extent = arena.take(1);
    arena.give(extent);
    expect(() => arena.give(extent)).toThrow(RangeError);
  });

  it('opens from its memory alone, and no other memory passes for one', () => {
    const arena = Arena.create(2 * mebibyte);
    const extent = arena.take(1);
    const again = Arena.open(arena.memory);
    expect(again.take(1).at).not.toBe(extent.at);
    again.words[extent.at >> 2] = 42;
    expect(arena.words[extent.at >> 2]).toBe(42);
    expect(() => Arena.open(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }))).toThrow(
      ArenaFormatError,
    );
    expect(() => Arena.open(new WebAssembly.Memory({ initial: 1, maximum: 1 }))).toThrow(ArenaFormatError);
  });

  it('is one per process: later users get the first one whatever size they ask for', () => {
    const first = Arena.process(4 * mebibyte);
    expect(Arena.process(64 * mebibyte).memory).toBe(first.memory);
  });

  it('gives each extent to one of several threads that take at the same time', async () => {
    const arena = Arena.create(32 * mebibyte);
    const free = arena.freeBytes;
    const results = await Promise.all(
      [0, 1, 2].map(
        () =>
          new Promise<Extent[]>((resolve, reject) => {
            const worker = new Worker(new URL('./taking-worker.ts', import.meta.url), { workerData: arena.memory });
            worker.once('message', resolve);
            worker.once('error', reject);
          }),
      ),
    );
    const starts = results
      .flat()
      .flatMap(({ at, bytes }) =>
        Array.from({ length: bytes / extentGranuleBytes }, (_, granule) => at + granule * extentGranuleBytes),
      );
    expect(new Set(starts).size).toBe(starts.length);
    expect(free - arena.freeBytes).toBe(starts.length * extentGranuleBytes);
  });
});
