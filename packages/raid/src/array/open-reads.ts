/** Which objects are being read: their blocks stay until the last reader is done, though they are replaced or removed. */
export class OpenReads {
  readonly #readers = new Map<number, number>();
  readonly #waiting = new Map<number, (() => void)[]>();

  enter(gfid: number): void {
    this.#readers.set(gfid, (this.#readers.get(gfid) ?? 0) + 1);
  }

  leave(gfid: number): void {
    const left = (this.#readers.get(gfid) ?? 0) - 1;
    if (left > 0) {
      this.#readers.set(gfid, left);
      return;
    }
    this.#readers.delete(gfid);
    for (const wake of this.#waiting.get(gfid) ?? []) wake();
    this.#waiting.delete(gfid);
  }

  /** Let go of readers that may never come back: the array is closing, and refuses their next read. */
  abandon(): void {
    this.#readers.clear();
    for (const wakes of this.#waiting.values()) for (const wake of wakes) wake();
    this.#waiting.clear();
  }

  /** Resolves when nobody reads the object. */
  unread(gfid: number): Promise<void> {
    if (!this.#readers.has(gfid)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.set(gfid, [...(this.#waiting.get(gfid) ?? []), resolve]);
    });
  }
}
