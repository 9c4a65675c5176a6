import type { FlushWaiter } from '../store/group-commit.ts';

const nothing = () => undefined;

/** What was asked to be made durable and is not yet: until it is over its storage is not closed. */
export class PendingFlushes {
  readonly #failed: (error: unknown) => void;
  #count = 0;
  #over: PromiseWithResolvers<void> | undefined;

  /** @param failed told of each failure, also of what is done after a flush */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /**
   * Ask for something that is told of when a flush is over.
   * @param done told when it succeeded
   * @param over told first, whether it succeeded or not
   */
  ask(ask: (waiter: FlushWaiter) => void, done: () => void, over: () => void = nothing): void {
    this.#count++;
    const failed = (error: unknown) => {
      over();
      this.#leave();
      this.#failed(error);
    };
    const succeeded = () => {
      over();
      this.#leave();
      try {
        done();
      } catch (error) {
        this.#failed(error);
      }
    };
    try {
      ask({ done: succeeded, failed });
    } catch (error) {
      failed(error);
    }
  }

  /** Resolves when nothing is pending any more. */
  async over(): Promise<void> {
    if (this.#count === 0) return;
    this.#over ??= Promise.withResolvers();
    await this.#over.promise;
  }

  #leave(): void {
    this.#count--;
    if (this.#count > 0) return;
    this.#over?.resolve();
    this.#over = undefined;
  }
}
