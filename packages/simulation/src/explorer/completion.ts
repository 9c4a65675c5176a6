import type { PagedNumbers } from './paged-numbers.ts';

/** The edges of a graph whose nodes are expanded in order of their numbers: successors of node i end at `ends.at(i)`. */
export interface StoredGraph {
  readonly successors: PagedNumbers;
  readonly ends: PagedNumbers;
}

/**
 * The first state from which no state marked in `good` can be reached; undefined when there is none.
 *
 * States not expanded count as good: nothing is known of them. Breadth-first order makes almost every edge point to a
 * higher number, so that sweeping downwards carries the mark back along most paths in one pass.
 */
export function firstDeadEnd(graph: StoredGraph, good: Uint8Array): number | undefined {
  const expanded = graph.ends.length;
  good.fill(1, expanded);
  for (let changed = true; changed; ) {
    changed = false;
    for (let state = expanded - 1; state >= 0; state--) {
      if (good[state] === 1) continue;
      const end = graph.ends.at(state);
      for (let edge = state === 0 ? 0 : graph.ends.at(state - 1); edge < end; edge++) {
        if (good[graph.successors.at(edge)] !== 1) continue;
        good[state] = 1;
        changed = true;
        break;
      }
    }
  }
  const first = good.indexOf(0);
  return first === -1 ? undefined : first;
}
