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
  #beatsSeen = 0;
  #stillFor = 0;
  #doing: string;
  #patience = 1;

  constructor(stallMs: number, doing: string) {
    this.signal = this.#controller.signal;
    this.#doing = doing;
    this.#timer = setInterval(() => {
      this.#stillFor = this.#beats === this.#beatsSeen ? this.#stillFor + 1 : 0;
      this.#beatsSeen = this.#beats;
      if (this.#stillFor === looks * this.#patience) {
        this.#controller.abort(new StalledError(this.#doing, stallMs * this.#patience));
      }
    }, stallMs / looks);
  }

  beat(): void {
    this.#beats++;
  }

  /**
   * Names the phase for the error and counts as a beat.
   * @param patience how many times `stallMs` the phase may stand still: for phases that move no bytes.
   */
  now(doing: string, patience = 1): void {
    this.#doing = doing;
    this.#patience = patience;
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

/** Looks at the beats within `stallMs`: a stall is noticed at most this part of it late. */
const looks = 10;
