import { difference, type NodeSet } from './node-set.ts';
import type { Baggage, CopyRequest, NodeId, ObjectStatus, RemoteRequest } from './object-types.ts';
import { readable } from './valid-copies.ts';

/** An object that is offered, and whether there is room for it. */
export interface Offer {
  readonly version: number;
  readonly hasPayload: boolean;
  readonly isFull: boolean;
}

/**
 * The decisions that make the object kernel right, by name. Production code runs {@link objectRules}; the seeded bugs
 * of the verification suite each replace one, and every one of them must be caught.
 */
export interface ObjectRules {
  /** Whether a grant may leave the bytes out: the requester's copy is known and current. */
  isDataless(request: CopyRequest, version: number, copyset: NodeSet): boolean;
  /** Whose copies must go before `writer` may write, `owner` aside. */
  toInvalidate(copyset: NodeSet, owner: NodeId, writer: NodeId): NodeSet;
  /** Whether a copy that arrives was invalidated before it did. */
  isVoid(version: number, floor: number): boolean;
  /** Whether INV and RM are acknowledged where there is no copy. */
  acknowledgesWithoutCopy(status: ObjectStatus): boolean;
  /** Whether acknowledgements that beat the grant count. */
  countsEarly(): boolean;
  /** Whether a writer has everybody's acknowledgement. */
  isComplete(awaited: NodeSet): boolean;
  /** Whether a node that passed `request` on takes the requester for the owner to be. */
  reverses(request: RemoteRequest): boolean;
  /** Whether a node that gives the object away keeps the shadow: the heir has it, or nobody. */
  keepsShadow(at: number, heir: number): boolean;
  /** Whether a shadow that comes before the answer to an offer stays. */
  keepsArrivedShadow(): boolean;
  /** Whether a value is seen only after another node has it. */
  awaitsShadow(): boolean;
  /** Whether the shadow of a removed object goes with it. */
  removesShadow(): boolean;
  /** Whether local readers hold up INV and RM, writers elsewhere, and writers here. */
  readersHoldUp(what: 'INV' | 'RM' | 'remote write' | 'local write'): boolean;
  /** Whether a local writer holds up requests of others. */
  writerHoldsUp(): boolean;
  /** Whether `find` may look at the copy in this state, with so many waiting. */
  mayFind(status: ObjectStatus, waiting: number): boolean;
  /** The state after a refusal: of a busy holder, and of an owner that has nothing. */
  afterRefusal(answer: 'BUSY' | 'ABSENT', before: ObjectStatus, isDefaultOwner: boolean): ObjectStatus;
  /** Whether a node takes the ownership of an object that it is offered. */
  accepts(status: ObjectStatus, version: number, offered: Offer): boolean;
  /** Whether a refused offer is answered. */
  answersRefused(): boolean;
  /** The copyset after `node` refused the object. */
  copysetAfterRefused(copyset: NodeSet, node: NodeId): NodeSet;
  /** Whether a remove that finds another one going on waits for it. */
  defersRemoval(): boolean;
  /** Whether a removal waits for all acknowledgements. */
  awaitsRemoval(awaited: NodeSet): boolean;
  /** Whether the default owner is told before anybody else forgets who owned the object. */
  homeFirst(): boolean;
  /** Whether the absent object goes to a default owner that said `busy` or did not. */
  goesHome(busy: boolean): boolean;
  /** Whether the default owner is told that the removal is over. */
  tellsHome(): boolean;
  /** Whether what a load came to belongs to the load going on. */
  isCurrentFill(id: number, current: number): boolean;
  /** The state after a load that failed. */
  afterFailedFill(): ObjectStatus;
  /** Whether an object on the device counts as existing. */
  existsOnDevice(): boolean;
  /** Whether a value for the device is older than what is there. */
  isStale(version: number, stored: number): boolean;
  /** Whether a sync of a value that is being written waits until it is written. */
  awaitsStore(): boolean;
  /** Whether a request that was passed on `forwards` times goes ahead of all that wait. */
  isUrgent(forwards: number, forwardsMax: number): boolean;
  /** Whether an operation that is asked for again was run before. */
  ranBefore(isRecorded: boolean): boolean;
  /** Whether it is kept that a removal was done for another node. */
  remembersRemoval(): boolean;
  /** What is kept of an operation that was run. */
  remembered(after: Baggage, before: Baggage): Baggage;
  /** What goes along with an object, or stays when it is removed. */
  takesAlong(baggage: Baggage): Baggage;
  /** Whether a change is told: a write, or a removal. */
  tells(exists: boolean): boolean;
  /** Whether a version is later than what a watcher has seen. */
  isNews(version: number, seen: number): boolean;
  /** The version after an exclusive lease was given. */
  afterAcquisition(version: number): number;
}

export const objectRules: ObjectRules = {
  isDataless: ({ requester, held }, version, copyset) => copyset.includes(requester) && held === version,
  toInvalidate: (copyset, owner, writer) => difference(copyset, [owner, writer]),
  isVoid: (version, floor) => version <= floor,
  acknowledgesWithoutCopy: () => true,
  countsEarly: () => true,
  isComplete: (awaited) => awaited.length === 0,
  reverses: (request) =>
    request.type === 'COPY_REQ' && request.kind === 'write' && !request.try && request.absence === 'touch',
  awaitsShadow: () => true,
  keepsArrivedShadow: () => true,
  removesShadow: () => true,
  keepsShadow: (at, heir) => at === heir || at < 0,
  readersHoldUp: () => true,
  writerHoldsUp: () => true,
  mayFind: (status, waiting) => readable.has(status) && waiting === 0,
  afterRefusal: (_answer, before) => before,
  accepts(status, version, offered) {
    if (offered.hasPayload) return !offered.isFull && (status === 'INV_COPY' || status === 'READ_COPY');
    return status === 'READ_COPY' && version === offered.version;
  },
  answersRefused: () => true,
  copysetAfterRefused: (copyset) => copyset,
  defersRemoval: () => true,
  awaitsRemoval: (awaited) => awaited.length > 0,
  homeFirst: () => true,
  goesHome: (busy) => !busy,
  tellsHome: () => true,
  isCurrentFill: (id, current) => id === current,
  afterFailedFill: () => 'INV_OWNER',
  existsOnDevice: () => true,
  isStale: (version, stored) => version <= stored,
  awaitsStore: () => true,
  isUrgent: (forwards, forwardsMax) => forwards >= forwardsMax,
  ranBefore: (isRecorded) => isRecorded,
  remembersRemoval: () => true,
  remembered: (after) => after,
  takesAlong: (baggage) => baggage,
  tells: () => true,
  isNews: (version, seen) => version > seen,
  afterAcquisition: (version) => version + 1,
};
