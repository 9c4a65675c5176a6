import { HoldfastError } from '@holdfast/runtime/errors';
import { InterruptedError, NoSpaceError, SourceError, UsageError } from './errors.ts';
import { exitCodeOfSignal, exitCodes } from './exit-codes.ts';
import type { Streams } from './streams.ts';

/** Says on stderr what went wrong, as JSON on stdout too when the verb prints JSON, and gives the exit code. */
export function reportFailure(streams: Streams, error: unknown, asJson: boolean): number {
  const exitCode = exitCodeOf(error);
  const known = error instanceof HoldfastError;
  const message = error instanceof Error ? error.message : String(error);
  if (asJson) {
    const code = known ? error.code : 'HF_INTERNAL';
    const hint = known ? error.hint : internalHint;
    streams.stdout.write(`${JSON.stringify({ error: { code, message, hint, exitCode } })}\n`);
  }
  streams.stderr.write(`holdfast: ${message}${known ? '' : ` ${internalHint}`}\n`);
  if (!known && error instanceof Error) streams.stderr.write(`${error.stack}\n`);
  return exitCode;
}

const internalHint = 'This is a bug: please report it with the lines below.';

const argumentCodes: ReadonlySet<string> = new Set(['HF_USAGE', 'HF_BAD_KEY', 'HF_GEOMETRY', 'HF_UNKNOWN_NODE']);

function exitCodeOf(error: unknown): number {
  if (error instanceof InterruptedError) return exitCodeOfSignal(error.signal);
  if (error instanceof UsageError || error instanceof SourceError || error instanceof NoSpaceError)
    return exitCodes.usage;
  // What a serving process says of an argument, before it does anything.
  if (error instanceof HoldfastError && argumentCodes.has(error.code)) return exitCodes.usage;
  return exitCodes.failed;
}
