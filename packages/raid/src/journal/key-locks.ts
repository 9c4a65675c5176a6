/** Runs work on one key in the order it was asked for, and work on different keys side by side. */
export class KeyLocks {
  readonly #tails = new Map<string | number, Promise<unknown>>();

  /** Whether work on a key would have to wait. */
  isBusy(key: string | number): boolean {
    return this.#tails.has(key);
  }

  async run<T>(key: string | number, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#tails.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#tails.get(key) === mine) this.#tails.delete(key);
    }
  }
}
