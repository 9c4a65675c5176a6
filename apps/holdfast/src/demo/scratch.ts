import { rmSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { leaveTimeoutMs } from '../limits.ts';
import { withinTime } from '../within-time.ts';

/**
 * The directory a demo keeps its store in: private, empty at first, and gone afterwards, also when the process is ended
 * by a second Ctrl-C or by an error nobody caught.
 */
export class ScratchDirectory implements AsyncDisposable {
  readonly path: string;
  /** Set to leave the directory where it is. */
  keep = false;
  readonly #onExit = () => {
    if (!this.keep) rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  };

  readonly #onLeft: (path: string) => void;

  private constructor(path: string, onLeft: (path: string) => void) {
    this.path = path;
    this.#onLeft = onLeft;
    process.on('exit', this.#onExit);
  }

  /** @param onLeft told where it is when it could not be removed. */
  static async in(parent: string, onLeft: (path: string) => void): Promise<ScratchDirectory> {
    return new ScratchDirectory(await mkdtemp(join(await realpath(parent), 'holdfast-demo-')), onLeft);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#remove();
    process.off('exit', this.#onExit);
  }

  async #remove(): Promise<void> {
    if (this.keep) return;
    let removed = false;
    const removal = rm(this.path, { recursive: true, force: true, maxRetries: 3 }).then(() => {
      removed = true;
    });
    // On a disk that hangs the removal hangs too, and must not keep the process.
    await withinTime(removal, leaveTimeoutMs);
    if (!removed) this.#onLeft(this.path);
  }
}
