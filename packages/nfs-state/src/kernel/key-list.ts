import type { StateKey } from './state-names.ts';

/**
 * Keys in the order they came. Most files have one of a kind, for which a Set would take ten times the memory: all empty
 * lists are one, and a list is as long as it must be until it has grown.
 */
export type KeyList = readonly StateKey[];

export const noKeys: KeyList = Object.freeze([]);

/** From so many on a list grows by more than it needs at a time. */
const slackFrom = 8;

/** The list with one more key, which is not in it. The list itself may be changed. */
export function withKey(list: KeyList, key: StateKey): KeyList {
  if (list.length < slackFrom) return list.concat(key);
  (list as StateKey[]).push(key);
  return list;
}

/** The list without a key. The list itself may be changed. */
export function withoutKey(list: KeyList, key: StateKey): KeyList {
  const at = list.indexOf(key);
  if (at === -1) return list;
  if (list.length === 1) return noKeys;
  (list as StateKey[]).splice(at, 1);
  return list;
}
