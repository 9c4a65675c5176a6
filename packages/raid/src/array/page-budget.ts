import { HoldfastError, type PageIndex, type PagePool } from '@holdfast/runtime/service';
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

  /**
   * A run of pages for each of these lengths, all or none: whoever waits here holds nothing that others wait for.
   */
  async takeAll(counts: readonly number[]): Promise<PageIndex[]> {
    for (;;) {
      const firsts = this.tryTakeAll(counts);
      if (firsts !== undefined) return firsts;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** One run, or undefined when that would have to wait. */
  tryTake(count: number): PageIndex | undefined {
    return this.tryTakeAll([count])?.[0];
  }

  give(first: PageIndex, count: number): void {
    this.#pool.give(first, count);
    this.#left += count;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** {@link takeAll}, or undefined when that would have to wait. */
  tryTakeAll(counts: readonly number[]): PageIndex[] | undefined {
    const total = counts.reduce((sum, count) => sum + count, 0);
    // More than the whole budget goes out alone.
    if (this.#left < total && this.#left < this.#pages) return undefined;
    const firsts: PageIndex[] = [];
    for (const count of counts) {
      const first = this.#tryTake(count);
      if (first === undefined) {
        for (const [index, taken] of firsts.entries()) this.#pool.give(taken, counts[index]!);
        return undefined;
      }
      firsts.push(first);
    }
    this.#left -= total;
    return firsts;
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
