import type { MemberSlot } from '@holdfast/runtime/service';
import { isForgettable } from '../kernel/object-entry.ts';
import { objectKernel } from '../kernel/object-kernel.ts';
import { objectRules } from '../kernel/object-rules.ts';
import {
  anyNode,
  type CallId,
  type CallResult,
  type NodeId,
  noPayload,
  type ObjectEnv,
  type ObjectEvent,
  type ObjectMessage,
  type ObjectNotice,
  type ObjectSink,
  type ObjectStatus,
} from '../kernel/object-types.ts';
import { forwardsMaxDefault, giveBackMs, requestIdsMax } from '../limits.ts';
import type { Eviction } from './eviction.ts';
import type { MapKey } from './key-form.ts';
import { type ArrivedMessage, type HandleOf, payloadOf, writeMessage } from './message-form.ts';
import { ObjectSlot, unread } from './object-slot.ts';
import { OperationBytes } from './operation-bytes.ts';
import type { SetDescriptor } from './set-descriptor.ts';
import type { SetHooks } from './set-hooks.ts';
import type { SetPlace } from './set-place.ts';

type ReadMessage = (handleOf: HandleOf) => ArrivedMessage;

/** A handle that stands for the bytes an event brings; those an entry has are the other one. */
const handles = [1, 2] as const;

const owning: ReadonlySet<ObjectStatus> = new Set(['READ_OWNER', 'WRITE_OWNER', 'WRITE_GHOST']);

/** The objects of one container on one member: feeds the kernel, carries out what it wants, keeps the bytes. */
export class ObjectSet implements ObjectSink {
  readonly descriptor: SetDescriptor;
  readonly slots = new Map<MapKey, ObjectSlot>();
  /** Messages sent, by type. */
  readonly sent: Partial<Record<ObjectMessage['type'], number>> = {};
  /** Requests that ended at this member, by how often they had been passed on. */
  readonly hops: number[] = [];
  /** What the definition adds, once the container is open here. */
  hooks: SetHooks | undefined = undefined;
  /** Of all values here, encoded, and how many there are. */
  bytes = 0;
  values = 0;
  readonly operations = new OperationBytes();
  /** Of operations that this member asked for, until whoever asked has taken them. */
  readonly #outcomes = new Map<CallId, Uint8Array>();
  /** Where the container has a budget on this member. */
  eviction: Eviction | undefined = undefined;
  readonly #place: SetPlace;
  readonly #envs: ObjectEnv[] = [];
  readonly #later: (() => void)[] = [];
  #slot: ObjectSlot | undefined;
  /** What the event under way brings. */
  #arrived: Uint8Array | undefined;
  #arrivedHandle = noPayload;
  #call: CallId = 0;
  #result: CallResult | undefined;
  #passedOn = false;

  constructor(descriptor: SetDescriptor, place: SetPlace) {
    this.descriptor = descriptor;
    this.#place = place;
  }

  slotOf(key: MapKey, defaultOwner: MemberSlot): ObjectSlot {
    return this.slots.get(key) ?? this.#newSlot(key, defaultOwner);
  }

