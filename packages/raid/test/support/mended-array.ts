import { bytesOf, smallShape } from './objects.ts';

/** Work that goes through an array while it serves. */
export const mendings = ['resync', 'rebuild', 'rehome', 'change', 'scrub'] as const;
export type Mending = (typeof mendings)[number];

/** One more than a group has slots, so that there is a spare place. */
export const mendingMembers: readonly number[] = [0, 1, 2, 3, 4];
export const mendingShape = smallShape;

/** Whole objects that nobody changes. */
export const wholeObjects: ReadonlyMap<string, Uint8Array> = new Map([
  ['large', bytesOf(150_000, 7)],
  ['small', bytesOf(3000, 8)],
]);
