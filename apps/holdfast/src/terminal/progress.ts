import { progressIntervalMs, progressLineMs } from '../limits.ts';
import { showBytes, showCount, showRate } from './figures.ts';
import type { Terminal } from './terminal.ts';

export interface ProgressTotals {
  readonly bytes: number;
  readonly files: number;
}

const barCells = 24;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/**
 * A bar that shows how much of a known whole is done: by bytes, or by files where there are no bytes.
 *
 * With a terminal it is one line redrawn at most ten times a second. Without one it is a plain line every ten seconds, so
 * that a log of a long run shows that it moves.
 */
export class ProgressBar implements Disposable {
  bytes = 0;
  files = 0;
  readonly #terminal: Terminal;
  readonly #label: string;
  readonly #totals: ProgressTotals;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor(terminal: Terminal, label: string, totals: ProgressTotals) {
    this.#terminal = terminal;
    this.#label = label;
    this.#totals = totals;
    const draw = terminal.interactive ? () => this.#draw() : () => terminal.line(this.#parts().join('  '));
    this.#timer = setInterval(draw, terminal.interactive ? progressIntervalMs : progressLineMs);
    this.#timer.unref();
    if (terminal.interactive) draw();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#terminal.status('');
  }

  #draw(): void {
    const [label, ...figures] = this.#parts();
    this.#terminal.status([label, this.#terminal.style('cyan', drawBar(this.#share())), ...figures].join('  '));
  }

  #parts(): string[] {
    return [
      `          ${this.#label.padEnd(8)}`,
      `${String(Math.floor(this.#share() * 100)).padStart(3)} %`,
      `${showCount(this.files)} of ${showCount(this.#totals.files)} files`,
      showBytes(this.bytes),
      showRate(this.bytes, performance.now() - this.#startedAt),
    ];
  }

  #share(): number {
    const { bytes, files } = this.#totals;
    const share = bytes > 0 ? this.bytes / bytes : files > 0 ? this.files / files : 1;
    return Math.min(share, 1);
  }
}

/** A bar of {@link barCells} cells, drawn in eighths of a cell. */
function drawBar(share: number): string {
  const filled = Math.floor(share * barCells * 8);
  const bar = '█'.repeat(Math.floor(filled / 8)) + eighths[filled % 8];
  return bar + '░'.repeat(barCells - bar.length);
}
