import type { Address } from '../kernel/journal.ts';

/*
 * The kernels count addresses from 1, 0 being no block, and compare checksums as exact numbers: the low 53 of the 64
 * bits of XXH3.
 */
const highBits = 2 ** 21 - 1;

/** The place in the block file. */
export const driveBlockOf = (address: Address): number => address - 1;

export const addressOf = (driveBlock: number): Address => driveBlock + 1;

/** The checksum of a journaled block, from the two words of the whole one. */
export const checksumNumber = (low: number, high: number): number => low + (high & highBits) * 2 ** 32;
