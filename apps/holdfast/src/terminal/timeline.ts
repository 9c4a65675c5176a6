import { showStamp } from './figures.ts';
import type { Style, Terminal } from './terminal.ts';

/** Lines with the time since the start at their left edge, continued under it. */
export class Timeline {
  readonly #terminal: Terminal;
  readonly #startedAt: number;

  /** @param startedAt the zero of the time line, as `performance.now()` gives it. */
  constructor(terminal: Terminal, startedAt: number) {
    this.#terminal = terminal;
    this.#startedAt = startedAt;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** One event, at the time it is printed. */
  mark(text: string, style?: Style): void {
    const stamp = this.#terminal.style('dim', showStamp(this.elapsedMs));
    this.#terminal.line(`${stamp}  ${style === undefined ? text : this.#terminal.style(style, text)}`);
  }

  /** A second line about the event above. */
  note(text: string): void {
    this.#terminal.line(`          ${this.#terminal.style('dim', text)}`);
  }
}
