import type { StorageRequest } from '../kernel/iom-messages.ts';
import type { JournalEntry } from '../kernel/journal.ts';

/** What one write of the log holds: entries of one life of an I/O manager. */
export interface LogBatch {
  readonly life: number;
  readonly entries: readonly JournalEntry[];
}

/**
 * Numbers that stand for values, as the disks and states of a world keep only numbers. Each is a hash of its value, so
 * that it is the same in every run; two values of one number would be noticed.
 */
class Numbered<Value> {
  readonly #known = new Map<number, { readonly text: string; readonly value: Value }>();

  number(value: Value): number {
    const text = JSON.stringify(value);
    const number = hash(text);
    const known = this.#known.get(number);
    if (known === undefined) this.#known.set(number, { text, value });
    else if (known.text !== text) throw new Error(`Two values have the number ${number}: ${text}, ${known.text}`);
    return number;
  }

  value(number: number): Value | undefined {
    return this.#known.get(number)?.value;
  }
}

const batches = new Numbered<LogBatch>();
const requests = new Numbered<StorageRequest>();

export const batchNumber = (batch: LogBatch): number => batches.number(batch);
/** The batch of a number; undefined for a place never written, torn or rotten. */
export const batchOf = (number: number): LogBatch | undefined => batches.value(number);

export const requestNumber = (request: StorageRequest): number => requests.number(request);
export function requestOf(number: number): StorageRequest {
  const request = requests.value(number);
  if (request === undefined) throw new Error(`No request has the number ${number}.`);
  return request;
}

const hashRange = 2 ** 24;

function hash(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x2545f491;
  for (let at = 0; at < text.length; at++) {
    low = Math.imul(low ^ text.charCodeAt(at), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(at), 0x85ebca6b) ^ (low >>> 13);
  }
  return 1 + ((low >>> 0) % hashRange) * hashRange + ((high >>> 0) % hashRange);
}
