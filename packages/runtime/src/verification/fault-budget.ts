import { type Monitor, monitor, type WorldView } from '@holdfast/simulation';

/** How many faults of each kind the calls of a scenario have caused so far, whichever end they hit. */
export interface SpentFaults {
  readonly spent: number[];
}

/**
 * Counts faults that calls inject. A fault kind is named by the `type` of the event that injects it; one counter for
 * all ends keeps states apart only by how many faults are left, not by where they hit.
 */
export function faultBudget(kinds: readonly string[]): Monitor {
  return monitor<SpentFaults>({
    name: 'faults spent',
    watches: ['call'],
    initial: () => ({ spent: kinds.map(() => 0) }),
    observe(state, { value }) {
      const kind = kinds.indexOf((value as { type: string }).type);
      if (kind !== -1) state.spent[kind]!++;
    },
    encode: (state, into) => into.list(state.spent, (count, to) => to.uint(count)),
    decode: (from) => ({ spent: from.list((each) => each.uint()) }),
  });
}

export const spentFaults = (view: WorldView, budget: number, kind: number): number =>
  view.monitor<SpentFaults>(budget).spent[kind]!;
