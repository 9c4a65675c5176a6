import type { ObjectMessage, ObjectStatus } from '../kernel/object-types.ts';
import type { ObjectSet } from './object-set.ts';

/** One member's part in a container. */
export interface ContainerCounters {
  readonly objects: number;
  /** Of all values here, encoded. */
  readonly bytes: number;
  readonly states: Readonly<Partial<Record<ObjectStatus, number>>>;
  /** Messages sent, by kind. */
  readonly sent: Readonly<Partial<Record<ObjectMessage['type'], number>>>;
  /** Requests that ended here, by how often they had been passed on. */
  readonly hops: readonly number[];
}

export function countersOf({ slots, sent, hops }: ObjectSet): ContainerCounters {
  const states: Partial<Record<ObjectStatus, number>> = {};
  let bytes = 0;
  for (const { entry, bytes: value } of slots.values()) {
    states[entry.status] = (states[entry.status] ?? 0) + 1;
    bytes += value?.length ?? 0;
  }
  return { objects: slots.size, bytes, states, sent: { ...sent }, hops: Array.from(hops, (times) => times ?? 0) };
}
