import type { Exploration, ExploreOptions, Violation } from '../explorer/explore.ts';
import type { CellCounts, CellEvidence } from '../explorer/model.ts';
import type { MutantOutcome } from '../explorer/mutants.ts';
import { CellLog } from '../world/cell-log.ts';
import { type ExplorationResult, explorationJobs, type JobChoice, runExplorationJob } from './exploration-jobs.ts';
import type { VerificationSuite } from './suite.ts';

export interface RunExploreOptions
  extends JobChoice,
    Pick<ExploreOptions, 'statesMax' | 'secondsMax' | 'memoryBytesMax'> {
  /** Told of each exploration as it ends, so that a person sees progress. */
  onExplored?(entry: Exploration): void;
  onMutant?(outcome: MutantOutcome): void;
  /** Told about once a second which exploration goes on, and how far it is. */
  onProgress?(name: string, states: number, waiting: number): void;
}

/** One entry of the list that `explore --json` writes. */
export interface ExploreEntry {
  readonly name: string;
  readonly states: number;
  readonly transitions: number;
  readonly fixpoint: boolean;
  readonly statesPerSecond: number;
  readonly violations: readonly Violation[];
  readonly deadlocks: number;
  /** What this configuration alone reached. */
  readonly cells: CellCounts;
  /** What all configurations of the suite together reached: each is small and has its own subject. */
  readonly suiteCells: CellCounts;
  readonly mutants: { readonly total: number; readonly killed: number };
}

export interface ExploreReport {
  readonly kernel: string;
  readonly entries: readonly ExploreEntry[];
  readonly explorations: readonly Exploration[];
  readonly mutants: readonly MutantOutcome[];
  /** What all configurations together reached. */
  readonly cells: CellEvidence;
  /** Fixpoints everywhere, no violation, every handled and ignored cell reached, every seeded bug caught. */
  readonly proved: boolean;
}

/**
 * Explore every configuration of a suite, then its seeded bugs.
 * @throws WorldSpecError when the suite or one of its worlds is put together wrongly.
 */
export function runExplore(suite: VerificationSuite, options: RunExploreOptions = {}): ExploreReport {
  const results = explorationJobs(suite, options).map((job) => {
    const onProgress: ExploreOptions['onProgress'] = (states, waiting) =>
      options.onProgress?.(job.name, states, waiting);
    const result = runExplorationJob(suite, job, { ...boundsOf(options), onProgress });
    if (result.kind === 'mutant') options.onMutant?.(result.outcome);
    else options.onExplored?.(result.exploration);
    return result;
  });
  return exploreReport(suite, results);
}

/** What the results of {@link explorationJobs}, in their order, say together. */
export function exploreReport(suite: VerificationSuite, results: readonly ExplorationResult[]): ExploreReport {
  const walks = results.filter((result) => result.kind === 'configuration');
  const bugs = results.filter((result) => result.kind === 'mutant');
  const evidence = evidenceOf(suite, walks);
  const mutants = bugs.map(({ outcome }) => outcome);
  const entries = walks.map(({ exploration }) => {
    const own = bugs.filter(({ configuration }) => configuration === exploration.name);
    return entryOf(
      exploration,
      own.map(({ outcome }) => outcome),
      evidence,
    );
  });
  return {
    kernel: suite.kernel,
    entries,
    explorations: walks.map(({ exploration }) => exploration),
    mutants,
    cells: evidence,
    proved: isProved(entries, mutants, evidence),
  };
}

type Walk = Extract<ExplorationResult, { readonly kind: 'configuration' }>;

/** The tables of the configurations that were explored, and what was reached of them. */
function evidenceOf({ configurations, long = [] }: VerificationSuite, walks: readonly Walk[]): CellEvidence {
  const cells = new CellLog();
  const explored = new Set(walks.map(({ exploration }) => exploration.name));
  for (const { name, nodes } of [...configurations, ...long]) {
    if (!explored.has(name)) continue;
    for (const { kernel } of nodes.flatMap(({ parts }) => parts)) cells.declare(kernel.name, kernel.table);
  }
  for (const { reached } of walks) for (const [kernel, row, column] of reached) cells.reached(kernel, row, column);
  return cells.evidence();
}

function isProved(entries: readonly ExploreEntry[], mutants: readonly MutantOutcome[], cells: CellEvidence): boolean {
  return (
    entries.length > 0 &&
    entries.every((entry) => entry.fixpoint && entry.violations.length === 0 && entry.deadlocks === 0) &&
    mutants.every((mutant) => mutant.killed) &&
    cells.missing.length === 0 &&
    cells.contradicted.length === 0
  );
}

function entryOf(
  exploration: Exploration,
  mutants: readonly MutantOutcome[],
  suiteEvidence: CellEvidence,
): ExploreEntry {
  const { name, states, transitions, fixpoint, statesPerSecond, violations, deadlocks, cells } = exploration;
  return {
    name,
    states,
    transitions,
    fixpoint,
    statesPerSecond,
    violations,
    deadlocks,
    cells: countsOf(cells),
    suiteCells: countsOf(suiteEvidence),
    mutants: { total: mutants.length, killed: mutants.filter((mutant) => mutant.killed).length },
  };
}

const countsOf = ({ handled, ignored, impossible, evidenced }: CellEvidence): CellCounts => ({
  handled,
  ignored,
  impossible,
  evidenced,
});

function boundsOf({ statesMax, secondsMax, memoryBytesMax }: RunExploreOptions): ExploreOptions {
  return {
    ...(statesMax !== undefined && { statesMax }),
    ...(secondsMax !== undefined && { secondsMax }),
    ...(memoryBytesMax !== undefined && { memoryBytesMax }),
  };
}