  /** Start a call of this member; its result if it has one at once. */
  call(slot: ObjectSlot, event: ObjectEvent & { readonly call: CallId }, bytes?: Uint8Array): CallResult | undefined {
    const [outerCall, outerResult] = [this.#call, this.#result];
    this.#call = event.call;
    this.#result = undefined;
    this.#step(slot, event, bytes);
    const result = this.#result;
    this.#call = outerCall;
    this.#result = outerResult;
    return result;
  }

  /** What an operation that this member asked for came to. */
  takeOutcome(call: CallId): Uint8Array {
    const outcome = this.#outcomes.get(call)!;
    this.#outcomes.delete(call);
    return outcome;
  }

  /** The handle for bytes that the next event brings to this slot. */
  handleFor({ entry }: ObjectSlot): number {
    return entry.payload === handles[0] ? handles[1] : handles[0];
  }

  receive(from: NodeId, key: MapKey, defaultOwner: MemberSlot, read: ReadMessage): void {
    const slot = this.slotOf(key, defaultOwner);
    const { message, bytes } = read((type, arrived) =>
      type === 'EXEC_REQ' || type === 'EXECUTED' ? this.operations.keep(arrived) : this.handleFor(slot),
    );
    if (message.type === 'EXEC_REQ') this.operations.arrived(message);
    this.#passedOn = false;
    this.#step(slot, { type: 'message', from, message }, message.type.startsWith('EXEC') ? undefined : bytes);
    if (message.type === 'EXECUTED') this.operations.drop(message.result);
    if ('forwards' in message && !this.#passedOn) this.hops[message.forwards] = (this.hops[message.forwards] ?? 0) + 1;
  }

  /** End a lease; with `bytes`, they become the value. */
  put(slot: ObjectSlot, call: CallId, bytes: Uint8Array | undefined): void {
    const payload = bytes === undefined ? noPayload : this.handleFor(slot);
    this.#step(slot, { type: 'put', call, payload }, bytes);
  }

  filled(slot: ObjectSlot, id: number, bytes: Uint8Array): void {
    this.#step(slot, { type: 'filled', id, payload: this.handleFor(slot) }, bytes);
  }

  fillFailed(slot: ObjectSlot, id: number, absent: boolean): void {
    this.#step(slot, { type: 'fill-failed', id, absent }, undefined);
  }

  stored(slot: ObjectSlot, node: NodeId, call: CallId, ok: boolean): void {
    this.#step(slot, { type: 'stored', node, call, ok }, undefined);
  }

  /** What a load for another owner came to. */
  loaded(slot: ObjectSlot, node: NodeId, id: number, bytes: Uint8Array | undefined, absent: boolean): void {
    const payload = bytes === undefined ? noPayload : this.handleFor(slot);
    this.#step(slot, { type: 'loaded', node, id, payload, absent }, bytes);
  }

  /** What an operation came to: its outcome, and the value if it changed it. Without an outcome it was not run. */
  ran(slot: ObjectSlot, bytes: Uint8Array | undefined, outcome: Uint8Array | undefined): void {
    const payload = bytes === undefined ? noPayload : this.handleFor(slot);
    const result = outcome === undefined ? noPayload : this.operations.keep(outcome);
    this.#step(slot, { type: 'ran', ok: outcome !== undefined, payload, result }, bytes);
    this.operations.drop(result);
  }

  // From the kernel.

  send(to: number, message: ObjectMessage): void {
    const slot = this.#slot!;
    this.sent[message.type] = (this.sent[message.type] ?? 0) + 1;
    if ('forwards' in message && message.forwards > 0) this.#passedOn = true;
    const bytes = this.#bytesOf(payloadOf(message));
    const writer = this.#place.begin(to, this, slot, bytes?.length ?? 0);
    writeMessage(writer, message, bytes);
    this.#place.end();
    if (message.type === 'EXEC_REQ') this.operations.left(message.requester, message.call);
    else if (message.type === 'EXECUTED') this.operations.left(to, message.call);
  }

  reply(call: CallId, result: CallResult): void {
    this.operations.answered(call);
    if (result.outcome === 'executed') this.#outcomes.set(call, this.operations.get(result.result)!);
    if (call === this.#call) {
      this.#result = result;
      return;
    }
    if (this.#place.calls.settle(call, result)) return;
    this.#outcomes.delete(call);
    const isLease = result.outcome === 'held' || result.outcome === 'absent-held';
    const slot = this.#slot!;
    if (isLease) this.#later.push(() => this.put(slot, call, undefined));
  }

  deliver(notice: ObjectNotice): void {
    const slot = this.#slot!;
    const { hooks } = this;
    switch (notice.type) {
      case 'fill':
        this.#later.push(() =>
          hooks === undefined ? this.fillFailed(slot, notice.id, false) : hooks.fill(slot, notice.id),
        );
        break;
      case 'load': {
        const { node, id } = notice;
        this.#later.push(() =>
          hooks === undefined ? this.loaded(slot, node, id, undefined, false) : hooks.load(slot, node, id),
        );
        break;
      }
      case 'run': {
        const operation = this.operations.get(notice.operation)!;
        this.#later.push(() =>
          hooks === undefined ? this.ran(slot, undefined, undefined) : hooks.run(slot, operation),
        );
        break;
      }
      case 'store': {
        const { node, call } = notice;
        const bytes = this.#bytesOf(notice.payload)!;
        this.#later.push(() =>
          hooks === undefined ? this.stored(slot, node, call, false) : hooks.store(slot, node, call, bytes),
        );
        break;
      }
    }
  }

  trace(): void {
    // Steps of the protocol are named for the explorer; counters and the event trace tell what happened here.
  }

  setTimer(): void {
    throw new TypeError('The object kernel uses no timers.');
  }

  cancelTimer(): void {
    throw new TypeError('The object kernel uses no timers.');
  }

  diskRead(): void {
    throw new TypeError('The object kernel uses no disk.');
  }

  diskWrite(): void {
    throw new TypeError('The object kernel uses no disk.');
  }

  diskFlush(): void {
    throw new TypeError('The object kernel uses no disk.');
  }

  #newSlot(key: MapKey, defaultOwner: MemberSlot): ObjectSlot {
    const slot = new ObjectSlot(key, this.#env(defaultOwner));
    this.slots.set(key, slot);
    return slot;
  }

  #env(defaultOwner: MemberSlot): ObjectEnv {
    this.#envs[defaultOwner] ??= {
      self: this.#place.self,
      defaultOwner,
      forwardsMax: forwardsMaxDefault,
      requestIds: requestIdsMax,
      fill: 'load',
      exclusiveReaders: this.descriptor.exclusiveReaders,
      firstTouch: this.descriptor.isLinked ? 'default-owner' : 'requester',
      migratory: this.descriptor.isMigratory,
      rules: objectRules,
    };
    return this.#envs[defaultOwner];
  }

  #bytesOf(handle: number): Uint8Array | undefined {
    if (handle === noPayload) return undefined;
    if (handle === this.#arrivedHandle) return this.#arrived;
    return handle === this.#slot!.entry.payload ? this.#slot!.bytes : this.operations.get(handle);
  }

  #step(slot: ObjectSlot, event: ObjectEvent, bytes: Uint8Array | undefined): void {
    if (this.#slot !== undefined) throw new TypeError('A step of the object kernel was begun inside another.');
    const { entry } = slot;
    const before = entry.payload;
    this.#slot = slot;
    this.#arrived = bytes;
    this.#arrivedHandle = bytes === undefined ? noPayload : this.handleFor(slot);
    try {
      objectKernel.step(entry, event, slot.env, this);
    } finally {
      this.#slot = undefined;
      if (entry.payload !== before) this.#keep(slot);
    }
    if (entry.status === 'INV_COPY' && isForgettable(entry, slot.env)) this.slots.delete(slot.key);
    if (!this.#place.owns) this.#giveBack(slot);
    if (this.#later.length > 0) for (const each of this.#later.splice(0)) each();
  }

  #keep(slot: ObjectSlot): void {
    const { bytes: before } = slot;
    const now = slot.entry.payload === noPayload ? undefined : this.#arrived;
    slot.value = unread;
    slot.bytes = now;
    this.bytes += (now?.length ?? 0) - (before?.length ?? 0);
    this.values += (now === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    if (now !== undefined) this.eviction?.grown();
    else if (before !== undefined) this.hooks?.invalidated(slot.key);
  }

  /** A member that owns no data hands over what it came to own, as soon as nobody here uses it. */
  #giveBack(slot: ObjectSlot): void {
    const { status, writer, readers, queue } = slot.entry;
    if (!owning.has(status) || writer !== 0 || readers.length > 0 || queue.length > 0) return;
    const call = this.#place.nextCall();
    const tryAgain = (result: CallResult): void => {
      if (result.outcome === 'failed') this.#place.later(giveBackMs, () => this.#giveBack(slot));
    };
    this.#later.push(() => {
      const result = this.call(slot, { type: 'flush', call, to: anyNode });
      if (result !== undefined) tryAgain(result);
      else void this.#place.calls.wait(call, slot, 'flush', { timeoutMs: 0 }).then(tryAgain, () => undefined);
    });
  }
}
