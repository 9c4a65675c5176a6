import { WorldSpecError } from '../errors.ts';
import { type Exploration, type ExploreOptions, explore, type Violation } from '../explorer/explore.ts';
import type { CellCounts, CellEvidence } from '../explorer/model.ts';
import { exploreMutant, type MutantOutcome } from '../explorer/mutants.ts';
import { longExplorationBytesMaxDefault, longExplorationSecondsMaxDefault, longStatesMaxDefault } from '../limits.ts';
import { CellLog } from '../world/cell-log.ts';
import type { WorldSpec } from '../world/spec.ts';
import { worldModel } from '../world/world-model.ts';
import type { VerificationSuite } from './suite.ts';

export interface RunExploreOptions extends Pick<ExploreOptions, 'statesMax' | 'secondsMax' | 'memoryBytesMax'> {
  /** Only this configuration. */
  readonly configuration?: string;
  /** The long configurations too. One that is named is explored in any case. */
  readonly long?: boolean;
  /** Leave the seeded bugs out. */
  readonly skipMutants?: boolean;
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
  checkSuite(suite);
  const boundsFor = (name: string): ExploreOptions => ({
    ...boundsOf(options),
    onProgress: (states, waiting) => options.onProgress?.(name, states, waiting),
  });
  const wanted = (name: string): boolean => options.configuration === undefined || options.configuration === name;
  const cells = new CellLog();
  const explorations: Exploration[] = [];
  const walk = (world: WorldSpec, defaults: ExploreOptions): void => {
    const model = worldModel(world);
    const exploration = explore(model, { ...defaults, ...boundsFor(world.name) });
    cells.merge(model.cellLog);
    explorations.push(exploration);
    options.onExplored?.(exploration);
  };
  for (const world of suite.configurations.filter(({ name }) => wanted(name))) walk(world, {});
  for (const world of suite.long ?? []) {
    if (options.long === true ? wanted(world.name) : options.configuration === world.name) walk(world, longBounds);
  }
  const outcomes: { configuration: string; outcome: MutantOutcome }[] = [];
  for (const mutant of options.skipMutants ? [] : suite.mutants.filter((each) => wanted(each.configuration))) {
    const model = worldModel({ ...mutant.world, name: mutant.name });
    const outcome = exploreMutant(model, boundsFor(mutant.name));
    outcomes.push({ configuration: mutant.configuration, outcome });
    options.onMutant?.(outcome);
  }
  const mutants = outcomes.map(({ outcome }) => outcome);
  const evidence = cells.evidence();
  const entries = explorations.map((exploration) => {
    const own = outcomes.filter(({ configuration }) => configuration === exploration.name);
    return entryOf(
      exploration,
      own.map(({ outcome }) => outcome),
      evidence,
    );
  });
  return {
    kernel: suite.kernel,
    entries,
    explorations,
    mutants,
    cells: evidence,
    proved: isProved(entries, mutants, evidence),
  };
}

const longBounds: ExploreOptions = {
  statesMax: longStatesMaxDefault,
  secondsMax: longExplorationSecondsMaxDefault,
  memoryBytesMax: longExplorationBytesMaxDefault,
};

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

/** A seeded bug of no configuration would count nowhere; two configurations of one name would share their bugs. */
function checkSuite({ kernel, configurations, long = [], mutants }: VerificationSuite): void {
  const names = new Set([...configurations, ...long].map(({ name }) => name));
  if (names.size !== configurations.length + long.length)
    throw new WorldSpecError(`two configurations of ${kernel} share a name`);
  for (const { name, configuration } of mutants) {
    if (!names.has(configuration)) {
      throw new WorldSpecError(`the seeded bug ${name} of ${kernel} names no configuration: ${configuration}`);
    }
  }
}

function boundsOf({ statesMax, secondsMax, memoryBytesMax }: RunExploreOptions): ExploreOptions {
  return {
    ...(statesMax !== undefined && { statesMax }),
    ...(secondsMax !== undefined && { secondsMax }),
    ...(memoryBytesMax !== undefined && { memoryBytesMax }),
  };
}
