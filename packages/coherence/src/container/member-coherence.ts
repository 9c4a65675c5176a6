import { Courier, Reader, readByte, readCount, Writer, writeByte, writeCount } from '@holdfast/runtime/internals';
import {
  ClosedError,
  HoldfastError,
  type MemberContext,
  type MemberSlot,
  mainSlot,
  memberName,
  NodeDownError,
} from '@holdfast/runtime/service';
import { CoherenceDownError, ContainerMismatchError, UnknownContainerError } from '../errors.ts';
import type { CallId, ObjectStatus } from '../kernel/object-types.ts';
import { messagesHeldMax } from '../limits.ts';
import { stateOf } from './inspection.ts';
import { type MapKey, readKey, writeKey } from './key-form.ts';
import { answerFrame, MemberQuestions, type MemberState, questionFrame } from './member-questions.ts';
import { readMessage } from './message-form.ts';
import { ObjectSet } from './object-set.ts';
import type { ObjectSlot } from './object-slot.ts';
import { readDescriptor, type SetDescriptor, writeDescriptor } from './set-descriptor.ts';
import type { SetPlace } from './set-place.ts';
import { WaitingCalls } from './waiting-calls.ts';

/** Frames of the coherence port begin with one of these; 0 and 1 are the courier's. */
const objectFrame = 2;
/** `I take part`: flag whether the sender wants to hear the same. */
const helloFrame = 3;
/** What a set is; flag whether the sender wants an answer. Sent before the first message about any of its objects. */
const setFrame = 4;
const setAnswerFrame = 5;

const objectHeaderBytes = 96;
const coherencePort = 4;
const coherenceClass = 1;
const numberMax = 2 ** 32 - 1;

/** The container manager of one thread: sets by their names, and the way to the same of other members. */
export class MemberCoherence implements SetPlace {
  readonly self: MemberSlot;
  readonly owns: boolean;
  readonly calls: WaitingCalls;
  readonly context: MemberContext;
  readonly #courier: Courier;
  readonly #sets = new Map<number, ObjectSet>();
  readonly #present = new Set<MemberSlot>();
  /** Which sets a peer has heard of. */
  readonly #introduced = new Map<MemberSlot, Set<number>>();
  readonly #held = new Map<MemberSlot, Uint8Array[]>();
  readonly #holder = new Writer();
  #holdingFor: MemberSlot | undefined;
  readonly #questions: MemberQuestions;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #changed = new Set<() => void>();
  /** Which members have agreed to a set, or refused it. */
  readonly #answers = new Map<number, Map<MemberSlot, boolean>>();
  readonly #stop: (() => void)[] = [];
  #lastCall: CallId = 0;
  #stopping: Promise<void> | undefined;
  #closed = false;

  constructor(context: MemberContext) {
    this.context = context;
    this.self = context.slot;
    this.owns = context.slot < mainSlot;
    this.calls = new WaitingCalls(() => context.exchange.drain());
    this.#courier = new Courier(context.exchange, coherencePort, coherenceClass);
    this.#questions = new MemberQuestions(
      { begin: (to, bytes) => this.#begin(to, bytes), end: () => this.end() },
      (set, key) => {
        const slot = this.#sets.get(set)?.slots.get(JSON.parse(key) as MapKey);
        return slot && stateOf(slot);
      },
    );
    this.#listen();
    for (const { slot, state } of context.view.members) if (state === 'up') this.#greet(slot, true);
    context.signal.addEventListener('abort', () => void this.stop(), { once: true });
    if (context.signal.aborted) this.close();
  }

  /** Places of all nodes of the cluster, up or not: default owners are chosen among them. */
  get nodes(): readonly MemberSlot[] {
    return this.context.view.members.flatMap(({ slot }) => (slot < mainSlot ? [slot] : []));
  }

  /** @throws ClosedError (HF_CLOSED) */
  checkOpen(): void {
    if (this.#closed) throw new ClosedError(memberName(this.self));
  }

  nextCall(): CallId {
    this.#lastCall += 1;
    return this.#lastCall;
  }

  later(ms: number, act: () => void): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    timer.unref();
    this.#timers.add(timer);
  }

