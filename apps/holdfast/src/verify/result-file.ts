import { closeSync, openSync, writeFileSync } from 'node:fs';
import { errnoOf } from '../errno.ts';
import { UsageError } from '../errors.ts';

/** Where `--json FILE` goes. Opened before a long run begins, so that a bad path fails at once. */
export class ResultFile implements Disposable {
  readonly #descriptor: number;

  /** The file, when one is wanted. */
  static at(path: string | undefined): ResultFile | undefined {
    return path === undefined ? undefined : new ResultFile(path);
  }

  /** @throws UsageError when the file cannot be written. */
  constructor(path: string) {
    try {
      this.#descriptor = openSync(path, 'w');
    } catch (error) {
      throw new UsageError(`${path} cannot be written (${errnoOf(error)}).`, 'Name another file with --json.');
    }
  }

  write(document: unknown): void {
    writeFileSync(this.#descriptor, `${JSON.stringify(document, undefined, 2)}\n`);
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}
