import type { StoreCall } from './store-calls.ts';
import type { KeyRange, Revision, WatchBatch } from './types.ts';

const over: IteratorResult<WatchBatch> = { done: true, value: undefined };

let lastWatch = 0;

/** A watch on a store in another thread. It asks for one batch at a time, so that its consumer's pace stays its own. */
export class RemoteWatch implements AsyncIterableIterator<WatchBatch> {
  readonly #ask: <Value>(call: StoreCall) => Promise<Value>;
  readonly #ended: (watch: RemoteWatch) => void;
  readonly #watch: number;
  readonly #opened: Promise<void>;
  readonly #end = Promise.withResolvers<IteratorResult<WatchBatch>>();
  #over = false;
  #reading = false;

  constructor(
    ask: <Value>(call: StoreCall) => Promise<Value>,
    range: KeyRange,
    from: Revision | undefined,
    ended: (watch: RemoteWatch) => void,
  ) {
    this.#ask = ask;
    this.#ended = ended;
    lastWatch += 1;
    this.#watch = lastWatch;
    this.#opened = ask({ op: 'watch', watch: this.#watch, range, from });
    // Its consumer hears of it at the first read; nobody has to read.
    this.#opened.catch(() => undefined);
  }

  async next(): Promise<IteratorResult<WatchBatch>> {
    if (this.#over) return over;
    if (this.#reading) throw new TypeError('a watch is read by one consumer');
    this.#reading = true;
    try {
      await this.#opened;
      const batch = this.#ask<IteratorResult<WatchBatch>>({ op: 'next', watch: this.#watch });
      // Not heard when the watch ends first.
      batch.catch(() => undefined);
      const result = await Promise.race([this.#end.promise, batch]);
      if (result.done === true) this.#finish();
      return result;
    } catch (error) {
      // It ended while it waited, and what it waited for with it.
      if (this.#over) return over;
      this.#finish();
      throw error;
    } finally {
      this.#reading = false;
    }
  }

  async return(): Promise<IteratorResult<WatchBatch>> {
    this.end();
    return over;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** End the iteration, also for a consumer that waits. */
  end(): void {
    if (this.#over) return;
    this.#finish();
    this.#ask({ op: 'unwatch', watch: this.#watch }).catch(() => undefined);
  }

  #finish(): void {
    this.#over = true;
    this.#end.resolve(over);
    this.#ended(this);
  }
}
