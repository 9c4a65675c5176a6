import type { JournalEntry } from '../kernel/journal.ts';
import type { ProxyEntry, ProxyRequest } from '../kernel/proxy-messages.ts';
import { Numbered } from './numbered.ts';

/** A view that a member knows of. */
export interface ViewEntry {
  readonly type: 'view';
  /** Which of the views of the scenario. */
  readonly id: number;
}

export type LogEntry = JournalEntry | ProxyEntry | ViewEntry;

/** What a node asks of its storage. */
export type StoreRequest = ProxyRequest | { readonly type: 'journal'; readonly entry: LogEntry };

/** What one write of the log holds: entries of one life of an I/O manager. */
export interface LogBatch {
  readonly life: number;
  readonly entries: readonly LogEntry[];
}

const batches = new Numbered<LogBatch>();
const requests = new Numbered<StoreRequest>();

export const batchNumber = (batch: LogBatch): number => batches.number(batch);
/** The batch of a number; undefined for a place never written, torn or rotten. */
export const batchOf = (number: number): LogBatch | undefined => batches.value(number);

export const requestNumber = (request: StoreRequest): number => requests.number(request);
export function requestOf(number: number): StoreRequest {
  const request = requests.value(number);
  if (request === undefined) throw new Error(`No request has the number ${number}.`);
  return request;
}
