import { type Monitor, monitor, type WorldView } from '@holdfast/simulation';
import type { ObjectEvent } from '../kernel/object-types.ts';

/** Its place among the monitors of a world. */
const place = 1;

const starting: ReadonlySet<ObjectEvent['type']> = new Set(['get', 'grab', 'find', 'flush', 'remove', 'sync']);

/** Counts the calls made on each node. */
export const callBudget = (nodes: number): Monitor =>
  monitor<number[]>({
    name: 'calls made',
    watches: ['call'],
    initial: () => new Array<number>(nodes).fill(0),
    observe(counts, { node, value }) {
      if (starting.has((value as ObjectEvent).type)) counts[node] = (counts[node] ?? 0) + 1;
    },
    encode: (counts, into) => into.list(counts, (count, to) => to.uint(count)),
    decode: (from) => from.list((each) => each.uint()),
  });

export const callsMade = (view: WorldView, node: number): number => view.monitor<number[]>(place)[node] ?? 0;

/** The counts, or the state of another monitor, with the nodes renamed. */
export function renameMonitor(monitorIndex: number, state: unknown, permutation: readonly number[]): unknown {
  if (monitorIndex !== place) return state;
  const counts = state as readonly number[];
  const renamed = new Array<number>(counts.length).fill(0);
  for (const [node, count] of counts.entries()) renamed[permutation[node]!] = count;
  return renamed;
}
