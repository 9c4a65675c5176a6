/**
 * What becomes of a write whose I/O managers lost their memory, by what their drives still hold (research: raid 3.2).
 * A half is good when its block is whole and its journal entry is known; the copy of mj inside pj counts as known.
 * Forward where a half is good, else back.
 */
export interface DecisionRow {
  readonly mj: boolean;
  readonly data: boolean;
  readonly pj: boolean;
  readonly parity: boolean;
  readonly decision: Decision;
  readonly how: string;
}

export type Decision = 'none' | 'back' | 'forward';

const row = (index: number, decision: Decision, how: string): DecisionRow => ({
  mj: (index & 8) !== 0,
  data: (index & 4) !== 0,
  pj: (index & 2) !== 0,
  parity: (index & 1) !== 0,
  decision,
  how,
});

/** By `8 mj + 4 D1 + 2 pj + P1`. */
export const decisionTable: readonly DecisionRow[] = [
  row(0, 'none', 'nothing is known of it'),
  row(1, 'back', 'P1 is an orphan: nothing refers to it, its space is free'),
  row(2, 'back', 'pj_abort'),
  row(3, 'forward', 'D adopts mj from pj, D1 := D0 ^ P0 ^ P1'),
  row(4, 'back', 'D1 is an orphan'),
  row(5, 'back', 'D1 and P1 are orphans'),
  row(6, 'forward', 'the checksum in the copy of mj proves D1; D adopts mj, the update is sent again'),
  row(7, 'forward', 'D adopts mj from pj'),
  row(8, 'back', 'mj_abort'),
  row(9, 'back', 'P1 without pj cannot be trusted: mj_abort'),
  row(10, 'back', 'mj_abort and pj_abort'),
  row(11, 'forward', 'D1 := D0 ^ P0 ^ P1, which must have the checksum in mj'),
  row(12, 'forward', 'the update is sent again, its delta computed from D0 and D1'),
  row(13, 'forward', 'as 12; the orphan P1 is not looked at'),
  row(14, 'forward', 'the update is sent again and takes the place of pj'),
  row(15, 'forward', 'both halves are there: toughness 2 may have been answered'),
];

/** Place of a row in the table, by its items in order: mj, D1, pj, P1, and in groups with two parities qj, Q1. */
export const rowIndex = (...items: readonly boolean[]): number =>
  items.reduce((index, item) => index * 2 + (item ? 1 : 0), 0);

export const decisionOf = (index: number): Decision => decisionTable[index]!.decision;

/** By `2 mj + D1`, in a group without parity: the block counts when it is whole and its entry is known. */
const tableAlone: readonly Decision[] = ['none', 'back', 'back', 'forward'];

export const decisionAlone = (index: number): Decision => tableAlone[index]!;
