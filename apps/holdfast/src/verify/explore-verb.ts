import { type ExploreReport, type RunExploreOptions, runExplore, type VerificationSuite } from '@holdfast/simulation';
import { UsageError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import type { Streams } from '../streams.ts';
import { showCount } from '../terminal/figures.ts';
import { Terminal } from '../terminal/terminal.ts';
import { suiteOf, verificationSuites } from './registry.ts';
import { ResultFile } from './result-file.ts';
import { showViolation } from './show-violation.ts';

export interface ExploreArguments {
  readonly kernel?: string;
  readonly list: boolean;
  readonly configuration?: string;
  readonly mutants: boolean;
  readonly seconds?: number;
  readonly json?: string;
}

/** `holdfast explore`: every interleaving of a kernel's configurations, then its seeded bugs. */
export async function runExploreVerb(given: ExploreArguments, streams: Streams): Promise<number> {
  const terminal = new Terminal(streams.stdout);
  try {
    const suites = await verificationSuites();
    if (given.list) {
      for (const suite of suites.values()) listSuite(terminal, suite);
      return exitCodes.ok;
    }
    const suite = suiteOf(suites, given.kernel);
    requireConfiguration(suite, given.configuration);
    using file = given.json === undefined ? undefined : new ResultFile(given.json);
    const report = runExplore(suite, optionsOf(given, terminal));
    file?.write(report.entries);
    const holds = given.configuration === undefined ? report.proved : partHolds(report);
    showVerdict(terminal, report, holds);
    return holds ? exitCodes.ok : exitCodes.failed;
  } catch (error) {
    return reportFailure(streams, error, false);
  }
}

function listSuite(terminal: Terminal, suite: VerificationSuite): void {
  terminal.line(terminal.style('bold', suite.kernel));
  for (const { name } of suite.configurations) terminal.line(`  ${name}`);
  for (const { name, configuration } of suite.mutants) terminal.line(`  ${configuration} with a bug: ${name}`);
}

function requireConfiguration(suite: VerificationSuite, configuration: string | undefined): void {
  if (configuration === undefined || suite.configurations.some(({ name }) => name === configuration)) return;
  const known = suite.configurations.map(({ name }) => name).join(', ');
  throw new UsageError(`${suite.kernel} has no configuration ${JSON.stringify(configuration)}.`, `It has: ${known}.`);
}

function optionsOf(given: ExploreArguments, terminal: Terminal): RunExploreOptions {
  return {
    ...(given.configuration === undefined ? {} : { configuration: given.configuration }),
    ...(given.seconds === undefined ? {} : { secondsMax: given.seconds }),
    skipMutants: !given.mutants,
    onExplored: (exploration) => {
      const { name, states, transitions, depth, fixpoint, stoppedBy, seconds, statesPerSecond } = exploration;
      const end = fixpoint ? terminal.style('green', 'fixpoint') : terminal.style('yellow', `stopped by ${stoppedBy}`);
      terminal.line(`${terminal.style('bold', name)}  ${end}`);
      terminal.line(`  ${showCount(states)} states, ${showCount(transitions)} transitions, ${depth} steps deep`);
      terminal.line(`  ${seconds.toFixed(1)} s, ${showCount(Math.round(statesPerSecond))} states/s`);
      for (const violation of exploration.violations) showViolation(terminal, violation);
      if (exploration.deadlocks > 0) terminal.line(terminal.style('red', `  ✗ ${exploration.deadlocks} deadlocks`));
    },
    onMutant: ({ name, killed, violation, exploration: { states } }) => {
      if (killed && violation !== undefined) {
        const how = `by "${violation.property}", ${violation.steps.length} steps, ${showCount(states)} states`;
        terminal.line(`${terminal.style('green', '  caught')}    ${name}: ${how}`);
      } else {
        terminal.line(`${terminal.style('red', '✗ survived')}  ${name}: ${showCount(states)} states`);
      }
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
  const { cells, mutants, kernel } = report;
  const killed = mutants.filter((mutant) => mutant.killed).length;
  terminal.line();
  terminal.line(
    `cells: ${cells.handled} handled, ${cells.ignored} ignored, ${cells.impossible} impossible; ${cells.evidenced} evidenced`,
  );
  for (const cell of cells.missing) terminal.line(terminal.style('red', `  ✗ never reached: ${cell}`));
  for (const cell of cells.contradicted) terminal.line(terminal.style('red', `  ✗ reached though impossible: ${cell}`));
  terminal.line(`seeded bugs: ${killed} of ${mutants.length} caught`);
  terminal.line();
  terminal.line(
    holds ? terminal.style('green', `✓ ${kernel} holds`) : terminal.style('red', `✗ ${kernel} does not hold`),
  );
}
