import type { Worker } from 'node:worker_threads';
import type { Piscina } from 'piscina';

/** Knows of each thread of a pool when it has really ended: the pool itself only says when it let go of it. */
export class LaneThreads {
  readonly #ends = new Map<number, Promise<void>>();

  constructor(pool: Piscina) {
    pool.on('workerCreate', () => {
      for (const worker of pool.threads) this.#watch(worker);
    });
  }

  /** Resolves when the thread has ended; at once when it is not known any more. */
  async ended(threadId: number): Promise<void> {
    await this.#ends.get(threadId);
  }

  #watch(worker: Worker): void {
    const { threadId } = worker;
    if (threadId < 0 || this.#ends.has(threadId)) return;
    const end = Promise.withResolvers<void>();
    this.#ends.set(threadId, end.promise);
    worker.once('exit', () => {
      this.#ends.delete(threadId);
      end.resolve();
    });
  }
}
