import { expect, test } from 'vitest';
import { rowIndex } from '../../src/kernel/decision-table.ts';
import { twoParityTable } from '../../src/kernel/two-parity-table.ts';

test('the table has all 64 rows, each at the place of what it is about', () => {
  expect(twoParityTable).toHaveLength(64);
  for (const [index, { mj, data, pj, parity, qj, second }] of twoParityTable.entries()) {
    expect(rowIndex(mj, data, pj, parity, qj, second)).toBe(index);
  }
});

test('forward where a half is good and its entry known, from that half, and all others are made again', () => {
  for (const { mj, data, pj, parity, qj, second, decision, from, again } of twoParityTable) {
    const good = [
      ...(data && (mj || pj || qj) ? ['D'] : []),
      ...(parity && pj ? ['P'] : []),
      ...(second && qj ? ['Q'] : []),
    ];
    const isKnown = mj || data || pj || parity || qj || second;
    expect(decision).toBe(good.length > 0 ? 'forward' : isKnown ? 'back' : 'none');
    expect(from).toBe(good[0]);
    expect(again).toEqual(good.length > 0 ? ['D', 'P', 'Q'].filter((half) => !good.includes(half)) : []);
  }
});
