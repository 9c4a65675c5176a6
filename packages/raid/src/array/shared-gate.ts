/** Lets many through at a time, or one alone, who waits until all before it are through and holds up those behind. */
export class SharedGate {
  #inside = 0;
  #alone: Promise<void> = Promise.resolve();
  #empty: (() => void)[] = [];

  async shared<T>(work: () => Promise<T>): Promise<T> {
    for (let before: Promise<void> | undefined; before !== this.#alone; ) {
      before = this.#alone;
      await before;
    }
    this.#inside++;
    try {
      return await work();
    } finally {
      this.#inside--;
      if (this.#inside === 0) for (const go of this.#empty.splice(0)) go();
    }
  }

  async alone<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#alone;
    const mine = Promise.withResolvers<void>();
    this.#alone = before.then(() => mine.promise);
    await before;
    if (this.#inside > 0) await new Promise<void>((go) => this.#empty.push(go));
    try {
      return await work();
    } finally {
      mine.resolve();
    }
  }
}
