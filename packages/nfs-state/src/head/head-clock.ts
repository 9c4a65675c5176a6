/** The monotonic clock of one head; never compared with that of another. */
export interface HeadClock {
  nowMs(): number;
  /** Run something later. The function that is given back calls it off. */
  after(ms: number, run: () => void): () => void;
}

export const monotonicClock: HeadClock = {
  nowMs: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** A clock that stands still until somebody turns it: leases run out when a test says so. */
export class SteeredClock implements HeadClock {
  #nowMs = 0;
  readonly #due = new Map<object, { readonly atMs: number; readonly run: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, run: () => void): () => void {
    const timer = {};
    this.#due.set(timer, { atMs: this.#nowMs + ms, run });
    return () => this.#due.delete(timer);
  }

  /** Time passes, and whatever is due happens when it is. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const atMs = Math.min(...[...this.#due.values()].map((each) => each.atMs));
      if (atMs > untilMs) break;
      this.#nowMs = Math.max(this.#nowMs, atMs);
      this.#runDue();
    }
    this.#nowMs = untilMs;
  }

  /** The thread stands still meanwhile: what became due happens late. */
  stall(ms: number): void {
    this.#nowMs += ms;
    this.#runDue();
  }

  #runDue(): void {
    for (const [timer, { atMs, run }] of [...this.#due]) {
      if (atMs > this.#nowMs) continue;
      this.#due.delete(timer);
      run();
    }
  }
}
