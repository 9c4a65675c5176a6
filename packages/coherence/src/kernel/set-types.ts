import type { EffectSink, Handle } from '@holdfast/kernel';
import type {
  CallId,
  CallResult,
  NodeId,
  ObjectEntry,
  ObjectEvent,
  ObjectMessage,
  ObjectNotice,
} from './object-types.ts';

/** Names an object of a set: a number on which all nodes agree. Their order is the order in which `grabAll` takes them. */
export type ObjectKey = number;

/** A message about one object. All messages of a set between two nodes must arrive exactly once and in order. */
export interface KeyedMessage {
  readonly key: ObjectKey;
  readonly message: ObjectMessage;
}

/** Exclusive access to several objects, each created where it is absent, all at once or not at all. */
export interface GrabAllCall {
  readonly type: 'grabAll';
  readonly call: CallId;
  /** Each key once, in any order. */
  readonly keys: readonly ObjectKey[];
}

export type SetEvent =
  | { readonly type: 'message'; readonly from: NodeId; readonly message: KeyedMessage }
  /** What happens to one object here: a call, or the end of a load or store. */
  | { readonly type: 'object'; readonly key: ObjectKey; readonly event: Exclude<ObjectEvent, { type: 'message' }> }
  | GrabAllCall
  /** End all leases of a `grabAll`; `payloads`, in order of the keys, are as of `put`. */
  | { readonly type: 'putAll'; readonly call: CallId; readonly payloads: readonly Handle[] }
  /** Flush every object known here, to node `to` or, with `anyNode`, to whoever may want it. */
  | { readonly type: 'flushSet'; readonly call: CallId; readonly to: NodeId };

export interface HeldObject {
  readonly key: ObjectKey;
  readonly payload: Handle;
  readonly version: number;
  readonly incarnation: number;
}

export type SetResult =
  | { readonly outcome: 'object'; readonly key: ObjectKey; readonly result: CallResult }
  /** Leases on all objects, in order of their keys, until `putAll`. */
  | { readonly outcome: 'held-all'; readonly objects: readonly HeldObject[] }
  /** No lease on any: `result` is what the grab of `key` came to. */
  | { readonly outcome: 'not-all'; readonly key: ObjectKey; readonly result: CallResult }
  /** Nothing of the objects is left here but of those in `kept`, which nobody took. */
  | { readonly outcome: 'flushed'; readonly kept: readonly ObjectKey[] };

export interface KeyedNotice {
  readonly key: ObjectKey;
  readonly notice: ObjectNotice;
}

/** A `grabAll` that takes one object after the other, and then holds them. */
export interface TakingAll {
  readonly type: 'grabAll';
  readonly call: CallId;
  /** In the order of taking. */
  readonly keys: readonly ObjectKey[];
  /** How many of them it holds. */
  readonly taken: number;
}

/** A `flushSet` that waits for the objects in `awaited`. */
export interface FlushingSet {
  readonly type: 'flushSet';
  readonly call: CallId;
  readonly awaited: readonly ObjectKey[];
  readonly kept: readonly ObjectKey[];
}

export type GroupCall = TakingAll | FlushingSet;

/** The objects of a set as one node knows them. */
export interface ObjectSet {
  /** Missing ones are as `initialEntry` says. */
  readonly entries: Map<ObjectKey, ObjectEntry>;
  /** Calls on several objects, by call number. */
  groups: readonly GroupCall[];
}

export type SetSink = EffectSink<KeyedMessage, SetResult, KeyedNotice>;
