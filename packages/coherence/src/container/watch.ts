import { ClosedError } from '@holdfast/runtime/service';
import { Observable } from 'rxjs';
import type { CallResult } from '../kernel/object-types.ts';
import type { WaitOptions } from './waiting-calls.ts';

/** An object after it changed. */
export interface ObjectChange<Value> {
  readonly version: number;
  /** Frozen; undefined when the object was removed. */
  readonly value: Value | undefined;
}

type Changes<Value> = (signal: AbortSignal) => AsyncGenerator<ObjectChange<Value>, void, undefined>;

/** Changes of one object: an Observable, and the same for `for await`. Each subscriber and loop has its own. */
export class Watch<Value> extends Observable<ObjectChange<Value>> implements AsyncIterable<ObjectChange<Value>> {
  readonly #changes: Changes<Value>;
  readonly #signal: AbortSignal | undefined;

  constructor(changes: Changes<Value>, signal: AbortSignal | undefined) {
    super((subscriber) => {
      const stop = new AbortController();
      const tell = async (): Promise<void> => {
        for await (const change of this.#until(stop.signal)) subscriber.next(change);
      };
      tell().then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(error),
      );
      return () => stop.abort();
    });
    this.#changes = changes;
    this.#signal = signal;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ObjectChange<Value>, void, undefined> {
    const stop = new AbortController();
    try {
      yield* this.#until(stop.signal);
    } finally {
      stop.abort();
    }
  }

  async *#until(stop: AbortSignal): AsyncGenerator<ObjectChange<Value>, void, undefined> {
    const signal = this.#signal === undefined ? stop : AbortSignal.any([stop, this.#signal]);
    if (signal.aborted) return;
    try {
      yield* this.#changes(signal);
    } catch (error) {
      // Its own end, or the member's, is the end of the changes and not a failure.
      if (!signal.aborted && !(error instanceof ClosedError)) throw error;
    }
  }
}

export type Changed = Pick<Extract<CallResult, { outcome: 'changed' }>, 'version' | 'exists'>;

/**
 * The questions of one member to the owners of objects, one for each object and version seen: who stops listening leaves
 * his question to the next who asks the same.
 */
export class WatchQuestions<Key> {
  readonly #ask: (key: Key, seen: number) => Promise<Changed>;
  readonly #open = new Map<Key, { readonly seen: number; readonly answer: Promise<Changed> }>();

  /** @param ask the kernel; the promise settles at the next change. */
  constructor(ask: (key: Key, seen: number) => Promise<Changed>) {
    this.#ask = ask;
  }

  async next(key: Key, seen: number, { signal }: WaitOptions): Promise<Changed> {
    signal?.throwIfAborted();
    let open = this.#open.get(key);
    if (open?.seen !== seen) {
      const mine = { seen, answer: this.#ask(key, seen) };
      const forget = (): void => {
        if (this.#open.get(key) === mine) this.#open.delete(key);
      };
      mine.answer.then(forget, forget);
      this.#open.set(key, mine);
      open = mine;
    }
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([open.answer, promise]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }
}
