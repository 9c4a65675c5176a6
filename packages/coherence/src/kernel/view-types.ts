import type { EffectSink } from '@holdfast/kernel';
import type { NodeSet } from './node-set.ts';
import type { CallResult, NodeId, ObjectEntry, ObjectEvent, ObjectMessage, ObjectNotice } from './object-types.ts';

/** Names an object of a set, the same on all nodes. */
export type ViewKey = number | string;

/**
 * Who takes part. Every node gets the same views in the same order, and skips none; one that joins may begin with a later
 * one than the first that names it. They may come at any moment: a node puts off what it is not ready for.
 */
export interface View {
  /** Rises by one from view to view. */
  readonly epoch: number;
  readonly members: NodeSet;
  /** Members about to leave: the host makes them default owners of nothing. They then flush what they have. */
  readonly leaving?: NodeSet;
}

/** What one node has of one object when nothing of the old epoch is under way to it any more. */
export interface Report {
  readonly key: ViewKey;
  /**
   * `owner`: the object itself, or the right to create it. `copy`: a read copy. `trace`: the node knows that there was
   * an object, and has nothing of it. `none`: it knows nothing.
   */
  readonly role: 'owner' | 'copy' | 'trace' | 'none';
  /** The owner has a value. */
  readonly exists: boolean;
  readonly lost: boolean;
  readonly version: number;
  readonly incarnation: number;
  /** Who has the shadow, as the owner knows; -1 for nobody. */
  readonly shadowAt: NodeId;
  /** The version of the shadow here, -1 for none. */
  readonly shadow: number;
}

/** What the default owner made of all reports on one object. */
export interface Verdict {
  readonly key: ViewKey;
  readonly owner: NodeId;
  /** The owner has no value: the object is absent, or lost. */
  readonly exists: boolean;
  readonly lost: boolean;
  /** What was done to the object is known: its owner or a copy survived. */
  readonly survived: boolean;
  readonly version: number;
  readonly incarnation: number;
  readonly copyset: NodeSet;
  readonly rmset: NodeSet;
  /** Whose shadow stays; -1 where there is none, so that the owner makes one before anything else. */
  readonly shadowAt: NodeId;
}

/** What nodes of a set say to each other. Between two nodes all of it must arrive exactly once and in order. */
export type ViewMessage =
  | { readonly type: 'OBJECT'; readonly epoch: number; readonly key: ViewKey; readonly message: ObjectMessage }
  /**
   * The last of the old epoch: whatever the sender sends from now on belongs to `epoch`. It takes part since the view
   * `since`, and never will in an earlier one.
   */
  | { readonly type: 'MARKER'; readonly epoch: number; readonly since: number }
  /** What the sender has of objects whose default owner is the receiver; with `last` that is all. */
  | { readonly type: 'REPORT'; readonly epoch: number; readonly reports: readonly Report[]; readonly last: boolean }
  /** What becomes of objects whose default owner is the sender; with `last` that is all. */
  | { readonly type: 'VERDICT'; readonly epoch: number; readonly verdicts: readonly Verdict[]; readonly last: boolean };

/** A message of this node that a node which left certainly did not receive. */
export interface Undelivered {
  readonly to: NodeId;
  readonly message: ViewMessage;
}

export type ViewEvent =
  /**
   * The next view. The host first ends its sessions with the nodes that left: nothing of them arrives later, and
   * `undelivered` is what they certainly did not receive, oldest first. What may have been received is left out, and so
   * is what was sent to nodes that this view still names.
   */
  | (View & { readonly type: 'view'; readonly undelivered: readonly Undelivered[] })
  | { readonly type: 'message'; readonly from: NodeId; readonly message: ViewMessage }
  /** What happens to one object here: a call, or the end of a load or store. */
  | { readonly type: 'object'; readonly key: ViewKey; readonly event: Exclude<ObjectEvent, { type: 'message' }> };

export interface ViewResult {
  readonly key: ViewKey;
  readonly result: CallResult;
}

export type ViewNotice =
  | { readonly type: 'object'; readonly key: ViewKey; readonly notice: ObjectNotice }
  /**
   * `node` is gone. Objects that nobody else knew of read as absent from now on. One member tells; with a backup only
   * where several nodes left at once.
   */
  | { readonly type: 'objects-unknown'; readonly node: NodeId }
  /** Calls go on in this epoch. */
  | { readonly type: 'resumed'; readonly epoch: number };

/** The objects that a node has an entry of. A Map is one; a host that keeps more of each object makes its own. */
export interface ObjectTable {
  get(key: ViewKey): ObjectEntry | undefined;
  set(key: ViewKey, entry: ObjectEntry): unknown;
  delete(key: ViewKey): unknown;
  [Symbol.iterator](): Iterator<readonly [ViewKey, ObjectEntry]>;
}

/**
 * `open`: calls are served. `draining`: waits for the markers of all members. `gathering`: waits for their reports.
 * `settling`: waits for their verdicts. `outside`: no member of the view, serves nothing.
 */
export const viewPhases = ['open', 'draining', 'gathering', 'settling', 'outside'] as const;
export type ViewPhase = (typeof viewPhases)[number];

/** A member and what it reported to this node. */
export interface Reported {
  readonly from: NodeId;
  readonly report: Report;
}

/** A message about an object that arrived before calls go on here. */
export interface EarlyMessage {
  readonly from: NodeId;
  readonly key: ViewKey;
  readonly message: ObjectMessage;
}

/** A member whose marker arrived, the latest epoch it marked, and the first view it takes part in. */
export interface Marked {
  readonly node: NodeId;
  readonly epoch: number;
  readonly since: number;
}

export interface ViewState {
  phase: ViewPhase;
  view: View;
  /** The view in which calls were last served: what the entries here were made in. */
  served: View;
  /** The epoch of the first view that this node takes part in. */
  since: number;
  /** Nodes that left since calls were last served, also those that started again and are back. */
  left: NodeSet;
  /** Views put off until the change to the present one is over, oldest first. Each leaves nobody out. */
  coming: readonly View[];
  marked: readonly Marked[];
  reports: readonly Reported[];
  /** Whose reports are all here. */
  reported: NodeSet;
  /** Whose verdicts are all here. */
  settled: NodeSet;
  early: readonly EarlyMessage[];
  readonly objects: ObjectTable;
}

export type ViewSink = EffectSink<ViewMessage, ViewResult, ViewNotice>;
