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

  private constructor(path: string) {
    this.path = path;
    process.on('exit', this.#onExit);
  }

  static async in(parent: string): Promise<ScratchDirectory> {
    return new ScratchDirectory(await mkdtemp(join(await realpath(parent), 'holdfast-demo-')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // On a disk that hangs the removal hangs too, and must not keep the process.
    if (!this.keep) await withinTime(rm(this.path, { recursive: true, force: true, maxRetries: 3 }), leaveTimeoutMs);
    process.off('exit', this.#onExit);
  }
}
