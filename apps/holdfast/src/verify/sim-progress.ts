import { progressIntervalMs, progressLineMs } from '../limits.ts';
import type { Streams } from '../streams.ts';
import { showCount } from '../terminal/figures.ts';
import { Terminal } from '../terminal/terminal.ts';

/**
 * Says how many runs have ended: on a terminal one line drawn over and over, else a line every ten seconds on the standard
 * error, so that a log of a long simulation shows that it moves. Asked at each run, because runs leave the event loop no
 * time for a timer.
 */
export class SimProgress implements Disposable {
  readonly #terminal: Terminal;
  readonly #runs: number;
  readonly #startedAt = performance.now();
  #saidAt = this.#startedAt;

  constructor(streams: Streams, runs: number) {
    const output = new Terminal(streams.stdout);
    this.#terminal = output.interactive ? output : new Terminal(streams.stderr);
    this.#runs = runs;
  }

  ended(index: number): void {
    const now = performance.now();
    if (now - this.#saidAt < (this.#terminal.interactive ? progressIntervalMs : progressLineMs)) return;
    this.#saidAt = now;
    const made = index + 1;
    const perSecond = (made * 1000) / (now - this.#startedAt);
    const text = `${showCount(made)} of ${showCount(this.#runs)} runs, ${perSecond.toFixed(1)} runs/s`;
    if (this.#terminal.interactive) this.#terminal.status(text);
    else this.#terminal.line(text);
  }

  [Symbol.dispose](): void {
    this.#terminal.status('');
  }
}
