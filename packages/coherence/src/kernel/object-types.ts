import type { EffectSink, Handle } from '@holdfast/kernel';
import type { DeviceSync } from './device-sync.ts';
import type { CallId, NodeCall, NodeId } from './node-call.ts';
import type { NodeSet } from './node-set.ts';

export type { CallId, NodeCall, NodeId };

/** No bytes: the object is absent, or this node has no copy of it. */
export const noPayload: Handle = -1;

/** The bytes of an object that was created and never written. */
export const blankPayload: Handle = 0;

/** The holder of an object on which an operation runs: no call has this number. */
export const executor: CallId = -1;

/** Holds the object while its value is saved, where no lease does. */
export const saver: CallId = -2;

/** The holder of an object whose only copy is being written to the device: no call has this number. */
export const storer: CallId = -3;

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

/** The same for all, so that when a flush was asked for makes no difference. */
export const notOffered: ObjectStatus = 'INV_COPY';

/** Give the copy up, and the ownership to node `to` or, with {@link anyNode}, to whoever may want it. */
export interface FlushCall {
  readonly type: 'flush';
  readonly call: CallId;
  readonly to: NodeId;
  /** Nodes that refused. */
  readonly refusedBy: NodeSet;
  /** What the owner goes back to when all refused; {@link notOffered} until it has offered the object. */
  readonly from: ObjectStatus;
  /** The only copy may leave for the device, where the set has one. */
  readonly evicts: boolean;
}

/** Destroy the object everywhere. Asked for without the field the kernel keeps. */
export interface RemoveCall {
  readonly type: 'remove';
  /** As that of an execute never used again on this node. */
  readonly call: CallId;
  /** It may have been done already, its answer lost: it is not done a second time. */
  readonly again: boolean;
}

/**
 * Write the present value to the device of the default owner: `done` once it is there, or a later one is. `absent`
 * where this node has no copy.
 */
export interface SyncCall {
  readonly type: 'sync';
  readonly call: CallId;
}

/** Bring the object here ahead of its use: as `get` or `grab` do, but it ends with `done` and leaves no lease. */
export interface PrefetchCall {
  readonly type: 'prefetch';
  readonly call: CallId;
  readonly kind: 'read' | 'write';
  readonly absence: 'touch' | 'no-touch';
}

/** Run an operation where the object is, under exclusive access. The object does not move; it is created there. */
export interface ExecuteCall {
  readonly type: 'execute';
  /** Names the operation for good: the number of an execute is never used again on this node. */
  readonly call: CallId;
  readonly operation: Handle;
  readonly absence: 'touch' | 'no-touch';
  /** The operation may have been run already, its answer lost: it is not run a second time. */
  readonly again: boolean;
}

/**
 * Be told once the object has a later version than `seen`, or is removed: {@link CallResult} `changed`. Asked again with
 * the version told it tells every change, or the last of several. Other calls do not wait for it.
 */
export interface WatchCall {
  readonly type: 'watch';
  readonly call: CallId;
  /** 0 for none. */
  readonly seen: number;
}

/** A local call that may have to wait. A flush is asked for without the two fields the kernel keeps. */
export type LocalCall = GetCall | GrabCall | PrefetchCall | ExecuteCall | WatchCall | FlushCall | RemoveCall | SyncCall;

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
  readonly call: CallId;
  /** As in an {@link ExecuteRequest}. */
  readonly oldest: CallId;
  readonly again: boolean;
  readonly forwards: number;
}

export interface ExecuteRequest {
  readonly type: 'EXEC_REQ';
  readonly requester: NodeId;
  readonly call: CallId;
  /** The requester has had the answers of all its executes and removes of the object before this one. */
  readonly oldest: CallId;
  readonly operation: Handle;
  readonly absence: 'touch' | 'no-touch';
  readonly again: boolean;
  readonly forwards: number;
}

export interface WatchRequest {
  readonly type: 'WATCH_REQ';
  readonly requester: NodeId;
  readonly call: CallId;
  readonly seen: number;
  readonly forwards: number;
}

