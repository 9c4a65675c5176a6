import type { Reader } from '@holdfast/runtime/internals';
import type { MemberSlot } from '@holdfast/runtime/service';
import { beginHit, endHit, isHit } from '../kernel/hits.ts';
import { type CallId, type CallResult, type NodeId, noPayload } from '../kernel/object-types.ts';
import { entryOf } from '../kernel/view-entries.ts';
import type { ViewEnv } from '../kernel/view-env.ts';
import { viewKernel } from '../kernel/view-kernel.ts';
import { type ViewRules, viewRules } from '../kernel/view-rules.ts';
import type {
  Undelivered,
  View,
  ViewEvent,
  ViewMessage,
  ViewNotice,
  ViewResult,
  ViewSink,
  ViewState,
} from '../kernel/view-types.ts';
import { reportsPerMessage } from '../limits.ts';
import { ArrivedPayloads } from './arrived-payloads.ts';
import { BareSink } from './bare-sink.ts';
import { EventTrace } from './event-trace.ts';
import type { Eviction } from './eviction.ts';
import { HandOver } from './hand-over.ts';
import { KeptValues } from './kept-values.ts';
import type { MapKey } from './key-form.ts';
import type { LiveSet, LocalEvent } from './live-set.ts';
import { type MemberTrace, stateOf } from './member-questions.ts';
import { payloadOf } from './message-form.ts';
import { workFor } from './notice-work.ts';
import { Numbered } from './numbered.ts';
import { ObjectHomes } from './object-homes.ts';
import type { ObjectSlot } from './object-slot.ts';
import type { Outcome } from './operation-form.ts';
import { OperationTable } from './operation-table.ts';
import type { PageFrames } from './page-frames.ts';
import { RestRounds } from './rest-rounds.ts';
import type { SetDescriptor } from './set-descriptor.ts';
import { readSetMessage } from './set-frames.ts';
import type { SetHooks } from './set-hooks.ts';
import type { SetPlace } from './set-place.ts';
import { type SetContent, SetSender } from './set-sender.ts';
import { SlotTable } from './slot-table.ts';

/** What only the dead had is in the source too, so that it is absent from memory and no more. */
const reloading: ViewRules = { ...viewRules, isLost: () => false };

/** The objects of one container on one member: feeds the kernel, carries out what it wants, keeps the bytes. */
export class ObjectSet extends BareSink implements ViewSink, LiveSet, SetContent {
  readonly descriptor: SetDescriptor;
  readonly slots: SlotTable;
  readonly homes: ObjectHomes;
  /** Requests that ended at this member, by how often they had been passed on. */
  readonly hops: number[] = [];
  /** What the definition adds, once the container is open here. */
  hooks: SetHooks | undefined = undefined;
  readonly kept: KeptValues;
  readonly operations = new OperationTable();
  /** What happened to the objects, where the container is traced. */
  readonly recorder: EventTrace | undefined;
  /** Where the values are pages. */
  readonly frames: PageFrames | undefined;
  /** Where the container has a budget on this member. */
  eviction: Eviction | undefined = undefined;
  /** Of operations that this member asked for, until whoever asked has taken them. */
  readonly #outcomes = new Numbered<Outcome>();
  readonly #place: SetPlace;
  readonly #env: ViewEnv;
  readonly #state: ViewState;
  readonly #later: (() => void)[] = [];
  readonly #handOver: HandOver;
  readonly #sender: SetSender;
  readonly #arrived: ArrivedPayloads;
  #isStepping = false;
  #call: CallId = 0;
  #result: CallResult | undefined;
  #passedOn = false;

  /**
   * @param founding the view the set begins in on all members; without one this member comes to it later, and the next
   * view it is told of names it.
   */
  constructor(descriptor: SetDescriptor, place: SetPlace, founding: View | undefined) {
    super();
    this.descriptor = descriptor;
    this.recorder = descriptor.isTraced ? new EventTrace() : undefined;
    this.#place = place;
    this.frames = descriptor.pages > 0 ? place.frames : undefined;
    this.#arrived = new ArrivedPayloads(this.operations, this.frames, () => this.isOpen);
    this.kept = new KeptValues(this.operations, this.frames, {
      came: () => this.eviction?.grown(),
      went: (key) => this.hooks?.invalidated(key),
    });
    this.slots = new SlotTable(
      (slot) => this.kept.dropped(slot),
      () => rounds.grown(),
    );
    this.#handOver = new HandOver(this, place);
    this.homes = new ObjectHomes(descriptor, place.self, this.slots);
    this.#sender = new SetSender(this, place);
    const rounds = new RestRounds(this.slots, place, () => this.isOpen && !this.#isStepping);
    this.#env = {
      self: place.self,
      firstView: founding,
      objectEnv: (key, view) => this.homes.envOf(key, view),
      backup: descriptor.isBackedUp,
      reportsPerMessage,
      rules: descriptor.isReloaded ? reloading : viewRules,
    };
    this.#state = { ...viewKernel.initial(this.#env), objects: this.slots };
  }

