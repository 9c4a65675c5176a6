/** Tells whoever waits that something changed; costs nothing while nobody does. */
export class Changes {
  #waiting: PromiseWithResolvers<void> | undefined;
  #failure: Error | undefined;

  /** Resolves at the next change. @throws what {@link fail} was given */
  next(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  tell(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve();
  }

  /** There will be no change any more. */
  fail(error: Error): void {
    this.#failure ??= error;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(this.#failure);
  }
}
