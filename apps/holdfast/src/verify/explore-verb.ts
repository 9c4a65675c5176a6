import { extname } from 'node:path';
import {
  cellsText,
  type ExplorationJob,
  type ExplorationResult,
  type ExploreReport,
  explorationJobs,
  explorationText,
  exploreReport,
  mutantText,
  runExplorationJob,
  type VerificationSuite,
} from '@holdfast/simulation';
import { UsageError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import type { Streams } from '../streams.ts';
import { Terminal } from '../terminal/terminal.ts';
import { CounterexampleFiles } from './counterexample-files.ts';
import { type ExplorationListener, exploreInThreads } from './explore-threads.ts';
import { loadSuite, type VerificationSuites, verificationSuites } from './registry.ts';
import { ResultFile } from './result-file.ts';
import { runOnSuite, type SuiteArguments } from './suite-run.ts';

export interface ExploreArguments extends SuiteArguments {
  readonly configuration?: string;
  /** The long configurations too. */
  readonly long?: boolean;
  /** False leaves the seeded bugs out. */
  readonly mutants: boolean;
  /** For each exploration. */
  readonly seconds?: number;
  /** Threads that explore at the same time; each takes the next exploration as it is free. Default 1. */
  readonly jobs?: number;
  readonly json?: string;
  /** Where counterexamples are written as scenario files. */
  readonly scenarios?: string;
}

/** `holdfast explore`: every interleaving of a kernel's configurations, then its seeded bugs. */
export async function runExploreVerb(
  given: ExploreArguments,
  streams: Streams,
  suites: VerificationSuites = verificationSuites,
  /** The module that exports the same as `verificationSuites`, for the threads. */
  suitesModule: string = new URL(`./registry${extname(import.meta.filename)}`, import.meta.url).href,
): Promise<number> {
  const terminal = new Terminal(streams.stdout);
  try {
    return await runOnSuite(given, suites, {
      async list() {
        const named = given.kernel === undefined ? suites.keys() : [given.kernel];
        for (const kernel of named) listSuite(terminal, await loadSuite(suites, kernel));
      },
      run: (suite) => exploreSuite(suite, given, terminal, suitesModule),
    });
  } catch (error) {
    terminal.status('');
    return reportFailure(streams, error, false);
  }
}

async function exploreSuite(
  suite: VerificationSuite,
  given: ExploreArguments,
  terminal: Terminal,
  suitesModule: string,
): Promise<number> {
  requireConfiguration(suite, given.configuration);
  using file = ResultFile.at(given.json);
  const counterexamples = given.scenarios === undefined ? undefined : new CounterexampleFiles(given.scenarios);
  const report = exploreReport(suite, await resultsOf(suite, given, suitesModule, terminal));
  file?.write(report.entries);
  const holds = given.configuration === undefined ? report.proved : partHolds(report);
  for (const path of counterexamples?.write(suite, report) ?? [])
    terminal.line(`run it by hand: holdfast scenario ${path}`);
  showVerdict(terminal, report, holds);
  return holds ? exitCodes.ok : exitCodes.failed;
}

async function resultsOf(
  suite: VerificationSuite,
  { kernel = suite.kernel, configuration, long = false, mutants, seconds, jobs: threads = 1 }: ExploreArguments,
  suitesModule: string,
  terminal: Terminal,
): Promise<ExplorationResult[]> {
  const named = configuration === undefined ? {} : { configuration };
  const jobs = explorationJobs(suite, { ...named, long, skipMutants: !mutants });
  const bounds = seconds === undefined ? {} : { secondsMax: seconds };
  const told = listenerOf(terminal, jobs.length);
  if (threads > 1) return await exploreInThreads(jobs, threads, { suites: suitesModule, kernel, bounds }, told);
  return jobs.map((job) => {
    told.began(job);
    const result = runExplorationJob(suite, job, bounds);
    told.ended(job, result);
    return result;
  });
}

/** Shows each result as it comes, and on a terminal what is under way: a large world takes minutes. */
function listenerOf(terminal: Terminal, jobs: number): ExplorationListener {
  const underWay = new Set<ExplorationJob>();
  let ended = 0;
  const draw = (): void => {
    const names = [...underWay].map(({ name }) => name).join(' · ');
    terminal.status(names === '' ? '' : `${ended} of ${jobs} done; under way: ${names}`);
  };
  return {
    began(job) {
      underWay.add(job);
      draw();
    },
    ended(job, result) {
      ended++;
      underWay.delete(job);
      show(result, terminal);
      draw();
    },
  };
}

function listSuite(terminal: Terminal, suite: VerificationSuite): void {
  terminal.line(terminal.style('bold', suite.kernel));
  for (const { name } of suite.configurations) terminal.line(`  ${name}`);
  for (const { name } of suite.long ?? []) terminal.line(`  ${name} (long)`);
  for (const { name, configuration } of suite.mutants) terminal.line(`  ${configuration}, with a bug: ${name}`);
}

function requireConfiguration(suite: VerificationSuite, configuration: string | undefined): void {
  const names = [...suite.configurations, ...(suite.long ?? [])].map(({ name }) => name);
  if (configuration === undefined || names.includes(configuration)) return;
  const known = names.join(', ');
  throw new UsageError(`${suite.kernel} has no configuration ${JSON.stringify(configuration)}.`, `It has: ${known}.`);
}

function show(result: ExplorationResult, terminal: Terminal): void {
  if (result.kind === 'mutant') {
    const text = mutantText(result.outcome);
    terminal.line(result.outcome.killed ? text : terminal.style('red', text));
    return;
  }
  const { exploration } = result;
  const holds = exploration.fixpoint && exploration.violations.length === 0 && exploration.deadlocks === 0;
  const text = explorationText(exploration);
  terminal.line(holds ? text : terminal.style('red', text));
}

/** One configuration alone need not reach every cell of the table. */
function partHolds({ entries, mutants }: ExploreReport): boolean {
  return (
    entries.every(({ fixpoint, violations, deadlocks }) => fixpoint && violations.length === 0 && deadlocks === 0) &&
    mutants.every(({ killed }) => killed)
  );
}

function showVerdict(terminal: Terminal, report: ExploreReport, holds: boolean): void {
  const killed = report.mutants.filter((mutant) => mutant.killed).length;
  terminal.line(`seeded bugs: ${killed} of ${report.mutants.length} caught`);
  terminal.line(cellsText(report.cells));
  terminal.line();
  terminal.line(
    holds
      ? terminal.style('green', `✓ ${report.kernel} holds`)
      : terminal.style('red', `✗ ${report.kernel} does not hold`),
  );
}
