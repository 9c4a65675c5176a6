/** Takes things in the order they come, at once where nothing before them has to wait. */
export class Inbox {
  readonly #failed: (error: unknown) => void;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** @param failed told of what goes wrong with something that had to wait */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /**
   * @param prepare what has to be there first; undefined when it is there
   * @param take runs in the turn in which that is known
   */
  put(prepare: () => Promise<void> | undefined, take: () => void): void {
    if (this.#waiting === 0) {
      const preparing = prepare();
      if (preparing === undefined) take();
      else this.#after(() => preparing, take);
    } else this.#after(prepare, take);
  }

  #after(prepare: () => Promise<void> | undefined, take: () => void): void {
    this.#waiting++;
    this.#tail = this.#tail
      .then(prepare)
      .then(take)
      .catch(this.#failed)
      .finally(() => {
        this.#waiting--;
      });
  }
}
