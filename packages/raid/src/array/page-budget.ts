import { HoldfastError, type PageIndex, type PagePool } from '@holdfast/runtime';
import { pagesPerDirectionMax } from '../limits.ts';

/**
 * Pages for one direction of traffic, in a bounded number: whoever wants more waits until others give back. Runs go
 * back to the pool after each use, so that a manager that still holds one keeps it from being used again.
 */
export class PageBudget {
  readonly #pool: PagePool;
  readonly #waiting: (() => void)[] = [];
  readonly #pages: number;
  #left: number;

  constructor(pool: PagePool) {
    this.#pool = pool;
    this.#pages = Math.min(pagesPerDirectionMax, Math.floor(pool.pages * 0.4));
    this.#left = this.#pages;
  }

  /** A run of `count` pages side by side, when there are so many. */
  async take(count: number): Promise<PageIndex> {
    for (;;) {
      // A run longer than the budget goes out alone.
      if (this.#left >= count || this.#left === this.#pages) {
        const first = this.#tryTake(count);
        if (first !== undefined) {
          this.#left -= count;
          return first;
        }
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  give(first: PageIndex, count: number): void {
    this.#pool.give(first, count);
    this.#left += count;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Undefined when the range is used up or in pieces now, and something of this budget will come back. */
  #tryTake(count: number): PageIndex | undefined {
    try {
      return this.#pool.take(count);
    } catch (error) {
      const mayWait = error instanceof HoldfastError && error.retryable && this.#left < this.#pages;
      if (mayWait) return undefined;
      throw error;
    }
  }
}
