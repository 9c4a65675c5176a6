import type { StreamSource } from './types.ts';

/** Where a source puts what it makes. */
export interface Sink {
  next(value: unknown): void;
  error(thrown: unknown): void;
  complete(): void;
}

/** A running source. */
export interface Running {
  /** There is room for values again: sources that can be pulled go on. */
  wanted(): void;
  stop(): void;
}

/** Start what a stream handler returned. `hasRoom` tells a source that can be pulled whether to make another value. */
export function startSource(source: StreamSource<unknown>, sink: Sink, hasRoom: () => boolean): Running {
  if (isObservable(source)) {
    const subscription = source.subscribe(sink);
    return { wanted: () => {}, stop: () => subscription.unsubscribe() };
  }
  if (isAsyncIterable(source)) return new Pump(source[Symbol.asyncIterator](), sink, hasRoom);
  throw new TypeError('A stream handler must return an Observable or an async iterable.');
}

/** Pulls an iterator one value at a time, and only while there is room. */
class Pump implements Running {
  readonly #iterator: AsyncIterator<unknown>;
  readonly #sink: Sink;
  readonly #hasRoom: () => boolean;
  #pulling = false;
  #stopped = false;

  constructor(iterator: AsyncIterator<unknown>, sink: Sink, hasRoom: () => boolean) {
    this.#iterator = iterator;
    this.#sink = sink;
    this.#hasRoom = hasRoom;
    this.wanted();
  }

  wanted(): void {
    if (!this.#pulling) void this.#pull();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    // A generator's finally blocks run; what they throw has nobody left to hear it.
    void this.#iterator.return?.().then(undefined, () => {});
  }

  async #pull(): Promise<void> {
    this.#pulling = true;
    try {
      while (!this.#stopped && this.#hasRoom()) {
        const { done, value } = await this.#iterator.next();
        if (this.#stopped) return;
        if (done === true) {
          this.#stopped = true;
          this.#sink.complete();
          return;
        }
        this.#sink.next(value);
      }
    } catch (error) {
      if (this.#stopped) return;
      this.#stopped = true;
      this.#sink.error(error);
    } finally {
      this.#pulling = false;
    }
  }
}

interface Subscribable {
  subscribe(sink: Sink): { unsubscribe(): void };
}

function isObservable(source: unknown): source is Subscribable {
  return (
    typeof source === 'object' && source !== null && 'subscribe' in source && typeof source.subscribe === 'function'
  );
}

function isAsyncIterable(source: unknown): source is AsyncIterable<unknown> {
  return typeof source === 'object' && source !== null && Symbol.asyncIterator in source;
}
