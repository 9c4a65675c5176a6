import { inverse, multiply, power } from './galois-field.ts';

/** A member of a group with two parity slots: a data slot by its place from 0, or one of the parities. */
export type Member = number | 'p' | 'q';

export interface Term {
  readonly member: Member;
  /** In GF(2^8), 1 to 255. */
  readonly coefficient: number;
}

/** How a lost member is the sum of members that are left, each times a coefficient. */
export interface RestorePlan {
  readonly lost: Member;
  readonly terms: readonly Term[];
}

/**
 * The sums that make one or two lost members of a group again (H. P. Anvin, "The mathematics of RAID-6", section 4). No sum
 * needs what another one makes.
 *
 * @param data data slots of the group, 1 to 255
 * @param lost one or two members, each once
 * @throws RangeError for more than two, or for members that the group does not have
 */
export function planRestore(data: number, lost: readonly Member[]): RestorePlan[] {
  const slots = lost.filter((member) => typeof member === 'number').sort((a, b) => a - b);
  const isMember = slots.every((slot) => Number.isInteger(slot) && slot >= 0 && slot < data);
  if (lost.length < 1 || lost.length > 2 || new Set(lost).size !== lost.length || !isMember) {
    throw new RangeError(`Two parity slots restore one or two members, not [${lost.join(', ')}] of ${data}+2.`);
  }
  const kept = Array.from({ length: data }, (_, slot) => slot).filter((slot) => !slots.includes(slot));
  const [x, y] = slots;
  if (x === undefined) return lost.map((parity) => parityOf(parity, kept));
  if (y !== undefined) return [slotOfTwo(x, y, kept), slotOfTwo(y, x, kept)];
  if (lost.includes('p')) return [slotWithoutP(x, kept), pWithoutSlot(x, kept)];
  return lost.includes('q') ? [slotFromP(x, kept), qWithoutSlot(x, kept)] : [slotFromP(x, kept)];
}

const sum = (kept: readonly number[], coefficientOf: (slot: number) => number): Term[] =>
  kept.map((slot) => ({ member: slot, coefficient: coefficientOf(slot) }));

const parityOf = (parity: Member, data: readonly number[]): RestorePlan => ({
  lost: parity,
  terms: sum(data, (slot) => (parity === 'p' ? 1 : power(slot))),
});

const slotFromP = (x: number, kept: readonly number[]): RestorePlan => ({
  lost: x,
  terms: [...sum(kept, () => 1), { member: 'p', coefficient: 1 }],
});

/** Q less what is kept is g^x times the lost slot. */
const slotWithoutP = (x: number, kept: readonly number[]): RestorePlan => ({
  lost: x,
  terms: [...sum(kept, (slot) => power(slot - x)), { member: 'q', coefficient: power(-x) }],
});

/** P is what is kept plus the lost slot; that one's own sum is put in its place. */
const pWithoutSlot = (x: number, kept: readonly number[]): RestorePlan => ({
  lost: 'p',
  terms: [...sum(kept, (slot) => 1 ^ power(slot - x)), { member: 'q', coefficient: power(-x) }],
});

/** Q is the kept slots times their powers plus g^x times the lost one, which is P less what is kept. */
const qWithoutSlot = (x: number, kept: readonly number[]): RestorePlan => ({
  lost: 'q',
  terms: [...sum(kept, (slot) => power(slot) ^ power(x)), { member: 'p', coefficient: power(x) }],
});

/** Less what is kept, P is X + Y and Q is g^x X + g^y Y: so X is (g^y P + Q) / (g^x + g^y). */
function slotOfTwo(x: number, y: number, kept: readonly number[]): RestorePlan {
  const ofQ = inverse(power(x) ^ power(y));
  const ofP = multiply(power(y), ofQ);
  return {
    lost: x,
    terms: [
      ...sum(kept, (slot) => ofP ^ multiply(power(slot), ofQ)),
      { member: 'p', coefficient: ofP },
      { member: 'q', coefficient: ofQ },
    ],
  };
}