  /**
   * Take part in a set, and wait until every node that is up does.
   * @throws ContainerMismatchError, CoherenceDownError
   */
  async join(descriptor: SetDescriptor, timeoutMs: number): Promise<ObjectSet> {
    this.checkOpen();
    const set = this.#takeIn(descriptor);
    if (set.descriptor.fingerprint !== descriptor.fingerprint || set.descriptor.name !== descriptor.name) {
      throw new ContainerMismatchError(descriptor.name, memberName(this.self));
    }
    const deadline = performance.now() + timeoutMs;
    this.#answers.set(descriptor.id, new Map());
    for (;;) {
      this.checkOpen();
      const missing = this.#unanswered(set);
      if (missing.length === 0) return set;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new CoherenceDownError(missing.map(memberName), timeoutMs);
      await this.#change(leftMs);
    }
  }

  begin(to: MemberSlot, set: ObjectSet, slot: ObjectSlot, bytes: number): Writer {
    this.#introduce(to, set.descriptor);
    const writer = this.#begin(to, objectHeaderBytes + bytes);
    writeByte(writer, objectFrame);
    writeCount(writer, set.descriptor.id);
    writeCount(writer, slot.env.defaultOwner);
    writeKey(writer, slot.key);
    return writer;
  }

  end(): void {
    const peer = this.#holdingFor;
    if (peer === undefined) {
      this.#courier.end(undefined, true);
      return;
    }
    this.#holdingFor = undefined;
    if (!this.#isUp(peer)) {
      // Nobody is there to answer: whoever waits is told once this step is over.
      queueMicrotask(() => this.#lose(peer));
      return;
    }
    const held = this.#held.get(peer) ?? [];
    if (held.length >= messagesHeldMax) return;
    held.push(this.#holder.written().slice());
    this.#held.set(peer, held);
  }

  /** What another member knows of an object. */
  ask(member: MemberSlot, set: number, key: MapKey): Promise<MemberState | 'none' | 'silent'> {
    return this.#questions.ask(member, set, JSON.stringify(key));
  }

  /** Store what is due, then {@link close}. */
  stop(): Promise<void> {
    this.#stopping ??= Promise.all(Array.from(this.#sets.values(), (set) => set.hooks?.stop())).then(() =>
      this.close(),
    );
    return this.#stopping;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#questions.close();
    for (const stop of this.#stop) stop();
    for (const timer of this.#timers) clearTimeout(timer);
    this.calls.close(() => new ClosedError(memberName(this.self)));
    this.#stir();
  }

  #listen(): void {
    const courier = this.#courier;
    const reader = new Reader();
    const opened = (bytes: Uint8Array, start: number, end: number): Reader => {
      reader.open(bytes, start + 1, end);
      return reader;
    };
    courier.read(objectFrame, (from, bytes, start, end) => this.#onObject(from, opened(bytes, start, end)));
    courier.read(helloFrame, (from, bytes, start, end) => this.#onHello(from, opened(bytes, start, end)));
    courier.read(setFrame, (from, bytes, start, end) => this.#onSet(from, opened(bytes, start, end)));
    courier.read(setAnswerFrame, (from, bytes, start, end) => this.#onSetAnswer(from, opened(bytes, start, end)));
    courier.read(questionFrame, (from, bytes, start, end) =>
      this.#questions.onQuestion(from, opened(bytes, start, end)),
    );
    courier.read(answerFrame, (_from, bytes, start, end) => this.#questions.onAnswer(opened(bytes, start, end)));
    const { exchange } = this.context;
    this.#stop.push(
      exchange.listen({ onReady: (peer) => this.#greet(peer, true) }),
      courier.listen({ onLost: (peer) => this.#lose(peer), onUnreachable: (peer) => this.#lose(peer) }),
      this.context.watchView(() => this.#stir()),
    );
  }

  #isUp(peer: MemberSlot): boolean {
    return this.context.view.members.some(({ slot, state }) => slot === peer && state === 'up');
  }

  #takeIn(descriptor: SetDescriptor): ObjectSet {
    let set = this.#sets.get(descriptor.id);
    if (set === undefined) {
      set = new ObjectSet(descriptor, this);
      this.#sets.set(descriptor.id, set);
    }
    return set;
  }

  /** Members that are up and have not agreed to a set. Asks those that were not asked. */
  #unanswered({ descriptor }: ObjectSet): MemberSlot[] {
    const answers = this.#answers.get(descriptor.id)!;
    const missing: MemberSlot[] = [];
    for (const { slot, state } of this.context.view.members) {
      if (state !== 'up' || slot === this.self || slot >= mainSlot) continue;
      const agreed = answers.get(slot);
      if (agreed === false) throw new ContainerMismatchError(descriptor.name, memberName(slot));
      if (agreed === true) continue;
      missing.push(slot);
      if (this.#present.has(slot)) this.#introduce(slot, descriptor, true);
    }
    return missing;
  }

  async #change(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.min(timeoutMs, 2 ** 31 - 1));
    this.#changed.add(resolve);
    await promise;
    this.#changed.delete(resolve);
    clearTimeout(timer);
  }

  #stir(): void {
    for (const resolve of this.#changed) resolve();
  }

  #begin(to: MemberSlot, bytes: number): Writer {
    if (this.#present.has(to)) return this.#courier.begin(to, bytes);
    this.#holdingFor = to;
    this.#holder.reset();
    return this.#holder;
  }

  #introduce(to: MemberSlot, descriptor: SetDescriptor, wantsAnswer = false): void {
    let known = this.#introduced.get(to);
    if (known === undefined) {
      known = new Set();
      this.#introduced.set(to, known);
    }
    if (known.has(descriptor.id) && !wantsAnswer) return;
    known.add(descriptor.id);
    const writer = this.#begin(to, objectHeaderBytes);
    writeByte(writer, setFrame);
    writeByte(writer, wantsAnswer ? 1 : 0);
    writeDescriptor(writer, descriptor);
    this.end();
  }

  #greet(peer: MemberSlot, wantsAnswer: boolean): void {
    if (peer === this.self || this.#closed) return;
    const writer = this.#courier.begin(peer, 2);
    writeByte(writer, helloFrame);
    writeByte(writer, wantsAnswer ? 1 : 0);
    this.#courier.end(undefined, true);
  }

  #onHello(from: MemberSlot, reader: Reader): void {
    if (readByte(reader) === 1) this.#greet(from, false);
    if (this.#present.has(from)) return;
    this.#present.add(from);
    for (const frame of this.#held.get(from) ?? []) {
      const writer = this.#courier.begin(from, frame.length);
      writer.room(frame.length);
      writer.bytes.set(frame, writer.at);
      writer.at += frame.length;
      this.#courier.end(undefined, true);
    }
    this.#held.delete(from);
    this.#stir();
  }

  #onSet(from: MemberSlot, reader: Reader): void {
    const wantsAnswer = readByte(reader) === 1;
    const descriptor = readDescriptor(reader);
    const { name, fingerprint } = this.#takeIn(descriptor).descriptor;
    if (!wantsAnswer) return;
    const writer = this.#begin(from, objectHeaderBytes);
    writeByte(writer, setAnswerFrame);
    writeCount(writer, descriptor.id);
    writeByte(writer, name === descriptor.name && fingerprint === descriptor.fingerprint ? 1 : 0);
    this.end();
  }

  #onSetAnswer(from: MemberSlot, reader: Reader): void {
    this.#answers.get(readCount(reader))?.set(from, readByte(reader) === 1);
    this.#stir();
  }

  #onObject(from: MemberSlot, reader: Reader): void {
    const id = readCount(reader);
    const defaultOwner = readCount(reader);
    const key = readKey(reader);
    const set = this.#sets.get(id);
    if (set === undefined) throw new UnknownContainerError(`with number ${id % numberMax}`);
    if (defaultOwner >= mainSlot)
      throw new HoldfastError('HF_CODEC', 'A message names no node.', { hint: 'Report it.' });
    set.receive(from, key, defaultOwner, (handleOf) => readMessage(reader, handleOf));
  }

  #lose(peer: MemberSlot): void {
    this.#present.delete(peer);
    this.#introduced.delete(peer);
    this.#held.delete(peer);
    this.#questions.lose(peer);
    for (const answers of this.#answers.values()) answers.delete(peer);
    this.calls.fail(
      (slot) => waitsFor(slot, peer),
      () => new NodeDownError(memberName(peer), 'unknown'),
    );
    this.#stir();
  }
}

const asking: ReadonlySet<ObjectStatus> = new Set(['WAIT_OBJ_READ', 'WAIT_OBJ_WRITE', 'WAIT_OBJ_RM_DONE']);
const collecting: ReadonlySet<ObjectStatus> = new Set(['WAIT_ACK_INV', 'WAIT_ACK_WRITE', 'WAIT_OBJ_RM_ACK']);

/** Whether what an object waits for may have to come from this member. */
function waitsFor({ entry }: ObjectSlot, member: MemberSlot): boolean {
  if (collecting.has(entry.status)) return entry.awaited.includes(member);
  return asking.has(entry.status) ? entry.probOwner === member : entry.status.startsWith('WAIT');
}
