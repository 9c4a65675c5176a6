import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recordOf } from '../../src/demo/file-record.ts';
import { planKill } from '../../src/demo/kill-plan.ts';

function recordsOf(sizes: readonly number[]) {
  return sizes.map((bytes, index) => {
    const stamp = { bytes, device: 0n, inode: BigInt(index), modifiedNs: 0n, changedNs: 0n };
    return recordOf({ kind: 'file', path: Buffer.from(`f${index}`), mode: 0o644, stamp }, `file/f${index}`);
  });
}

test('at least half of all bytes lie in the chosen file and the ones after it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constant(0), fc.nat(100_000), fc.nat(2 ** 31)), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 3, max: 64 }),
      fc.nat(),
      (sizes, nodes, seed) => {
        const { file, node } = planKill(recordsOf(sizes), nodes, seed);
        const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
        const fromThere = sizes.slice(file).reduce((sum, bytes) => sum + bytes, 0);
        expect(fromThere * 2).toBeGreaterThanOrEqual(total);
        expect(total === 0 || sizes[file]! > 0).toBe(true);
        expect(Number(node.slice(1))).toBeLessThan(nodes);
      },
    ),
    { numRuns: 500 },
  );
});

test('the same seed gives the same plan', () => {
  const records = recordsOf(Array.from({ length: 50 }, (_, index) => index * 1000));
  expect(planKill(records, 4, 7)).toEqual(planKill(records, 4, 7));
  expect(
    new Set(Array.from({ length: 40 }, (_, seed) => JSON.stringify(planKill(records, 4, seed)))).size,
  ).toBeGreaterThan(8);
});

test('in a file that is most of the tree the node dies between a fifth and a half of the whole', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { file, passes } = planKill(recordsOf([1000, 10_000_000, 1000]), 4, seed, 10_000);
    expect(file).toBe(1);
    expect(passes).toBeGreaterThanOrEqual(199);
    expect(passes).toBeLessThanOrEqual(500);
  }
});
