import { type Exploration, type ExploreOptions, explore, type Violation } from './explore.ts';
import type { Model } from './model.ts';

/** How a seeded protocol bug fared. */
export interface MutantOutcome {
  readonly name: string;
  /** A property was violated, with a trace that shows it. An exception does not count. */
  readonly killed: boolean;
  readonly violation: Violation | undefined;
  readonly exploration: Exploration;
}

const proofKinds: ReadonlySet<Violation['kind']> = new Set(['always', 'quiescent', 'canFinish', 'deadlock']);

/** Whether a violation shows a seeded bug: by a property and a trace, not by an exception. */
export const showsBug = (violation: Violation): boolean => proofKinds.has(violation.kind);

/** Explore one seeded bug after the other, each until a property catches it. */
export function exploreMutants(models: Iterable<Model<unknown>>, options: ExploreOptions = {}): MutantOutcome[] {
  return Array.from(models, (model) => exploreMutant(model, options));
}

export function exploreMutant<State>(model: Model<State>, options: ExploreOptions = {}): MutantOutcome {
  // An exception must not end the search for a property that catches the bug.
  const exploration = explore(model, { ...options, stopAt: showsBug });
  const violation = exploration.violations.find(showsBug);
  return { name: model.name, killed: violation !== undefined, violation, exploration };
}
