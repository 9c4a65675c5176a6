import { setImmediate as nextTurn } from 'node:timers/promises';
import { errnoOf } from './errno.ts';

/**
 * Notices when the output of a command could not be written, so that a full disk behind `> file` ends in an exit code
 * and not in a crash. A reader that went away (`| head`) has what it wanted: that is no failure.
 */
export class OutputWatch implements Disposable {
  readonly #stream: NodeJS.WritableStream;
  #errno: string | undefined;
  readonly #onError = (error: unknown) => {
    const errno = errnoOf(error);
    if (errno !== 'EPIPE') this.#errno ??= errno;
  };

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    stream.on('error', this.#onError);
  }

  /** The system's code of the first failure; undefined when everything was written so far. */
  async failure(): Promise<string | undefined> {
    // A failed write tells of itself one turn later.
    await nextTurn();
    return this.#errno;
  }

  [Symbol.dispose](): void {
    this.#stream.off('error', this.#onError);
  }
}
