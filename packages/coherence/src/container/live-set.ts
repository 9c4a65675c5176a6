import type { MemberSlot } from '@holdfast/runtime/service';
import type { CallId, CallResult, NodeId, ObjectEvent } from '../kernel/object-types.ts';
import type { MapKey } from './key-form.ts';
import type { ObjectSlot } from './object-slot.ts';
import type { Operation, Outcome } from './operation-form.ts';
import type { OperationTable } from './operation-table.ts';
import type { PageFrames } from './page-frames.ts';
import type { SetDescriptor } from './set-descriptor.ts';
import type { SlotTable } from './slot-table.ts';

/** What happens to an object by its own member's doing. */
export type LocalEvent = Exclude<ObjectEvent, { type: 'message' }>;

/** What a set asks of the hooks of its container. */
export interface HookRunner {
  fill(slot: ObjectSlot, id: number): void;
  load(slot: ObjectSlot, node: NodeId, id: number): void;
  run(slot: ObjectSlot, operation: Operation): void;
  store(slot: ObjectSlot, node: NodeId, call: CallId, bytes: Uint8Array): void;
  erase(key: MapKey): void;
  invalidated(key: MapKey): void;
}

/** The objects of a container on one member, as those see them that work for it: its hooks, eviction, hand-over. */
export interface LiveSet {
  readonly descriptor: SetDescriptor;
  readonly slots: SlotTable;
  readonly operations: OperationTable;
  readonly frames: PageFrames | undefined;
  readonly hooks: HookRunner | undefined;
  /** Of all values here, encoded, and how many there are. */
  readonly bytes: number;
  readonly values: number;
  /** Whether calls are served. */
  readonly isOpen: boolean;
  /** Where the object is looked for first. */
  defaultOwner(key: MapKey): MemberSlot;
  /** Start a call of this member; its result if it has one at once. */
  call(slot: ObjectSlot, event: LocalEvent & { readonly call: CallId }): CallResult | undefined;
  /** Do something once the step under way is over, in the same turn. */
  afterStep(act: () => void): void;
  filled(slot: ObjectSlot, id: number, bytes: Uint8Array): void;
  fillFailed(slot: ObjectSlot, id: number, absent: boolean): void;
  stored(slot: ObjectSlot, node: NodeId, call: CallId, ok: boolean): void;
  /** What a load for another owner came to. */
  loaded(slot: ObjectSlot, node: NodeId, id: number, bytes: Uint8Array | undefined, absent: boolean): void;
  /** What an operation came to: its outcome, and the value if it changed it. Without an outcome it was not run. */
  ran(slot: ObjectSlot, bytes: Uint8Array | undefined, outcome: Outcome | undefined): void;
}
