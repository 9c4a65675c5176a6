import { stripVTControlCharacters, styleText } from 'node:util';

/** Where a verb prints. `process.stdout` is one; tests pass their own. */
export interface TerminalStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/**
 * Prints lines, and below them at most one status line that is drawn over and over.
 *
 * Without a terminal (a pipe, a file, a CI log) there is no status line and no colour. NO_COLOR and FORCE_COLOR are
 * obeyed. A reader that goes away (`| head`) ends the output, not the run.
 */
export class Terminal {
  readonly interactive: boolean;
  readonly #stream: TerminalStream;
  #status = '';
  #open = true;

  constructor(stream: TerminalStream) {
    this.#stream = stream;
    this.interactive = stream.isTTY === true;
    stream.on('error', () => {
      this.#open = false;
    });
  }

  style(style: Style | readonly Style[], text: string): string {
    return styleText(typeof style === 'string' ? style : [...style], text, { stream: this.#stream });
  }

  line(text = ''): void {
    this.#write(this.#status === '' ? `${text}\n` : `${eraseLine}${text}\n${this.#status}`);
  }

  /** Replaces the status line; the empty string removes it. Does nothing without a terminal. */
  status(text: string): void {
    if (!this.interactive || text === this.#status) return;
    // A terminal that does not know its width says 0.
    const cut = cutTo(text, (this.#stream.columns || columnsDefault) - 1);
    this.#status = cut;
    this.#write(eraseLine + cut);
  }

  #write(text: string): void {
    if (this.#open) this.#stream.write(text);
  }
}

const columnsDefault = 80;
const eraseLine = '\r\u001b[2K';

/** Cuts styled text to a width. A cut line loses its colours, which no reader of a narrow terminal will mind. */
function cutTo(text: string, columns: number): string {
  const plain = stripVTControlCharacters(text);
  if (plain.length <= columns) return text;
  return `${plain.slice(0, Math.max(columns - 1, 0))}…`;
}