/** A message that a node may put off or pass on to another. */
export type RemoteRequest = CopyRequest | RemoveRequest | ExecuteRequest | WatchRequest;

/** What an object takes along wherever its right or a copy of it goes, and keeps after it was removed. */
export interface Baggage {
  /**
   * Executes and removes of other nodes that were done and whose answers may not have arrived, by node and call. They
   * outlive the object, so that nothing is done twice.
   */
  readonly executed: readonly NodeCall[];
  /** Watches to be answered at the next change, by node and call. */
  readonly watchers: readonly NodeCall[];
  /** Each writer in turn read it first: readers are given the object itself. */
  readonly migratory: boolean;
  /** The object exists, on the device of the default owner and nowhere else. */
  readonly onDevice: boolean;
}

/** What a node keeps of an object that another one owns, for the death of that one. */
export interface Shadow {
  readonly version: number;
  readonly incarnation: number;
  readonly payload: Handle;
  readonly baggage: Baggage;
}

/** What waits until a value is saved: the end of a lease, or the answer to an operation. */
export type PendingRelease =
  | { readonly type: 'put'; readonly call: CallId }
  | { readonly type: 'ran'; readonly item: ExecuteCall | ExecuteRequest; readonly result: Handle };

/** What one node does against the death of another. */
export interface Backup {
  /** At the owner: who has the shadow, -1 for nobody. */
  readonly at: NodeId;
  /** At the owner: the shadow is not of the present value. */
  readonly unsaved: boolean;
  readonly pending: PendingRelease | undefined;
  /** Kept here for the owner. */
  readonly shadow: Shadow | undefined;
}

/** What travels with an object that is absent: the right to create it. */
interface AbsentObject {
  readonly version: number;
  readonly incarnation: number;
  readonly baggage: Baggage;
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
      /** Who has the shadow, -1 for nobody. */
      readonly shadowAt: NodeId;
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
  /** The load at the owner failed. */
  | { readonly type: 'FAILED'; readonly request: number }
  /** Answer to EXEC_REQ. `unknown`: it was run, and what came of it is not known here. */
  | {
      readonly type: 'EXECUTED';
      readonly call: CallId;
      readonly outcome: 'executed' | 'absent' | 'lost' | 'failed' | 'unknown';
      readonly result: Handle;
    }
  /** Answer to WATCH_REQ. */
  | { readonly type: 'CHANGED'; readonly call: CallId; readonly version: number; readonly exists: boolean }
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
      readonly shadowAt: NodeId;
    })
  /** Keep this for the owner, the sender. */
  | (Shadow & { readonly type: 'SHADOW' })
  | { readonly type: 'SHADOW_ACK'; readonly version: number }
  | { readonly type: 'OWN_ACK' }
  | { readonly type: 'OWN_NACK' }
  /** Write this to your device, for call `call` of the sender. */
  | { readonly type: 'SYNC'; readonly call: CallId; readonly version: number; readonly payload: Handle }
  | { readonly type: 'SYNCED'; readonly call: CallId; readonly ok: boolean }
  /** Load the first value, default owner: the sender owns the object. */
  | { readonly type: 'LOAD'; readonly id: number }
  /** Without payload there is none, or the load failed. */
  | { readonly type: 'LOADED'; readonly id: number; readonly payload: Handle; readonly absent: boolean };

