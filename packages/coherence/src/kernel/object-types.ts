import type { EffectSink, Handle } from '@holdfast/kernel';
import type { NodeSet } from './node-set.ts';
import type { ObjectRules } from './object-rules.ts';

export type NodeId = number;

/** Names a local call and, once it holds the object, its lease. Unique among the open ones of a node; from 1. */
export type CallId = number;

/** No bytes: the object is absent, or this node has no copy of it. */
export const noPayload: Handle = -1;

/** The bytes of an object that was created and never written. */
export const blankPayload: Handle = 0;

/** No node: an eviction leaves the choice of the new owner to the kernel. */
export const anyNode: NodeId = -1;

/**
 * The states of an object on a node, by the names of seed 004. Its INV_NO_COPY is not among them: it told a finished
 * call `there is no object`, which is an outcome of the call ({@link CallResult} `absent`), not a state.
 */
export const objectStatuses = [
  'INV_COPY',
  'INV_OWNER',
  'INV_FILLING',
  'READ_COPY',
  'READ_OWNER',
  'WRITE_OWNER',
  'WRITE_GHOST',
  'WAIT_ACK_INV',
  'WAIT_ACK_WRITE',
  'WAIT_OBJ_READ',
  'WAIT_OBJ_WRITE',
  'WAIT_CHG_OWN_ACK',
  'WAIT_OBJ_RM_ACK',
  'WAIT_OBJ_RM_ACK2',
  'WAIT_OBJ_RM_DONE',
] as const;
export type ObjectStatus = (typeof objectStatuses)[number];

/**
 * What a call does about an absent object: `touch` creates it here (first touch), `no-touch` answers `absent`, `manual`
 * makes the caller its exclusive owner, still absent, to be created by `set`.
 */
export const absenceModes = ['touch', 'no-touch', 'manual'] as const;
export type AbsenceMode = (typeof absenceModes)[number];

/** Shared access: a copy that stays valid until `put`. */
export interface GetCall {
  readonly type: 'get';
  readonly call: CallId;
  readonly absence: AbsenceMode;
}

/** Exclusive access: no other copy anywhere until `put`. With `try` it answers `busy` instead of waiting for a holder. */
export interface GrabCall {
  readonly type: 'grab';
  readonly call: CallId;
  readonly absence: AbsenceMode;
  readonly try: boolean;
}

/** Give the copy up, and the ownership to node `to` or, with {@link anyNode}, to whoever may want it. */
export interface FlushCall {
  readonly type: 'flush';
  readonly call: CallId;
  readonly to: NodeId;
  /** Nodes that refused. */
  readonly refusedBy: NodeSet;
  /** What the owner goes back to when all refused. */
  readonly from: ObjectStatus;
}

/** Destroy the object everywhere. */
export interface RemoveCall {
  readonly type: 'remove';
  readonly call: CallId;
}

/**
 * Write the present value to the device of the default owner: `done` once it is there, or a later one is. `absent`
 * where this node has no copy.
 */
export interface SyncCall {
  readonly type: 'sync';
  readonly call: CallId;
}

/** A local call that may have to wait. A flush is asked for without the two fields the kernel keeps. */
export type LocalCall = GetCall | GrabCall | FlushCall | RemoveCall | SyncCall;

export interface CopyRequest {
  readonly type: 'COPY_REQ';
  readonly kind: 'read' | 'write';
  readonly absence: AbsenceMode;
  readonly try: boolean;
  readonly requester: NodeId;
  readonly request: number;
  /** Version of the copy the requester has, 0 for none. */
  readonly held: number;
  /** Times it was passed on, counted up to `forwardsMax`. */
  readonly forwards: number;
}

export interface RemoveRequest {
  readonly type: 'RM_REQ';
  readonly requester: NodeId;
  readonly request: number;
  readonly forwards: number;
}

/** A message that a node may put off or pass on to another. */
export type RemoteRequest = CopyRequest | RemoveRequest;

/** What travels with an object that is absent: the right to create it. */
interface AbsentObject {
  readonly version: number;
  readonly incarnation: number;
}

export type ObjectMessage =
  | RemoteRequest
  /** A read copy. */
  | (AbsentObject & { readonly type: 'COPY'; readonly request: number; readonly payload: Handle })
  /** The object itself: the receiver owns it once `awaited` acknowledged. Without payload its copy is the current one. */
  | (AbsentObject & {
      readonly type: 'GRANT';
      readonly request: number;
      readonly payload: Handle;
      /** Not sent: the bytes left out, which the sender needs if the receiver dies before this arrived. */
      readonly kept: Handle;
      readonly awaited: NodeSet;
      readonly rmset: NodeSet;
    })
  | (AbsentObject & {
      readonly type: 'ABSENT_OWNERSHIP';
      readonly request: number;
      readonly rmset: NodeSet;
      readonly lost: boolean;
    })
  /** There is no object or, with `lost`, its value died with a node. */
  | { readonly type: 'ABSENT'; readonly request: number; readonly lost: boolean }
  | { readonly type: 'BUSY'; readonly request: number }
  /** Copies of `version` and older are void; tell `writer`. */
  | { readonly type: 'INV'; readonly version: number; readonly writer: NodeId }
  | { readonly type: 'IACK' }
  /** The object is being removed by the sender: copies of `version` and older are void, `owner` is who will own it. */
  | { readonly type: 'RM'; readonly version: number; readonly owner: NodeId }
  /** `busy`: the sender is the default owner and waits for something of its own, so it cannot take the object home. */
  | { readonly type: 'RM_ACK'; readonly busy: boolean }
  /** The removal is over: the absent object is yours, default owner. */
  | (AbsentObject & { readonly type: 'RM_ACK2' })
  /** Answer to RM_REQ: `owner` owns the absent object now; `home`: it comes with this message. */
  | (AbsentObject & {
      readonly type: 'RM_DONE';
      readonly request: number;
      readonly removed: boolean;
      readonly owner: NodeId;
      readonly home: boolean;
    })
  /** Take the object. Without payload only a node whose copy has this version can. */
  | (AbsentObject & {
      readonly type: 'OWN';
      readonly payload: Handle;
      readonly copyset: NodeSet;
      readonly rmset: NodeSet;
    })
  | { readonly type: 'OWN_ACK' }
  | { readonly type: 'OWN_NACK' }
  /** Write this to your device, for call `call` of the sender. */
  | { readonly type: 'SYNC'; readonly call: CallId; readonly version: number; readonly payload: Handle }
  | { readonly type: 'SYNCED'; readonly call: CallId; readonly ok: boolean };

