import type { OpenStream, StreamConsumer } from './open-stream.ts';

/** What an iteration needs of the table of streams. */
export interface StreamOpener {
  open(consumer: StreamConsumer): OpenStream | undefined;
  consumed(stream: OpenStream): void;
  stop(stream: OpenStream): void;
}

/**
 * One iteration over a stream: opened by the first `next`, ended by `return` (a `break` in `for await`). Values wait
 * here until they are asked for, and count as consumed only then, so that the producer is held to its credit.
 */
export class StreamIterator implements AsyncIterator<unknown> {
  readonly #opener: StreamOpener;
  readonly #values: unknown[] = [];
  readonly #asked: PromiseWithResolvers<IteratorResult<unknown>>[] = [];
  #stream: OpenStream | undefined;
  #started = false;
  #end: { readonly error?: unknown } | undefined;

  constructor(opener: StreamOpener) {
    this.#opener = opener;
  }

  next(): Promise<IteratorResult<unknown>> {
    if (!this.#started) this.#start();
    if (this.#values.length > 0) {
      const value = this.#values.shift();
      if (this.#stream !== undefined) this.#opener.consumed(this.#stream);
      return Promise.resolve({ done: false, value });
    }
    if (this.#end !== undefined) return this.#ended(this.#end);
    const asked = Promise.withResolvers<IteratorResult<unknown>>();
    this.#asked.push(asked);
    return asked.promise;
  }

  return(): Promise<IteratorResult<unknown>> {
    this.#started = true;
    this.#values.length = 0;
    this.#finish({});
    if (this.#stream !== undefined) this.#opener.stop(this.#stream);
    return Promise.resolve({ done: true, value: undefined });
  }

  #start(): void {
    this.#started = true;
    this.#stream = this.#opener.open({
      next: (value) => this.#take(value),
      error: (thrown) => this.#finish({ error: thrown }),
      complete: () => this.#finish({}),
    });
  }

  /** Answers whether somebody was waiting for the value. */
  #take(value: unknown): boolean {
    const asked = this.#asked.shift();
    if (asked === undefined) this.#values.push(value);
    else asked.resolve({ done: false, value });
    return asked !== undefined;
  }

  #finish(end: { readonly error?: unknown }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    for (const asked of this.#asked.splice(0)) this.#ended(end).then(asked.resolve, asked.reject);
  }

  /** An error is thrown once; after it the iteration is done, as with any generator. */
  #ended(end: { readonly error?: unknown }): Promise<IteratorResult<unknown>> {
    this.#end = {};
    return 'error' in end ? Promise.reject(end.error) : Promise.resolve({ done: true, value: undefined });
  }
}
