import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReplayFileError, runSim, type SimFailure, simText, type VerificationSuite } from '@holdfast/simulation';
import { errnoOf } from '../errno.ts';
import { UsageError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import { progressIntervalMs } from '../limits.ts';
import type { Streams } from '../streams.ts';
import { showCount } from '../terminal/figures.ts';
import { Terminal } from '../terminal/terminal.ts';
import { type VerificationSuites, verificationSuites } from './registry.ts';
import { ResultFile } from './result-file.ts';
import { runOnSuite, type SuiteArguments } from './suite-run.ts';

export interface SimArguments extends SuiteArguments {
  readonly seed: number;
  readonly runs: number;
  readonly seconds?: number;
  /** A replay file that a failing run has written. */
  readonly replay?: string;
  readonly json?: string;
}

/** Where failing runs are written, below the current directory. */
const replayDirectory = join('.holdfast', 'replay');

/** `holdfast sim`: random histories with faults, by seed; a failing one is made small and written for replay. */
export async function runSimVerb(
  given: SimArguments,
  streams: Streams,
  suites: VerificationSuites = verificationSuites,
): Promise<number> {
  const terminal = new Terminal(streams.stdout);
  try {
    return await runOnSuite(given, suites, {
      list() {
        for (const kernel of suites.keys()) terminal.line(kernel);
      },
      run: (suite) => simulateSuite(suite, given, terminal),
    });
  } catch (error) {
    terminal.status('');
    return reportFailure(streams, asUsage(error), false);
  }
}

function simulateSuite(suite: VerificationSuite, given: SimArguments, terminal: Terminal): number {
  const replay = given.replay === undefined ? undefined : readReplay(given.replay);
  using file = ResultFile.at(given.json);
  const report = runSim(suite, {
    seed: given.seed,
    runs: given.runs,
    ...(given.seconds === undefined ? {} : { secondsMax: given.seconds }),
    ...(replay === undefined ? {} : { replay }),
    onRun: progressOf(terminal, given.runs),
  });
  terminal.status('');
  file?.write([report]);
  const failed = report.violations.length > 0;
  terminal.line(failed ? terminal.style('red', simText(report)) : simText(report));
  if (replay === undefined) for (const failure of report.violations) writeReplay(terminal, suite.kernel, failure);
  return failed ? exitCodes.failed : exitCodes.ok;
}

/** Redraws the count of runs now and then. The runs leave the event loop no time for a timer. */
function progressOf(terminal: Terminal, runs: number): (index: number) => void {
  let drawnAt = 0;
  return (index) => {
    const now = performance.now();
    if (now - drawnAt < progressIntervalMs) return;
    drawnAt = now;
    terminal.status(`${showCount(index + 1)} of ${showCount(runs)} runs`);
  };
}

function readReplay(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is no JSON' : errnoOf(error);
    throw new UsageError(
      `${path} cannot be replayed (${why}).`,
      'Name a file that a failing "holdfast sim" has written.',
    );
  }
}

/** A file that is JSON and no replay of this kernel is the caller's mistake too. */
function asUsage(error: unknown): unknown {
  if (!(error instanceof ReplayFileError)) return error;
  return new UsageError(`${error.message}.`, 'Name a file that a failing "holdfast sim" of this kernel has written.');
}

function writeReplay(terminal: Terminal, kernel: string, failure: SimFailure): void {
  const path = join(replayDirectory, `${kernel}-${failure.seed}.json`);
  mkdirSync(replayDirectory, { recursive: true });
  writeFileSync(path, `${JSON.stringify(failure.replay)}\n`);
  terminal.line(`replay it with: holdfast sim ${kernel} --replay ${path}`);
}
