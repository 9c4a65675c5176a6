import { noHandle } from '../kernel/journal.ts';
import { inverse, multiply, power } from '../parity/galois-field.ts';

/**
 * Blocks of the explored worlds: two units of four bits, so that partial writes and exclusive or mean what they mean for
 * real blocks; the eight bits are one element of the field of Q. A handle is the value plus one, its checksum the same number: 0 is no block.
 */
export type BlockValue = number;

export const unitsPerBlock = 2;
const unitBits = 4;

export const handleOf = (value: BlockValue): number => value + 1;
export const blockValue = (handle: number): BlockValue => (handle <= noHandle ? 0 : handle - 1);

const maskOf = (start: number, units: number): number => (2 ** (units * unitBits) - 1) << (start * unitBits);

/** The units of `fresh` in the range, those of `old` elsewhere. */
export const mergedValue = (old: BlockValue, fresh: BlockValue, start: number, units: number): BlockValue =>
  (old & ~maskOf(start, units)) | (fresh & maskOf(start, units));

export const unitOf = (value: BlockValue, unit: number): number => (value >>> (unit * unitBits)) & (2 ** unitBits - 1);

/** g^exponent times the value, in the field of Q. */
export const scaledValue = (value: BlockValue, exponent: number): BlockValue => multiply(power(exponent), value);

/** What a parity block is of the members of its group: their sum, or for Q with slot s counted g^s times. */
export type Code = 'p' | 'q';

export const parityOf = (code: Code, members: readonly BlockValue[]): BlockValue =>
  members.reduce((sum, value, slot) => sum ^ scaledValue(value, code === 'q' ? slot : 0), 0);

/** The member of slot `slot`, of whose sum with that of slot `other` P and Q are: P = D + E, Q = g^d D + g^e E. */
export const solvedValue = (p: BlockValue, q: BlockValue, slot: number, other: number): BlockValue =>
  multiply(inverse(power(slot) ^ power(other)), q ^ scaledValue(p, other));
