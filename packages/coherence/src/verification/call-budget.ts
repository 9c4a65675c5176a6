import { type Monitor, monitor, type WorldView } from '@holdfast/simulation';
import type { ObjectEvent } from '../kernel/object-types.ts';
import { type Ghost, ghost, permuted } from './ghosts.ts';

/** Its place among the monitors of a world. */
const place = 1;

const starting: ReadonlySet<ObjectEvent['type']> = new Set([
  'get',
  'grab',
  'find',
  'flush',
  'evict',
  'remove',
  'sync',
  'prefetch',
  'execute',
  'watch',
]);

export const startsCall = (type: ObjectEvent['type']): boolean => starting.has(type);

/** Counts the calls made on each node. */
export const callBudget = (nodes: number): Ghost =>
  ghost<number[]>({ monitor: budget(nodes, (value) => (value as ObjectEvent).type), renamed: permuted });

/**
 * The same where an event names the object it is of. How many calls a node had made before it died makes no difference
 * where it does not start again.
 */
export const keyedCallBudget = (nodes: number, mayStartAgain: boolean): Monitor =>
  budget(nodes, (value) => (value as { event?: ObjectEvent }).event?.type, !mayStartAgain);

const budget = (
  nodes: number,
  typeOf: (value: unknown) => ObjectEvent['type'] | undefined,
  forgetsDead = false,
): Monitor =>
  monitor<number[]>({
    name: 'calls made',
    watches: forgetsDead ? ['call', 'crash'] : ['call'],
    initial: () => new Array<number>(nodes).fill(0),
    observe(counts, { kind, node, value }) {
      if (kind === 'crash') {
        counts[node] = 0;
        return;
      }
      const type = typeOf(value);
      if (type !== undefined && starting.has(type)) counts[node] = (counts[node] ?? 0) + 1;
    },
    encode: (counts, into) => into.list(counts, (count, to) => to.uint(count)),
    decode: (from) => from.list((each) => each.uint()),
  });

export const callsMade = (view: WorldView, node: number): number => view.monitor<number[]>(place)[node] ?? 0;
