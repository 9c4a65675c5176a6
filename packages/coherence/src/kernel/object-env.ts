import type { NodeSet } from './node-set.ts';
import type { ObjectRules } from './object-rules.ts';
import type { NodeId } from './object-types.ts';

export interface ObjectEnv {
  readonly self: NodeId;
  /** Where the object is looked for first and where it goes when it is removed. The same on all nodes. */
  readonly defaultOwner: NodeId;
  /** Who may be offered the object; where omitted, everybody. */
  readonly members?: NodeSet;
  /** Times a request is passed on before it goes ahead of all others at the next owner. */
  readonly forwardsMax: number;
  /** Ids of requests and fills count from 1 to this and start again: one per node is under way at a time. */
  readonly requestIds: number;
  /** `blank` creates objects empty, at once; `load` asks the host for their first value. */
  readonly fill: 'blank' | 'load';
  /** Readers on one node exclude each other too (the LOCAL_EXCLUSIVE of Kerrighed). */
  readonly exclusiveReaders: boolean;
  /** The node on which an absent object begins, and its load runs: who touches it first (default), or the default owner. */
  readonly firstTouch?: 'requester' | 'default-owner';
  /** Where each writer in turn reads first, a read brings the object itself: one transfer, not two. Default false. */
  readonly migratory?: boolean;
  /**
   * Where an evicted object goes that no node takes: nowhere, so that it stays (`nodes`, default), or to the `device` of
   * the default owner, from which it is loaded when it is wanted again. With `device`, `fill` must be `load`.
   */
  readonly evictsTo?: 'nodes' | 'device';
  /**
   * With `backup: 1`: where this node puts the shadow of what it writes, a member other than itself. Omitted with
   * `backup: 0`, and where there is no other member. A `put` of an exclusive lease is then answered `done`.
   */
  readonly shadowNode?: NodeId;
  readonly rules: ObjectRules;
}
