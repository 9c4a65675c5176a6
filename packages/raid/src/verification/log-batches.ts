import type { JournalEntry } from '../kernel/journal.ts';

/** What one write of the log holds: entries of one life of an I/O manager. */
export interface LogBatch {
  readonly life: number;
  readonly entries: readonly JournalEntry[];
}

const batches = new Map<number, { readonly text: string; readonly batch: LogBatch }>();

/**
 * A number that stands for a batch: a disk of a world keeps numbers. It is a hash of the batch, so that it is the same in
 * every run; two batches of one number would be noticed.
 */
export function batchNumber(batch: LogBatch): number {
  const text = JSON.stringify(batch);
  const number = hash(text);
  const known = batches.get(number);
  if (known === undefined) batches.set(number, { text, batch });
  else if (known.text !== text) throw new Error(`Two log batches have the number ${number}.`);
  return number;
}

/** The batch of a number; undefined for a place never written, torn or rotten. */
export const batchOf = (number: number): LogBatch | undefined => batches.get(number)?.batch;

const hashBits = 2 ** 24;

function hash(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x2545f491;
  for (let at = 0; at < text.length; at++) {
    low = Math.imul(low ^ text.charCodeAt(at), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(at), 0x85ebca6b) ^ (low >>> 13);
  }
  return 1 + ((low >>> 0) % hashBits) * hashBits + ((high >>> 0) % hashBits);
}
