import { CompactedError } from './errors.ts';
import type { CoordTables } from './tables.ts';
import type { KeyRange, Revision, WatchBatch } from './types.ts';

/**
 * One watch: a cursor into the store's history. It buffers nothing, so a slow consumer costs no memory; it can only
 * fall behind what history keeps, and is told so.
 */
export class Watcher implements AsyncIterableIterator<WatchBatch> {
  readonly #tables: CoordTables;
  readonly #range: KeyRange;
  readonly #ended: (watcher: Watcher) => void;
  #from: Revision;
  #over = false;
  #failure: Error | undefined;
  #waiting: { resolve: (result: IteratorResult<WatchBatch>) => void; reject: (error: Error) => void } | undefined;

  constructor(tables: CoordTables, range: KeyRange, from: Revision, ended: (watcher: Watcher) => void) {
    this.#tables = tables;
    this.#range = range;
    this.#from = from;
    this.#ended = ended;
  }

  next(): Promise<IteratorResult<WatchBatch>> {
    if (this.#waiting !== undefined) return Promise.reject(new TypeError('a watch is read by one consumer'));
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.look();
    });
  }

  return(): Promise<IteratorResult<WatchBatch>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Answer a waiting consumer if there is news. */
  look(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (!this.#over && this.#from < this.#tables.oldest) {
      this.end(new CompactedError(this.#from, this.#tables.oldest));
    }
    const batch = this.#over ? undefined : this.#tables.nextChange(this.#range, this.#from);
    if (batch === undefined && !this.#over) return;
    this.#waiting = undefined;
    if (batch !== undefined) {
      this.#from = batch.revision + 1;
      waiting.resolve({ done: false, value: batch });
    } else if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      waiting.reject(failure);
    } else {
      waiting.resolve({ done: true, value: undefined });
    }
  }

  /** End the iteration: quietly, or with `failure` as the last thing the consumer hears. */
  end(failure?: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = failure;
    this.#ended(this);
    this.look();
  }
}
