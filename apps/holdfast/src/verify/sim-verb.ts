import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import {
  ReplayFileError,
  runSim,
  type SimFailure,
  type SimReport,
  simText,
  type VerificationSuite,
} from '@holdfast/simulation';
import { errnoOf } from '../errno.ts';
import { UsageError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import type { Streams } from '../streams.ts';
import { Terminal } from '../terminal/terminal.ts';
import { type VerificationSuites, verificationSuites } from './registry.ts';
import { ResultFile } from './result-file.ts';
import { SimProgress } from './sim-progress.ts';
import { simulateInThreads } from './sim-threads.ts';
import { runOnSuite, type SuiteArguments } from './suite-run.ts';

export interface SimArguments extends SuiteArguments {
  readonly seed: number;
  readonly runs: number;
  readonly seconds?: number;
  /** Threads that make runs at the same time; the report is the same for any number. Default 1. */
  readonly jobs?: number;
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
  /** The module that exports the same as `verificationSuites`, for the threads. */
  suitesModule: string = new URL(`./registry${extname(import.meta.filename)}`, import.meta.url).href,
): Promise<number> {
  const terminal = new Terminal(streams.stdout);
  try {
    return await runOnSuite(given, suites, {
      list() {
        for (const kernel of suites.keys()) terminal.line(kernel);
      },
      run: (suite) => simulateSuite(suite, given, streams, suitesModule),
    });
  } catch (error) {
    return reportFailure(streams, asUsage(error), false);
  }
}

async function simulateSuite(
  suite: VerificationSuite,
  given: SimArguments,
  streams: Streams,
  suitesModule: string,
): Promise<number> {
  const terminal = new Terminal(streams.stdout);
  const replay = given.replay === undefined ? undefined : readReplay(given.replay);
  using file = ResultFile.at(given.json);
  const report =
    replay === undefined ? await simulateSeed(suite, given, streams, suitesModule) : runSim(suite, { replay });
  file?.write([report]);
  const failed = report.violations.length > 0 || report.undecidedRuns > 0;
  terminal.line(failed ? terminal.style('red', simText(report)) : simText(report));
  if (replay === undefined) for (const failure of report.violations) writeReplay(terminal, suite.kernel, failure);
  return failed ? exitCodes.failed : exitCodes.ok;
}

async function simulateSeed(
  suite: VerificationSuite,
  { kernel = suite.kernel, seed, runs, seconds, jobs: threads = 1 }: SimArguments,
  streams: Streams,
  suitesModule: string,
): Promise<SimReport> {
  using progress = new SimProgress(streams, runs);
  const secondsMax = seconds ?? Number.POSITIVE_INFINITY;
  const onRun = (index: number): void => progress.ended(index);
  return threads > 1
    ? await simulateInThreads(suite, { runs, secondsMax, threads, onRun }, { suites: suitesModule, kernel, seed })
    : runSim(suite, { seed, runs, secondsMax, onRun });
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