export type ObjectEvent =
  /** `full`: this node has no room for a copy that it did not ask for. */
  | { readonly type: 'message'; readonly from: NodeId; readonly message: ObjectMessage; readonly full?: boolean }
  | GetCall
  | GrabCall
  | Pick<FlushCall, 'type' | 'call' | 'to'>
  | Pick<RemoveCall, 'type' | 'call'>
  /** Make room: as `flush` to whoever may want it, else to the device, else it is `full`. */
  | { readonly type: 'evict'; readonly call: CallId }
  | SyncCall
  | PrefetchCall
  | ExecuteCall
  | WatchCall
  /** What the operation of an {@link ObjectNotice} `run` came to; {@link noPayload} leaves the value as it was. */
  | { readonly type: 'ran'; readonly ok: boolean; readonly payload: Handle; readonly result: Handle }
  /** Shared access if a valid copy is here and nobody waits, else `absent`. Never a message, never a wait. */
  | { readonly type: 'find'; readonly call: CallId }
  /** End a lease; a payload other than {@link noPayload} becomes the value, if the lease is exclusive. */
  | { readonly type: 'put'; readonly call: CallId; readonly payload: Handle }
  /** Give the value, first or new, under an exclusive lease that goes on. */
  | { readonly type: 'set'; readonly call: CallId; readonly payload: Handle }
  /** What the load of an {@link ObjectNotice} `fill` came to. */
  | { readonly type: 'filled'; readonly id: number; readonly payload: Handle }
  | { readonly type: 'fill-failed'; readonly id: number; readonly absent: boolean }
  /** What the load of an {@link ObjectNotice} `load` came to; without payload there is none, or it failed. */
  | {
      readonly type: 'loaded';
      readonly node: NodeId;
      readonly id: number;
      readonly payload: Handle;
      readonly absent: boolean;
    }
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
  /** Nobody takes the only copy and there is no device: it stays, and there is no room for another. */
  | { readonly outcome: 'full' }
  /** The operation was run; what it answered. */
  | { readonly outcome: 'executed'; readonly result: Handle }
  /** The object has this version now, which may still be less than that of a lease, or was removed. */
  | { readonly outcome: 'changed'; readonly version: number; readonly exists: boolean }
  /** An execute was run once and what it answered is lost; or nobody knows any more whether it or a remove was done. */
  | { readonly outcome: 'unknown' }
  /** The view changed while another node was to answer a sync or watch: make the call again. */
  | { readonly outcome: 'interrupted' }
  /** The load failed, or nobody took the object. */
  | { readonly outcome: 'failed' };

/**
 * What the kernel asks of its host, which says what came of it: load the first value of the object; write a value to
 * the device, for call `call` of node `node`, in the order asked for.
 */
export type ObjectNotice =
  | { readonly type: 'fill'; readonly id: number }
  /** Erase the value on the device, in the order asked for: the object was removed. */
  | { readonly type: 'erase' }
  /** Load the first value for node `node`, which owns the object. */
  | { readonly type: 'load'; readonly node: NodeId; readonly id: number }
  /** Run an operation on the value; answered by `ran`. */
  | {
      readonly type: 'run';
      readonly node: NodeId;
      readonly call: CallId;
      readonly operation: Handle;
      readonly payload: Handle;
      readonly version: number;
    }
  | {
      readonly type: 'store';
      readonly node: NodeId;
      readonly call: CallId;
      readonly version: number;
      readonly payload: Handle;
    };

/** INV or RM put off until the readers here are done. */
export interface Invalidation {
  readonly type: 'INV' | 'RM';
  /** Who waits for the acknowledgement. */
  readonly to: NodeId;
  readonly version: number;
}

export const changes = ['no', 'under-lease', 'earlier'] as const;
export type Changed = (typeof changes)[number];

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
  baggage: Baggage;
  /** Whether a value was written under the lease that is held or, in a migratory set, earlier since the object came. */
  changed: Changed;
  backup: Backup;
  /** Calls that another node or the device answers, whatever becomes of the object here meanwhile. */
  underway: readonly CallId[];
  /** Executes that another node is to answer, oldest first. */
  sent: readonly ExecuteCall[];
  /** At the default owner: versions up to this are on the device, superseded there or removed. */
  stored: number;
  /** At the default owner: what waits for the device, in order of arrival. */
  storing: readonly DeviceSync[];
  /** Calls and requests that wait, in order of arrival. In a waiting state the first is what is waited for. */
  queue: readonly (LocalCall | RemoteRequest)[];
}

export type ObjectSink = EffectSink<ObjectMessage, CallResult, ObjectNotice>;
