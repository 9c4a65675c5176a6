import type { FaultBudget, WorldView } from '@holdfast/simulation';
import type { AbsenceMode, ObjectEntry, ObjectMessage, ObjectStatus } from '../kernel/object-types.ts';
import type { KeyedMessage } from '../kernel/set-types.ts';

/** What the application of a small world does: which calls its clients make, as often as they like. */
export type Operation =
  | { readonly type: 'get'; readonly absence: AbsenceMode }
  | { readonly type: 'grab'; readonly absence: AbsenceMode; readonly try: boolean }
  | {
      readonly type:
        | 'find'
        | 'sync'
        | 'set'
        | 'evict'
        | 'flush'
        | 'remove'
        | 'abort'
        | 'prefetch'
        | 'execute'
        | 'watch'
        | 'grabAll'
        | 'flushSet'
        | 'fill-fails'
        | 'fill-absent'
        | 'late-fill';
    };

/** A small world: some nodes, one object. */
export interface ObjectScenario {
  readonly name: string;
  readonly nodes: number;
  readonly operations: readonly Operation[];
  /** Clients of each node: each makes one call after the other. Default 1. */
  readonly clients?: number;
  /** Calls each client may make; where omitted, as many as it likes. */
  readonly calls?: number;
  /** Calls all clients of a node may make together; where omitted, as many as they like. */
  readonly callsPerNode?: number;
  /** A further client of each node, whose calls come only while the object is in one of these states there. */
  readonly intruder?: { readonly operations: readonly Operation[]; readonly during: readonly ObjectStatus[] };
  /** A further client of each node, which takes a lease wherever it gets one at once, and holds it as long as it likes. */
  readonly holders?: boolean;
  readonly fill?: 'blank' | 'load';
  readonly exclusiveReaders?: boolean;
  readonly firstTouch?: 'requester' | 'default-owner';
  /** What loads for other nodes come to. */
  readonly remoteLoads?: 'succeed' | 'fail';
  readonly migratory?: boolean;
  /** Each node has a device; what is evicted goes there where no node takes it, and no node does that is `full`. */
  readonly device?: 'some room' | 'full';
  /** The devices take their time, do one thing after the other, and fail at any of them. */
  readonly devicesFail?: boolean;
  /** Each written value is on another node too before anybody sees it. Of two nodes only: renaming knows no shadows. */
  readonly backup?: boolean;
  readonly forwardsMax?: number;
  readonly requestIds?: number;
  /** How often a waiting writer may be overtaken by the node where it waits; where omitted, nobody counts. */
  readonly overtakingMax?: number;
  /** Check that no request is passed on more often before its node is answered. */
  readonly passedOnMax?: number;
  readonly faults?: FaultBudget;
}

export const defaultOwner = 0;

/** The number of the watch of a node: its clients have lower ones. */
export const watcher = 9;

export const entryOf = (view: WorldView, node: number): ObjectEntry => view.state<ObjectEntry>(node, 0);

export const nodesOf = ({ nodes }: ObjectScenario): number[] => Array.from({ length: nodes }, (_, node) => node);

export const holds = ({ readers, writer }: ObjectEntry, client: number): boolean =>
  writer === client || readers.includes(client);

const waits = ({ queue }: ObjectEntry, client: number): boolean =>
  queue.some((item) => 'call' in item && item.call === client);

export const isIdle = (entry: ObjectEntry, client: number): boolean =>
  !holds(entry, client) &&
  !waits(entry, client) &&
  !entry.underway.includes(client) &&
  !entry.sent.some(({ call }) => call === client);

/** Whether a lease would be given at once, without a message. */
export function isHit({ status, queue, invalidation, readers, writer }: ObjectEntry, kind: 'get' | 'grab'): boolean {
  if (queue.length > 0 || invalidation !== undefined || writer !== 0) return false;
  return kind === 'get' ? readableStatuses.has(status) : status === 'WRITE_OWNER' && readers.length === 0;
}

const readableStatuses: ReadonlySet<ObjectStatus> = new Set(['READ_COPY', 'READ_OWNER', 'WRITE_OWNER', 'WRITE_GHOST']);

/** A message under way. */
export interface Flight {
  readonly from: number;
  readonly to: number;
  readonly message: ObjectMessage;
}

/** Everything under way; links are those of a mesh, in its order. */
export function flights(view: WorldView, nodes: number): Flight[] {
  return envelopes(view, nodes) as Flight[];
}

/** The same in a world of several objects. */
export function keyedFlights(view: WorldView, nodes: number): (Flight & { readonly key: number })[] {
  return envelopes(view, nodes).map(({ from, to, message }) => ({ from, to, ...(message as KeyedMessage) }));
}

export interface Envelope {
  readonly from: number;
  readonly to: number;
  readonly message: unknown;
}

export function envelopes(view: WorldView, nodes: number): Envelope[] {
  const found: Envelope[] = [];
  let link = 0;
  for (let a = 0; a < nodes; a++) {
    for (let b = a + 1; b < nodes; b++, link++) {
      for (const message of view.messages(link, 0)) found.push({ from: a, to: b, message });
      for (const message of view.messages(link, 1)) found.push({ from: b, to: a, message });
    }
  }
  return found;
}
