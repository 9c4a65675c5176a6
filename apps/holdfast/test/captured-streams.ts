import { PassThrough, Readable } from 'node:stream';
import { runCommand } from '../src/command.ts';

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in this process, without a terminal, and gives back all it printed. */
export async function run(...argv: string[]): Promise<Outcome> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const printed = { stdout: '', stderr: '' };
  stdout.on('data', (chunk) => (printed.stdout += chunk));
  stderr.on('data', (chunk) => (printed.stderr += chunk));
  const exitCode = await runCommand(argv, { stdin: Readable.from([]), stdout, stderr });
  return { exitCode, ...printed };
}
