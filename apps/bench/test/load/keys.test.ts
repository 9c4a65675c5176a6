import { expect, test } from 'vitest';
import { driveKeys, uniform, zipf } from '../../src/load/keys.ts';

test('Zipf: the first of a thousand keys takes an eighth of the calls, and the second half of the keys some', () => {
  const next = zipf(1000, 7);
  const counts = new Array<number>(1000).fill(0);
  for (let call = 0; call < 100_000; call++) counts[next()]!++;
  expect(counts[0]! / 100_000).toBeCloseTo(0.13, 1);
  expect(counts[0]! / counts[9]!).toBeGreaterThan(7);
  expect(counts.slice(500).reduce((sum, count) => sum + count)).toBeGreaterThan(1000);
});

test('numbers follow from their seed', () => {
  const three = (seed: number) => Array.from({ length: 3 }, uniform(seed));
  expect(three(1)).toEqual(three(1));
  expect(three(1)).not.toEqual(three(2));
});

test('one call in so many writes, and every call is answered before its chain goes on', async () => {
  const seen = { reads: 0, writes: 0, open: 0, openMax: 0 };
  const store = {
    read: () => {
      seen.reads++;
      return 'at once';
    },
    write: async () => {
      seen.writes++;
      seen.openMax = Math.max(seen.openMax, ++seen.open);
      await Promise.resolve();
      seen.open--;
    },
  };
  const calls = await driveKeys(store, { keys: 10, outstanding: 4, writeEvery: 20, ms: 20, seed: 1 });
  expect(calls).toBe(seen.reads + seen.writes);
  expect(seen.reads / seen.writes).toBeGreaterThan(15);
  expect(seen.openMax).toBeLessThanOrEqual(4);
});
