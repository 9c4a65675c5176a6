import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { sibling } from './sibling.ts';

const copies = 2;

/**
 * Two files, a thread each: whatever came while a batch was written is the next batch, in whole blocks, and is flushed to
 * both before anybody is answered. What a log costs without heads, claims and an array.
 */
export class RawLog implements AsyncDisposable {
  readonly #directory: string;
  readonly #workers: readonly Worker[];
  readonly #bytesEach: number;
  #waiting: (() => void)[] = [];
  #isWriting = false;

  static async open(bytesEach: number): Promise<RawLog> {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
    return new RawLog(directory, bytesEach);
  }

  private constructor(directory: string, bytesEach: number) {
    this.#directory = directory;
    this.#bytesEach = bytesEach;
    const module = sibling('raw-log-worker', import.meta);
    this.#workers = Array.from(
      { length: copies },
      (_, copy) => new Worker(module, { workerData: join(directory, `${copy}`) }),
    );
  }

  /** Resolves when the operation is on both files. */
  append(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    if (!this.#isWriting) void this.#write();
    return promise;
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      const bytes = new Uint8Array(Math.ceil((batch.length * this.#bytesEach) / 4096) * 4096).fill(0x5a);
      await Promise.all(this.#workers.map((worker) => written(worker, bytes)));
      for (const resolve of batch) resolve();
      // Whoever was answered asks again before the next batch begins.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#isWriting = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => ended(worker)));
    await rm(this.#directory, { recursive: true });
  }
}

function written(worker: Worker, bytes: Uint8Array): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  worker.once('message', () => resolve());
  worker.postMessage(bytes);
  return promise;
}

function ended(worker: Worker): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  worker.once('exit', () => resolve());
  worker.postMessage('end');
  return promise;
}
