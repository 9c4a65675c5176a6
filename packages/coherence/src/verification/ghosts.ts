import type { Monitor } from '@holdfast/simulation';

/** A monitor, and what renaming nodes and ranking versions do to its state. */
export interface Ghost<State = unknown> {
  readonly monitor: Monitor;
  /** The state with the nodes renamed; where omitted it names none. */
  renamed?(state: State, permutation: readonly number[]): State;
  /** The versions in it, and the state with each replaced; where omitted it has none. */
  numbers?(state: State): readonly number[];
  renumbered?(state: State, image: (number: number) => number): State;
}

/** Types of one ghost checked against each other, then forgotten. */
export const ghost = <State>(typed: Ghost<State>): Ghost => typed as Ghost;

/** What is kept for each node, moved to the node it is renamed to. */
export function permuted<Item>(items: readonly Item[], permutation: readonly number[]): Item[] {
  const renamed = [...items];
  for (const [node, item] of items.entries()) renamed[permutation[node]!] = item;
  return renamed;
}
