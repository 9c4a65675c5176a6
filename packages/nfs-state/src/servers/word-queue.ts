import { wordsWaitingMax } from '../limits.ts';
import type { ServerWord } from './messages.ts';

/** Words on their way to one client, in order. */
export class WordQueue {
  readonly #words: ServerWord[] = [];
  #wake: () => void = () => undefined;
  #ended = false;

  /** False when the client has not heard so many that this is the end. */
  say(word: ServerWord): boolean {
    if (this.#words.length === wordsWaitingMax) {
      this.end();
      return false;
    }
    this.#words.push(word);
    this.#wake();
    return true;
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** For one listener, until {@link end} or `signal`. */
  async *heard(signal: AbortSignal): AsyncGenerator<ServerWord, void> {
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake);
    try {
      while (!this.#ended && !signal.aborted) {
        const word = this.#words.shift();
        if (word !== undefined) yield word;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }
}
