import { readFileSync } from 'node:fs';
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

test('the page about the array shows the table as it is', () => {
  const page = readFileSync(new URL('../../../../docs/raid.md', import.meta.url), 'utf8');
  for (let half = 0; half < 4; half++) {
    const cells = twoParityTable.slice(half * 16, half * 16 + 16).map(({ decision, from }) => from ?? decision);
    expect(page).toContain(`| ${half.toString(2).padStart(2, '0')} | ${cells.join(' | ')} |\n`);
  }
});
