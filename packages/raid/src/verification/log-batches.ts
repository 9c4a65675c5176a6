import type { StorageRequest } from '../kernel/iom-messages.ts';
import type { JournalEntry } from '../kernel/journal.ts';
import { Numbered } from './numbered.ts';

/** What one write of the log holds: entries of one life of an I/O manager. */
export interface LogBatch {
  readonly life: number;
  readonly entries: readonly JournalEntry[];
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
