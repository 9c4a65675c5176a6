import { InterruptedError } from './errors.ts';
import { exitCodeOfSignal } from './exit-codes.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Turns the first Ctrl-C (or SIGTERM, SIGHUP) into an abort, so that a verb can clean up; the second one ends the
 * process at once.
 */
export class Interrupt implements Disposable {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #onSignal = (name: NodeJS.Signals) => {
    if (this.signal.aborted) process.exit(exitCodeOfSignal(name));
    this.#controller.abort(new InterruptedError(name));
  };

  constructor() {
    this.signal = this.#controller.signal;
    for (const name of signals) process.on(name, this.#onSignal);
  }

  [Symbol.dispose](): void {
    for (const name of signals) process.off(name, this.#onSignal);
  }
}
