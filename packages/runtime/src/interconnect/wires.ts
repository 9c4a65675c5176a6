import { MessageChannel, type MessagePort, type Transferable } from 'node:worker_threads';
import type { Extent } from '../memory/arena.ts';
import type { RingSpace } from './ring-space.ts';
import { type DriverName, driverNames } from './types.ts';

/** The two rings of a pair as one side sees them. Plain data. */
export interface RingEnds {
  readonly out: Extent;
  readonly in: Extent;
}

/**
 * One side's ends of everything that lies between two members. Post it with {@link wireTransfers} as the transfer list,
 * or use it in this thread.
 */
export interface WireEnds {
  /** Drivers in the cluster's order of preference; a driver's position is its link number on both sides. */
  readonly drivers: readonly DriverName[];
  readonly ring: RingEnds | undefined;
  readonly port: MessagePort | undefined;
  /** Rings the other side's event loop. Also carries new ports when a port link is renewed. */
  readonly doorbell: MessagePort;
}

/** Both sides' ends, and the ring memory that must be given back when neither side can touch it any more. */
export interface Wires {
  readonly a: WireEnds;
  readonly b: WireEnds;
  readonly rings: Extent | undefined;
}

/**
 * Make the wires of a pair of members. The broker (the supervisor thread) calls it and hands one side to each.
 * A pair gets no ring when the cluster's ring memory is used up: it then talks over its other links.
 */
export function makeWires(rings: RingSpace, drivers: readonly DriverName[] = driverNames): Wires {
  const pair = drivers.includes('ring') ? rings.take() : undefined;
  const ports = drivers.includes('port') || pair === undefined ? new MessageChannel() : undefined;
  const doorbells = new MessageChannel();
  return {
    a: {
      drivers,
      ring: pair && { out: pair.first, in: pair.second },
      port: ports?.port1,
      doorbell: doorbells.port1,
    },
    b: {
      drivers,
      ring: pair && { out: pair.second, in: pair.first },
      port: ports?.port2,
      doorbell: doorbells.port2,
    },
    rings: pair?.extent,
  };
}

/** What must be transferred, not copied, when `ends` is posted. */
export function wireTransfers(ends: WireEnds): Transferable[] {
  return ends.port === undefined ? [ends.doorbell] : [ends.doorbell, ends.port];
}
