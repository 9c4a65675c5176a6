import type { ObjectMessage, ObjectStatus } from '../kernel/object-types.ts';
import type { ObjectSet } from './object-set.ts';

/** One member's part in a container. */
export interface ContainerCounters {
  /** Entries, with a value or without. */
  readonly objects: number;
  readonly values: number;
  /** Of the entries, those that nobody used for a while, kept in less memory. */
  readonly packed: number;
  /** Of all values here, encoded. */
  readonly bytes: number;
  /** Values this member gave up to stay within its budget. */
  readonly evicted: number;
  /** Counted when they are looked at. */
  readonly states: Readonly<Partial<Record<ObjectStatus, number>>>;
  /** Messages sent, by kind. */
  readonly sent: Readonly<Partial<Record<ObjectMessage['type'], number>>>;
  /** Requests that ended here, by how often they had been passed on. */
  readonly hops: readonly number[];
}

export function countersOf({ slots, values, bytes, sent, hops, eviction }: ObjectSet): ContainerCounters {
  return {
    objects: slots.size,
    values,
    packed: slots.packed,
    bytes,
    evicted: eviction?.evicted ?? 0,
    // Every object is looked at: only for those who ask, and as it is then.
    get states() {
      const states: Partial<Record<ObjectStatus, number>> = {};
      for (const status of slots.statuses()) states[status] = (states[status] ?? 0) + 1;
      return states;
    },
    sent: { ...sent },
    hops: Array.from(hops, (times) => times ?? 0),
  };
}
