import type { LeaseClock } from '../../src/coord/clock.ts';

/** A clock the test moves. Timers run when it is moved past them. */
export class SteeredClock implements LeaseClock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly wake: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, wake: () => void): () => void {
    const timer = { at: this.#now + ms, wake };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  async elapse(ms: number): Promise<void> {
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at <= this.#now && this.#timers.delete(timer)) timer.wake();
    }
  }
}
