import { StalledError } from '../errors.ts';

/**
 * Ends a run in which nothing moves: {@link beat} on every byte; after `stallMs` without one, {@link signal} aborts.
 *
 * A hung disk or network mount never returns from the system call it hangs in, so no promise would ever settle.
 */
export class StallWatch implements Disposable {
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #controller = new AbortController();
  #beats = 0;
  #beatsSeen = -1;
  #doing: string;

  constructor(stallMs: number, doing: string) {
    this.signal = this.#controller.signal;
    this.#doing = doing;
    this.#timer = setInterval(() => {
      if (this.#beats === this.#beatsSeen) this.#controller.abort(new StalledError(this.#doing, stallMs));
      this.#beatsSeen = this.#beats;
    }, stallMs);
  }

  beat(): void {
    this.#beats++;
  }

  /** Names the phase for the error and counts as a beat. */
  now(doing: string): void {
    this.#doing = doing;
    this.beat();
  }

  /** The outcome of `work`, or a rejection as soon as the watch or `signal` gives up on it. */
  async guard<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
    const either = AbortSignal.any([this.signal, signal]);
    if (either.aborted) throw either.reason;
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(either.reason);
    either.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([work, givenUp]);
    } finally {
      either.removeEventListener('abort', onAbort);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
