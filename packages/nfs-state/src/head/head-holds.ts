/**
 * Moments at which a head can be held: before its batch is written, once it is durable and nobody was told, and before it
 * tells others what is not in the log.
 */
export const headSteps = ['append', 'appended', 'outbox'] as const;
export type HeadStep = (typeof headSteps)[number];

/** Holds a head at a step, so that it can be killed exactly there. */
export class HeadHolds {
  #hold: { readonly step: HeadStep; readonly reached: PromiseWithResolvers<void> } | undefined;
  #released = Promise.withResolvers<void>();

  hold(step: HeadStep): void {
    this.#hold = { step, reached: Promise.withResolvers() };
    this.#released = Promise.withResolvers();
  }

  /** Resolves when something stands at the step. */
  held(): Promise<void> {
    return this.#hold?.reached.promise ?? Promise.resolve();
  }

  release(): void {
    this.#hold?.reached.resolve();
    this.#hold = undefined;
    this.#released.resolve();
  }

  async pass(step: HeadStep): Promise<void> {
    const hold = this.#hold;
    if (hold?.step !== step) return;
    hold.reached.resolve();
    await this.#released.promise;
  }
}