export type ObjectEvent =
  | { readonly type: 'message'; readonly from: NodeId; readonly message: ObjectMessage }
  | GetCall
  | GrabCall
  | Pick<FlushCall, 'type' | 'call' | 'to'>
  | RemoveCall
  | SyncCall
  /** Shared access if a valid copy is here and nobody waits, else `absent`. Never a message, never a wait. */
  | { readonly type: 'find'; readonly call: CallId }
  /** End a lease; a payload other than {@link noPayload} becomes the value, if the lease is exclusive. */
  | { readonly type: 'put'; readonly call: CallId; readonly payload: Handle }
  /** Give the value, first or new, under an exclusive lease that goes on. */
  | { readonly type: 'set'; readonly call: CallId; readonly payload: Handle }
  /** What the load of an {@link ObjectNotice} `fill` came to. */
  | { readonly type: 'filled'; readonly id: number; readonly payload: Handle }
  | { readonly type: 'fill-failed'; readonly id: number; readonly absent: boolean }
  /** What the write of an {@link ObjectNotice} `store` came to. */
  | { readonly type: 'stored'; readonly node: NodeId; readonly call: CallId; readonly ok: boolean };

export type CallResult =
  | { readonly outcome: 'held'; readonly payload: Handle; readonly version: number; readonly incarnation: number }
  /** There is no object, and no lease. */
  | { readonly outcome: 'absent' }
  /** There is no object, or it was lost, and an exclusive lease: `set` creates it, `put` leaves it as it was. */
  | { readonly outcome: 'absent-held' }
  /** The value died with a node, and there is no lease: so until `set` under a `manual` grab, or `remove`. */
  | { readonly outcome: 'lost' }
  | { readonly outcome: 'busy' }
  | { readonly outcome: 'done' }
  /** The load failed, or nobody took the object. */
  | { readonly outcome: 'failed' };

/**
 * What the kernel asks of its host, which says what came of it: load the first value of the object; write a value to
 * the device, for call `call` of node `node`, in the order asked for.
 */
export type ObjectNotice =
  | { readonly type: 'fill'; readonly id: number }
  | {
      readonly type: 'store';
      readonly node: NodeId;
      readonly call: CallId;
      readonly version: number;
      readonly payload: Handle;
    };

export interface ObjectEnv {
  readonly self: NodeId;
  /** Where the object is looked for first and where it goes when it is removed. The same on all nodes. */
  readonly defaultOwner: NodeId;
  /** Times a request is passed on before it goes ahead of all others at the next owner. */
  readonly forwardsMax: number;
  /** Ids of requests and fills count from 1 to this and start again: one per node is under way at a time. */
  readonly requestIds: number;
  /** `blank` creates objects empty, at once; `load` asks the host for their first value. */
  readonly fill: 'blank' | 'load';
  /** Readers on one node exclude each other too (the LOCAL_EXCLUSIVE of Kerrighed). */
  readonly exclusiveReaders: boolean;
  readonly rules: ObjectRules;
}

/** INV or RM put off until the readers here are done. */
export interface Invalidation {
  readonly type: 'INV' | 'RM';
  /** Who waits for the acknowledgement. */
  readonly to: NodeId;
  readonly version: number;
}

/** An object as one node knows it. */
export interface ObjectEntry {
  status: ObjectStatus;
  /** The node believed to own the object. */
  probOwner: NodeId;
  /** Of the payload, or of the absent object this node owns; 0 where it has neither. Rises at every exclusive lease. */
  version: number;
  /** Times the object was created. */
  incarnation: number;
  payload: Handle;
  /** At the owner: every node that may have a copy, this one included. */
  copyset: NodeSet;
  /** At the owner: every node that may have an entry. While it removes: those still to be told. */
  rmset: NodeSet;
  /** Whose acknowledgements are outstanding. */
  awaited: NodeSet;
  /** WAIT_OBJ_WRITE: who acknowledged before the grant arrived. */
  acknowledged: NodeSet;
  /** WAIT_OBJ_READ: copies of this version and older are void. */
  floor: number;
  /** WAIT_OBJ_RM_ACK: the default owner takes the absent object. */
  home: boolean;
  /** The value died with a node. At the owner it is answered so; elsewhere it is remembered for the next change of view. */
  lost: boolean;
  /** The last request or fill of this node. */
  request: number;
  invalidation: Invalidation | undefined;
  readers: readonly CallId[];
  /** The exclusive lease, 0 for none. */
  writer: CallId;
  /** Calls whose value is on its way to the device. */
  syncing: readonly CallId[];
  /** At the default owner: versions up to this are on the device, superseded or removed. */
  stored: number;
  /** Calls and requests that wait, in order of arrival. In a waiting state the first is what is waited for. */
  queue: readonly (LocalCall | RemoteRequest)[];
}

export type ObjectSink = EffectSink<ObjectMessage, CallResult, ObjectNotice>;
