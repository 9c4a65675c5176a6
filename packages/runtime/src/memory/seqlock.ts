import { seqlockTriesMax } from '../limits.ts';

/** Words a group takes beside its values. */
export const groupHeaderWords = 2;

/**
 * A group of words that one thread writes and any thread reads whole, or not at all (a sequence lock). The word at `at`
 * counts writes and is odd while one is under way; the next one holds `tag`, by which a reader knows that the group was
 * written in this life of the memory; the values follow.
 */
export function writeGroup(words: Int32Array, at: number, tag: number, values: readonly number[]): void {
  // A writer that died in the middle left the count odd: its successor goes on from there.
  const odd = Atomics.load(words, at) | 1;
  Atomics.store(words, at, odd);
  Atomics.store(words, at + 1, tag);
  for (let index = 0; index < values.length; index++) {
    Atomics.store(words, at + groupHeaderWords + index, values[index] as number);
  }
  Atomics.store(words, at, (odd + 1) | 0);
}

/**
 * Read a group into `into`.
 * @returns false when it was being written at every try, or never was in this life: a failed one-sided read.
 */
export function readGroup(words: Int32Array, at: number, tag: number, into: Int32Array): boolean {
  for (let tries = 0; tries < seqlockTriesMax; tries++) {
    const before = Atomics.load(words, at);
    if ((before & 1) !== 0) continue;
    if (Atomics.load(words, at + 1) !== tag) return false;
    for (let index = 0; index < into.length; index++) into[index] = Atomics.load(words, at + groupHeaderWords + index);
    if (Atomics.load(words, at) === before) return true;
  }
  return false;
}
