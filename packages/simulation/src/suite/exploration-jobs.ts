import { WorldSpecError } from '../errors.ts';
import { type Exploration, type ExploreOptions, explore } from '../explorer/explore.ts';
import { exploreMutant, type MutantOutcome } from '../explorer/mutants.ts';
import { longExplorationBytesMaxDefault, longExplorationSecondsMaxDefault, longStatesMaxDefault } from '../limits.ts';
import type { ReachedCell } from '../world/cell-log.ts';
import { worldModel } from '../world/world-model.ts';
import type { VerificationSuite } from './suite.ts';

/** One exploration of a suite, by name, so that it can be handed to another thread that has the suite too. */
export interface ExplorationJob {
  readonly kind: 'configuration' | 'long' | 'mutant';
  readonly name: string;
}

/** What a job came to, as plain data. */
export type ExplorationResult =
  | { readonly kind: 'configuration'; readonly exploration: Exploration; readonly reached: readonly ReachedCell[] }
  | { readonly kind: 'mutant'; readonly configuration: string; readonly outcome: MutantOutcome };

export interface JobChoice {
  /** Only this configuration and its seeded bugs. */
  readonly configuration?: string;
  /** The long configurations too. One that is named is explored in any case. */
  readonly long?: boolean;
  /** Leave the seeded bugs out. */
  readonly skipMutants?: boolean;
}

/**
 * The explorations of a suite: its configurations, the long ones, then its seeded bugs.
 * @throws WorldSpecError when the suite is put together wrongly.
 */
export function explorationJobs(suite: VerificationSuite, choice: JobChoice = {}): ExplorationJob[] {
  checkSuite(suite);
  const wanted = (name: string): boolean => choice.configuration === undefined || choice.configuration === name;
  const jobs: ExplorationJob[] = [];
  for (const { name } of suite.configurations) if (wanted(name)) jobs.push({ kind: 'configuration', name });
  for (const { name } of suite.long ?? []) {
    if (choice.long === true ? wanted(name) : choice.configuration === name) jobs.push({ kind: 'long', name });
  }
  if (choice.skipMutants === true) return jobs;
  for (const { name, configuration } of suite.mutants) if (wanted(configuration)) jobs.push({ kind: 'mutant', name });
  return jobs;
}

const longBounds: ExploreOptions = {
  statesMax: longStatesMaxDefault,
  secondsMax: longExplorationSecondsMaxDefault,
  memoryBytesMax: longExplorationBytesMaxDefault,
};

/** Do one job of {@link explorationJobs}. */
export function runExplorationJob(
  suite: VerificationSuite,
  { kind, name }: ExplorationJob,
  options: ExploreOptions = {},
): ExplorationResult {
  if (kind === 'mutant') {
    const { configuration, world } = named(suite.mutants, name);
    return { kind: 'mutant', configuration, outcome: exploreMutant(worldModel({ ...world, name }), options) };
  }
  const isLong = kind === 'long';
  const model = worldModel(named(isLong ? (suite.long ?? []) : suite.configurations, name));
  const exploration = explore(model, isLong ? { ...longBounds, ...options } : options);
  return { kind: 'configuration', exploration, reached: model.cellLog.reachedCells };
}

function named<Entry extends { readonly name: string }>(entries: readonly Entry[], name: string): Entry {
  const found = entries.find((entry) => entry.name === name);
  if (found === undefined) throw new WorldSpecError(`the suite has no exploration called ${name}`);
  return found;
}

/** A seeded bug of no configuration would count nowhere; jobs are told apart by their names. */
function checkSuite({ kernel, configurations, long = [], mutants }: VerificationSuite): void {
  const names = new Set([...configurations, ...long].map(({ name }) => name));
  if (names.size !== configurations.length + long.length)
    throw new WorldSpecError(`two configurations of ${kernel} share a name`);
  if (new Set(mutants.map(({ name }) => name)).size !== mutants.length)
    throw new WorldSpecError(`two seeded bugs of ${kernel} share a name`);
  for (const { name, configuration } of mutants) {
    if (!names.has(configuration)) {
      throw new WorldSpecError(`the seeded bug ${name} of ${kernel} names no configuration: ${configuration}`);
    }
  }
}
