import {
  cellsText,
  type ExploreReport,
  explorationText,
  mutantText,
  type RunExploreOptions,
  runExplore,
  type VerificationSuite,
} from '@holdfast/simulation';
import { UsageError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import type { Streams } from '../streams.ts';
import { Terminal } from '../terminal/terminal.ts';
import { CounterexampleFiles } from './counterexample-files.ts';
import { type VerificationSuites, verificationSuites } from './registry.ts';
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
  readonly json?: string;
  /** Where counterexamples are written as scenario files. */
  readonly scenarios?: string;
}

/** `holdfast explore`: every interleaving of a kernel's configurations, then its seeded bugs. */
export async function runExploreVerb(
  given: ExploreArguments,
  streams: Streams,
  suites: VerificationSuites = verificationSuites,
): Promise<number> {
  const terminal = new Terminal(streams.stdout);
  try {
    return await runOnSuite(given, suites, {
      async list() {
        for (const load of suites.values()) listSuite(terminal, await load());
      },
      run: (suite) => exploreSuite(suite, given, terminal),
    });
  } catch (error) {
    return reportFailure(streams, error, false);
  }
}

function exploreSuite(suite: VerificationSuite, given: ExploreArguments, terminal: Terminal): number {
  requireConfiguration(suite, given.configuration);
  using file = ResultFile.at(given.json);
  const counterexamples = given.scenarios === undefined ? undefined : new CounterexampleFiles(given.scenarios);
  const report = runExplore(suite, optionsOf(given, terminal));
  file?.write(report.entries);
  const holds = given.configuration === undefined ? report.proved : partHolds(report);
  for (const path of counterexamples?.write(suite, report) ?? [])
    terminal.line(`run it by hand: holdfast scenario ${path}`);
  showVerdict(terminal, report, holds);
  return holds ? exitCodes.ok : exitCodes.failed;
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

function optionsOf(given: ExploreArguments, terminal: Terminal): RunExploreOptions {
  return {
    ...(given.configuration === undefined ? {} : { configuration: given.configuration }),
    ...(given.seconds === undefined ? {} : { secondsMax: given.seconds }),
    long: given.long ?? false,
    skipMutants: !given.mutants,
    onExplored: (exploration) => {
      const holds = exploration.fixpoint && exploration.violations.length === 0 && exploration.deadlocks === 0;
      terminal.line(holds ? explorationText(exploration) : terminal.style('red', explorationText(exploration)));
    },
    onMutant: (outcome) => {
      terminal.line(outcome.killed ? mutantText(outcome) : terminal.style('red', mutantText(outcome)));
    },
  };
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
