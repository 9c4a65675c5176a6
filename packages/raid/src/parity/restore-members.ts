import type { ParityKernel } from './parity-kernel.ts';
import { type Member, planRestore } from './restore-plan.ts';

/** Where the members of a group with two parity slots lie, in bytes within the shared memory. */
export interface GroupPositions {
  readonly data: readonly number[];
  readonly p: number;
  readonly q: number;
}

/**
 * Make one or two lost members of a group again, in place, from those that are left.
 *
 * @param bytes of each member, a positive multiple of 64
 * @throws RangeError when more than two are lost
 */
export function restoreMembers(
  kernel: ParityKernel,
  positions: GroupPositions,
  lost: readonly Member[],
  bytes: number,
): void {
  const plans = planRestore(positions.data.length, lost);
  if (lost.includes('p') && lost.includes('q')) {
    kernel.second.pq(positions.p, positions.q, positions.data, bytes);
    return;
  }
  const positionOf = (member: Member) => (typeof member === 'number' ? positions.data[member]! : positions[member]);
  for (const { lost: member, terms } of plans) {
    const sources = terms.map((term) => positionOf(term.member));
    const coefficients = terms.map(({ coefficient }) => coefficient);
    const isSum = sources.length > 1 && coefficients.every((coefficient) => coefficient === 1);
    if (isSum) kernel.xor(positionOf(member), sources, bytes);
    else kernel.second.combine(positionOf(member), sources, coefficients, bytes);
  }
}
