import type { Decision } from './decision-table.ts';

/**
 * What becomes of a write in a group with two parities whose I/O managers lost their memory: the table of
 * `decision-table.ts` with a third half. A half is good when its block is whole and its journal entry is known; the copies
 * of mj in pj and qj count as known. Forward where any half is good, from the old and the new block of that half.
 */
export interface TwoParityRow {
  readonly mj: boolean;
  readonly data: boolean;
  readonly pj: boolean;
  readonly parity: boolean;
  readonly qj: boolean;
  readonly second: boolean;
  readonly decision: Decision;
  /** The half that the change is computed from, and what is made again from it. */
  readonly from?: 'D' | 'P' | 'Q';
  readonly again: readonly ('D' | 'P' | 'Q')[];
}

/** By `32 mj + 16 D1 + 8 pj + 4 P1 + 2 qj + Q1`. The places behind `forward`: from which half, and which are made again. */
const decisions = [
  'none',
  'back',
  'back',
  'forward Q DP', // 0
  'back',
  'back',
  'back',
  'forward Q DP', // 4
  'back',
  'back',
  'back',
  'forward Q DP', // 8
  'forward P DQ',
  'forward P DQ',
  'forward P DQ',
  'forward P D', // 12
  'back',
  'back',
  'forward D PQ',
  'forward D P', // 16
  'back',
  'back',
  'forward D PQ',
  'forward D P', // 20
  'forward D PQ',
  'forward D PQ',
  'forward D PQ',
  'forward D P', // 24
  'forward D Q',
  'forward D Q',
  'forward D Q',
  'forward D', // 28
  'back',
  'back',
  'back',
  'forward Q DP', // 32
  'back',
  'back',
  'back',
  'forward Q DP', // 36
  'back',
  'back',
  'back',
  'forward Q DP', // 40
  'forward P DQ',
  'forward P DQ',
  'forward P DQ',
  'forward P D', // 44
  'forward D PQ',
  'forward D PQ',
  'forward D PQ',
  'forward D P', // 48
  'forward D PQ',
  'forward D PQ',
  'forward D PQ',
  'forward D P', // 52
  'forward D PQ',
  'forward D PQ',
  'forward D PQ',
  'forward D P', // 56
  'forward D Q',
  'forward D Q',
  'forward D Q',
  'forward D', // 60
] as const;

type Half = 'D' | 'P' | 'Q';

function row(index: number): TwoParityRow {
  const [decision, from, again = ''] = decisions[index]!.split(' ') as [Decision, Half?, string?];
  return {
    mj: (index & 32) !== 0,
    data: (index & 16) !== 0,
    pj: (index & 8) !== 0,
    parity: (index & 4) !== 0,
    qj: (index & 2) !== 0,
    second: (index & 1) !== 0,
    decision,
    ...(from !== undefined && { from }),
    again: [...again] as Half[],
  };
}

export const twoParityTable: readonly TwoParityRow[] = decisions.map((_, index) => row(index));

export const decisionOfTwo = (index: number): Decision => twoParityTable[index]!.decision;
