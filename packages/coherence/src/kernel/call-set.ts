import type { CallId } from './object-types.ts';

/** Calls in ascending order, so that equal sets are equal arrays. Never changed in place. */
type CallSet = readonly CallId[];

export const noCalls: CallSet = [];

/** Calls mostly come in order: then nothing is to be sorted. */
export const withCall = (set: CallSet, call: CallId): CallSet =>
  set.length === 0 ? [call] : set.at(-1)! < call ? [...set, call] : [...set, call].sort((a, b) => a - b);

export const withoutCall = (set: CallSet, call: CallId): CallSet =>
  set.length === 1 && set[0] === call ? noCalls : set.filter((each) => each !== call);
