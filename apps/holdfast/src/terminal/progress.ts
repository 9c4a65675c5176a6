import { progressIntervalMs } from '../limits.ts';
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
 * With a terminal it is one line redrawn at most ten times a second. Without one it prints nothing: the time line around
 * it says when the phase began and ended.
 */
export class ProgressBar implements Disposable {
  bytes = 0;
  files = 0;
  readonly #terminal: Terminal;
  readonly #label: string;
  readonly #totals: ProgressTotals;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal, label: string, totals: ProgressTotals) {
    this.#terminal = terminal;
    this.#label = label;
    this.#totals = totals;
    if (terminal.interactive) {
      this.#timer = setInterval(() => this.#draw(), progressIntervalMs);
      this.#timer.unref();
      this.#draw();
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#terminal.status('');
  }

  #draw(): void {
    const share = this.#share();
    const elapsedMs = performance.now() - this.#startedAt;
    const cells = drawBar(share);
    const parts = [
      `          ${this.#label.padEnd(8)}`,
      this.#terminal.style('cyan', cells),
      `${String(Math.floor(share * 100)).padStart(3)} %`,
      `${showCount(this.files)} of ${showCount(this.#totals.files)} files`,
      showBytes(this.bytes),
      showRate(this.bytes, elapsedMs),
    ];
    this.#terminal.status(parts.join('  '));
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
