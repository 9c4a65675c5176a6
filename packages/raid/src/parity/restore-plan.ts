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
 * The sums that make one or two lost members of a group again, in order: the second may need what the first one makes
 * (H. P. Anvin, "The mathematics of RAID-6", section 4).
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
  const all = Array.from({ length: data }, (_, slot) => slot);
  const [x, y] = slots;
  const parities = lost.filter((member) => typeof member !== 'number').map((parity) => parityOf(parity, all));
  if (x === undefined) return parities;
  if (y !== undefined) return [slotOfTwo(x, y, all), slotFromP(y, all)];
  return [lost.includes('p') ? slotFromQ(x, all) : slotFromP(x, all), ...parities];
}

const sum = (slots: readonly number[], coefficientOf: (slot: number) => number): Term[] =>
  slots.map((slot) => ({ member: slot, coefficient: coefficientOf(slot) }));

const without = (slots: readonly number[], ...lost: readonly number[]): number[] =>
  slots.filter((slot) => !lost.includes(slot));

const parityOf = (parity: Member, data: readonly number[]): RestorePlan => ({
  lost: parity,
  terms: sum(data, (slot) => (parity === 'p' ? 1 : power(slot))),
});

const slotFromP = (x: number, data: readonly number[]): RestorePlan => ({
  lost: x,
  terms: [...sum(without(data, x), () => 1), { member: 'p', coefficient: 1 }],
});

/** Q less the other slots is g^x times the lost one. */
const slotFromQ = (x: number, data: readonly number[]): RestorePlan => ({
  lost: x,
  terms: [...sum(without(data, x), (slot) => power(slot - x)), { member: 'q', coefficient: power(-x) }],
});

/** Less the other slots, P is X + Y and Q is g^x X + g^y Y: so X is (g^y P + Q) / (g^x + g^y). */
function slotOfTwo(x: number, y: number, data: readonly number[]): RestorePlan {
  const ofQ = inverse(power(x) ^ power(y));
  const ofP = multiply(power(y), ofQ);
  return {
    lost: x,
    terms: [
      ...sum(without(data, x, y), (slot) => ofP ^ multiply(power(slot), ofQ)),
      { member: 'p', coefficient: ofP },
      { member: 'q', coefficient: ofQ },
    ],
  };
}
