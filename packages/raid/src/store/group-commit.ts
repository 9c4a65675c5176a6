import { setImmediate } from 'node:timers/promises';
import { lazyRequestsMax } from '../limits.ts';

/**
 * One flush at a time, each for all who asked before it began. A request made during a flush is served by the next
 * one, since the running one may have looked at the file already.
 */
export class GroupCommit {
  readonly #flush: () => Promise<void>;
  #waiting: PromiseWithResolvers<void>[] = [];
  /** Of those who wait: who does not want to cause a flush. */
  #lazy = 0;
  #serving = false;

  constructor(flush: () => Promise<void>) {
    this.#flush = flush;
  }

  /** Resolves when everything written before this call is durable. */
  request(): Promise<void> {
    return this.#wait();
  }

  /**
   * Resolves with the next flush that somebody else asks for; so many who wait like this cause one themselves. For what
   * nobody needs durable soon.
   */
  requestLazily(): Promise<void> {
    if (this.#lazy + 1 < lazyRequestsMax) this.#lazy++;
    return this.#wait();
  }

  #wait(): Promise<void> {
    const waiter = Promise.withResolvers<void>();
    this.#waiting.push(waiter);
    if (!this.#serving && this.#isWanted()) void this.#serve();
    return waiter.promise;
  }

  #isWanted(): boolean {
    return this.#waiting.length > this.#lazy;
  }

  /** Every failure of a flush reaches those who asked for it: this never rejects. */
  async #serve(): Promise<void> {
    this.#serving = true;
    while (this.#isWanted()) {
      // One turn of the loop lets everything that arrived together share the flush.
      await setImmediate();
      const served = this.#waiting;
      this.#waiting = [];
      this.#lazy = 0;
      try {
        await this.#flush();
        for (const { resolve } of served) resolve();
      } catch (error) {
        for (const { reject } of served) reject(error);
      }
    }
    // In the same turn as the last look at the queue, so that no request falls between the two.
    this.#serving = false;
  }
}