  get bytes(): number {
    return this.kept.bytes;
  }

  get values(): number {
    return this.kept.values;
  }

  /** Messages about objects sent, by type. */
  get sent(): SetSender['sent'] {
    return this.#sender.sent;
  }

  /** Whether calls are served: not while the view changes, nor outside it. */
  get isOpen(): boolean {
    return this.#state.phase === 'open';
  }

  get epoch(): number {
    return this.#state.view.epoch;
  }

  /** What was recorded of an object, and what it came to. */
  traceOf(key: MapKey): MemberTrace | undefined {
    if (this.recorder === undefined) return undefined;
    const slot = this.slots.slot(key);
    return { events: [...this.recorder.of(key)], state: slot === undefined ? null : stateOf(slot) };
  }

  slotOf(key: MapKey): ObjectSlot {
    const known = this.slots.slot(key);
    if (known !== undefined) return known;
    entryOf(this.#state, key, this.#env);
    return this.slots.slot(key)!;
  }

  /** Where the object is looked for first, in the view of this moment. */
  defaultOwner(key: MapKey): MemberSlot {
    return this.homes.defaultOwner(key, this.#state.view);
  }

  /** The next view; `undelivered` is what its sessions with those that left certainly did not carry, oldest first. */
  changeView(view: View, undelivered: readonly Undelivered[]): void {
    this.#step({ type: 'view', ...view, undelivered });
  }

  /** Start a call of this member; its result if it has one at once. */
  call({ key }: ObjectSlot, event: LocalEvent & { readonly call: CallId }): CallResult | undefined {
    return this.#stepFor(event.call, { type: 'object', key, event }, undefined, noPayload);
  }

  /** Do something once the step under way is over, in the same turn. */
  afterStep(act: () => void): void {
    this.#later.push(act);
  }

  /** Whether a value is here that a get would show at once. */
  shows({ key, entry }: ObjectSlot): boolean {
    if (this.recorder !== undefined) return false;
    return this.isOpen && !this.#isStepping && isHit(entry, this.homes.envOf(key, this.#state.view));
  }

  /** A read lease on a copy that is here, if nobody waits for it: as {@link call} would give it. */
  hit({ key, entry }: ObjectSlot, call: CallId): boolean {
    if (this.recorder !== undefined) return false;
    return this.isOpen && !this.#isStepping && beginHit(entry, call, this.homes.envOf(key, this.#state.view));
  }

  /** What a step answers at once to a call. */
  #stepFor(call: CallId, event: ViewEvent, bytes: Uint8Array | undefined, handle: number): CallResult | undefined {
    const outerCall = this.#call;
    const outerResult = this.#result;
    this.#call = call;
    this.#result = undefined;
    this.#step(event, bytes, handle);
    const result = this.#result;
    this.#call = outerCall;
    this.#result = outerResult;
    return result;
  }

  /** What an operation that this member asked for came to. */
  takeOutcome(call: CallId): Outcome {
    return this.#outcomes.take(call)!;
  }

  /** A message of `from`, which `reader` is at. `isPaged`: its payload names a page. */
  receive(from: NodeId, reader: Reader, isPaged: boolean): void {
    this.#arrived.begin(isPaged);
    const said = readSetMessage(reader, this.homes, this.#arrived.take);
    const bytes = this.#arrived.value;
    if (said.type !== 'OBJECT') {
      this.#step({ type: 'message', from, message: said });
      return;
    }
    const { message } = said;
    if (message.type === 'EXEC_REQ') this.operations.arrived(message);
    this.#passedOn = false;
    this.#step({ type: 'message', from, message: said }, bytes, bytes === undefined ? noPayload : payloadOf(message));
    if (message.type === 'EXECUTED') this.operations.drop(message.result);
    if (!('forwards' in message) || this.#passedOn) return;
    this.hops[message.forwards] = (this.hops[message.forwards] ?? 0) + 1;
  }

  /** As {@link receive}, for what is only looked at: the message, its payload kept until calls go on. */
  readEarly(reader: Reader): ViewMessage {
    return readSetMessage(reader, this.homes, (_type, from) => this.#arrived.keepEarly(from));
  }

  /** End a lease; with `bytes`, they become the value. Undefined where the kernel will answer, once they are saved. */
  put(slot: ObjectSlot, call: CallId, bytes: Uint8Array | undefined): CallResult | undefined {
    const isHit = bytes === undefined && this.isOpen && this.#place.owns && this.recorder === undefined;
    if (isHit && endHit(slot.entry, call)) return undefined;
    const payload = bytes === undefined ? noPayload : this.operations.fresh();
    const event: ViewEvent = { type: 'object', key: slot.key, event: { type: 'put', call, payload } };
    return this.#stepFor(call, event, bytes, payload);
  }

  /** Whether the end of a write lease is answered, when another node has the value too. */
  get savesWrites(): boolean {
    return this.homes.shadowNode(this.#state.view) !== undefined;
  }

  /** The answer to the end of a write lease. */
  saved(slot: ObjectSlot, call: CallId): Promise<CallResult> {
    return this.#place.calls.wait(call, slot, 'saving', { timeoutMs: 0 });
  }

  /** As {@link saved}, for a thread that may block. */
  savedNow(slot: ObjectSlot, call: CallId): void {
    this.#place.calls.block(call, slot, 'saving', { timeoutMs: 0 }, this.#place.context.exchange);
  }

  filled(slot: ObjectSlot, id: number, bytes: Uint8Array): void {
    this.#happen(slot, (payload) => ({ type: 'filled', id, payload }), bytes);
  }

  fillFailed(slot: ObjectSlot, id: number, absent: boolean): void {
    this.#happen(slot, () => ({ type: 'fill-failed', id, absent }));
  }

  stored(slot: ObjectSlot, node: NodeId, call: CallId, ok: boolean): void {
    this.#happen(slot, () => ({ type: 'stored', node, call, ok }));
  }

  /** What a load for another owner came to. */
  loaded(slot: ObjectSlot, node: NodeId, id: number, bytes: Uint8Array | undefined, absent: boolean): void {
    this.#happen(slot, (payload) => ({ type: 'loaded', node, id, payload, absent }), bytes);
  }

  /** What an operation came to: its outcome, and the value if it changed it. Without an outcome it was not run. */
  ran(slot: ObjectSlot, bytes: Uint8Array | undefined, outcome: Outcome | undefined): void {
    // Dropped when the answer leaves, which with a backup is when the value is saved.
    const result = outcome === undefined ? noPayload : this.operations.keep(outcome);
    this.#happen(slot, (payload) => ({ type: 'ran', ok: outcome !== undefined, payload, result }), bytes);
  }

  // From the kernel.

  send(to: number, said: ViewMessage): void {
    if (said.type !== 'OBJECT') {
      this.#sender.sendOfView(to, said);
      return;
    }
    this.recorder?.sent(said.key, to);
    if ('forwards' in said.message && said.message.forwards > 0) this.#passedOn = true;
    this.#sender.send(to, said);
  }

  reply(call: CallId, { key, result }: ViewResult): void {
    if (result.outcome !== 'interrupted') this.operations.answered(call);
    if (result.outcome === 'executed') {
      this.#outcomes.set(call, this.operations.get(result.result) as Outcome);
      this.operations.drop(result.result);
    }
    if (call === this.#call) {
      this.#result = result;
      return;
    }
    if (this.#place.calls.settle(call, result)) return;
    this.operations.answered(call);
    this.#outcomes.take(call);
    const isLease = result.outcome === 'held' || result.outcome === 'absent-held';
    if (isLease) this.#later.push(() => this.put(this.slotOf(key), call, undefined));
  }

  deliver(notice: ViewNotice): void {
    if (notice.type === 'objects-unknown') this.#place.objectsUnknown(this.descriptor.name, notice.node);
    if (notice.type !== 'object') return;
    const slot = this.slotOf(notice.key);
    this.#later.push(workFor(this, slot, notice.notice, (payload) => this.kept.bytesOf(payload, slot)!));
  }

  /** What happens to one object by this member's own doing. */
  #happen(slot: ObjectSlot, make: (payload: number) => LocalEvent, bytes?: Uint8Array): void {
    const handle = bytes === undefined ? noPayload : this.operations.fresh();
    this.#step({ type: 'object', key: slot.key, event: make(handle) }, bytes, handle);
  }

  #step(event: ViewEvent, bytes?: Uint8Array, handle = noPayload): void {
    if (this.#isStepping) throw new TypeError('A step of a set was begun inside another.');
    this.#isStepping = true;
    this.kept.begin(bytes, handle);
    const key = keyOf(event);
    this.recorder?.begins(event);
    try {
      viewKernel.step(this.#state, event, this.#env, this);
    } finally {
      if (key === undefined) for (const slot of this.slots.awake.values()) this.kept.keep(slot);
      else this.kept.keep(this.slots.atWork(key));
      this.#isStepping = false;
      this.kept.end();
      if (this.isOpen) this.#arrived.forgetEarly();
    }
    if (!this.#place.owns) {
      if (key === undefined) for (const slot of this.slots.awake.values()) this.#handOver.look(slot);
      else this.#handOver.look(this.slots.atWork(key));
    }
    if (this.#later.length > 0) this.#doLater();
    if (bytes !== undefined && this.frames !== undefined && key !== undefined) {
      this.kept.dropUnused(bytes, this.slots.atWork(key));
    }
  }

  #doLater(): void {
    if (this.#later.length === 1) this.#later.pop()!();
    else for (const each of this.#later.splice(0)) each();
  }
}

/** The object an event is about; undefined where it may be about all. */
function keyOf(event: ViewEvent): MapKey | undefined {
  if (event.type === 'object') return event.key;
  return event.type === 'message' && event.message.type === 'OBJECT' ? event.message.key : undefined;
}
