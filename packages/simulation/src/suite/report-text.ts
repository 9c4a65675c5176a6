import type { Exploration, Violation } from '../explorer/explore.ts';
import type { CellEvidence } from '../explorer/model.ts';
import type { MutantOutcome } from '../explorer/mutants.ts';
import type { ExploreReport } from './run-explore.ts';
import type { SimFailure, SimReport, UndecidedRun } from './run-series.ts';

const thousands = (count: number): string => count.toLocaleString('en-US');

/** The line of one exploration, and its violations with their steps. */
export function explorationText(exploration: Exploration): string {
  const { name, states, transitions, depth, fixpoint, stoppedBy, seconds, statesPerSecond } = exploration;
  const end = fixpoint ? 'fixpoint' : `no fixpoint, stopped by ${stoppedBy}`;
  const size = `${thousands(states)} states, ${thousands(transitions)} transitions, depth ${depth}`;
  const pace = `${seconds.toFixed(1)} s, ${thousands(statesPerSecond)} states/s`;
  const memory = `${(exploration.bytes / 2 ** 20).toFixed(1)} MiB`;
  const head = `${name}: ${size}, ${end}, ${pace}, ${memory}`;
  return [head, ...exploration.violations.map(violationText)].join('\n');
}

/** A violation and the numbered steps that lead to it. */
export function violationText({ kind, property, message, steps }: Violation): string {
  const lines = steps.map((step, index) => `  ${index + 1}. ${step}`);
  return [`  ${kind} violated: ${property}: ${message}`, ...lines].join('\n');
}

/** The line of one seeded bug: what caught it, in how many steps. */
export function mutantText({ name, killed, violation, exploration }: MutantOutcome): string {
  if (violation !== undefined) {
    return `  caught: ${name} (${violation.kind} ${violation.property}, ${violation.steps.length} steps)`;
  }
  const thrown = exploration.violations.find(({ kind }) => kind === 'error');
  const why = thrown === undefined ? 'no property was violated' : `only an exception: ${thrown.message}`;
  return `  ${killed ? 'caught' : 'SURVIVED'}: ${name} (${why})`;
}

/** The whole of an exploration's report for a person. */
export function exploreText(report: ExploreReport): string {
  const killed = report.mutants.filter((mutant) => mutant.killed).length;
  const bugs = report.mutants.length === 0 ? [] : [`seeded bugs: ${killed} of ${report.mutants.length} caught`];
  return [
    ...report.explorations.map(explorationText),
    ...bugs,
    ...report.mutants.map(mutantText),
    cellsText(report.cells),
    report.proved ? `${report.kernel}: proved for these configurations` : `${report.kernel}: NOT proved`,
  ].join('\n');
}

/** What was seen of the tables of cells. */
export function cellsText({ handled, ignored, impossible, evidenced, missing, contradicted }: CellEvidence): string {
  const counts = `cells: ${handled} handled, ${ignored} ignored, ${impossible} impossible; ${evidenced} evidenced`;
  return [
    counts,
    ...missing.map((cell) => `  never reached: ${cell}`),
    ...contradicted.map((cell) => `  classed impossible and reached: ${cell}`),
  ].join('\n');
}

/** The whole of a simulation's report for a person. */
export function simText(report: SimReport): string {
  const { kernel, seed, runs, events, messages, virtualSeconds, seconds, eventsPerSecond } = report;
  const faults = Object.entries(report.faults).map(([name, count]) => `${name} ${thousands(count)}`);
  return [
    `${kernel}: ${thousands(runs)} runs from seed ${seed}, digest ${report.digest}`,
    `  ${thousands(events)} events, ${thousands(messages)} messages in ${seconds.toFixed(1)} s` +
      ` (${thousands(eventsPerSecond)} events/s), ${virtualSeconds.toFixed(1)} virtual seconds`,
    `  faults: ${faults.length === 0 ? 'none' : faults.join(', ')}`,
    ...Object.entries(report.classes).map(([name, count]) => `  ${name}: ${thousands(count)}`),
    ...report.neverReached.map((name) => `  never reached: ${name}`),
    ...(report.undecidedRuns === 0 ? [] : [`  ${thousands(report.undecidedRuns)} runs UNDECIDED; the first of them:`]),
    ...report.undecided.map(undecidedText),
    ...(report.violations.length === 0 ? ['  no violation'] : report.violations.map(failureText)),
  ].join('\n');
}

const undecidedText = ({ run, seed, message }: UndecidedRun): string =>
  `  UNDECIDED run ${run} seed ${seed}: ${message}`;

function failureText(failure: SimFailure): string {
  const { kind, property, message, run, seed, shrunk, story } = failure;
  return [
    `FAIL run ${run} seed ${seed}: ${kind} violated: ${property}: ${message}`,
    `  shrunk from ${shrunk.before} to ${shrunk.after} choices in ${shrunk.runs} runs`,
    ...story.map((line) => `  ${line}`),
  ].join('\n');
}
