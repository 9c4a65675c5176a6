import type { TerminalStream } from './terminal/terminal.ts';

/** Where a command reads and prints: `process` is one; tests pass their own. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
}
