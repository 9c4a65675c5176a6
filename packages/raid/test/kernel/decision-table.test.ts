import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decisionTable, rowIndex } from '../../src/kernel/decision-table.ts';

const page = readFileSync(new URL('../../../../docs/raid.md', import.meta.url), 'utf8');
const bit = (set: boolean) => (set ? 1 : 0);

test('each row lies at the place of what it is about', () => {
  for (const [index, { mj, data, pj, parity }] of decisionTable.entries()) {
    expect(rowIndex(mj, data, pj, parity)).toBe(index);
  }
});

test('forward where a half is good and its entry known, else back', () => {
  for (const { mj, data, pj, parity, decision } of decisionTable) {
    const dataHalf = data && (mj || pj);
    const parityHalf = parity && pj;
    const isKnown = mj || data || pj || parity;
    expect(decision).toBe(dataHalf || parityHalf ? 'forward' : isKnown ? 'back' : 'none');
  }
});

test('the page about the array shows the table as it is', () => {
  for (const [index, { mj, data, pj, parity, decision, how }] of decisionTable.entries()) {
    const cells = [index, bit(mj), bit(data), bit(pj), bit(parity), decision, how];
    expect(page).toContain(`| ${cells.join(' | ')} |\n`);
  }
});
