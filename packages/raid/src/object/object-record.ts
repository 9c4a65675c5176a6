import type { ObjectRecord, RawKey } from '../store/log-record.ts';

/*
 * The metadata of an object that is written by blocks lies with that of all others, under a key no user can have: it
 * begins with NUL.
 */
const prefix = '\0';

export const printGfid = (gfid: number): string => gfid.toString(16).padStart(16, '0');

/** The upper part of an id: the epoch of the opening, or of the life of a member, that made it. */
export const generationOf = (gfid: number): number => Math.floor(gfid / 2 ** 32);

export const blockObjectKey = (gfid: number): RawKey => `${prefix}${printGfid(gfid)}`;

/** The object that holds the names of others. Openings have epochs from 1 on, so that none makes this id. */
export const namesGfid = 1;

export const isBlockObject = ({ key }: Pick<ObjectRecord, 'key'>): boolean => key.startsWith(prefix);

/** The number of an id as it is printed; undefined when it is none. */
export function parseGfid(gfid: string): number | undefined {
  if (typeof gfid !== 'string' || !/^[0-9a-f]{16}$/.test(gfid)) return undefined;
  const number = Number.parseInt(gfid, 16);
  return Number.isSafeInteger(number) ? number : undefined;
}
