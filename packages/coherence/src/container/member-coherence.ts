import { setImmediate } from 'node:timers/promises';
import { Courier, Reader, readByte, readCount, type Writer, writeByte, writeCount } from '@holdfast/runtime/internals';
import { ClosedError, type MemberContext, type MemberSlot, mainSlot, memberName } from '@holdfast/runtime/service';
import { CoherenceDownError, ContainerMismatchError, UnknownContainerError } from '../errors.ts';
import { beginningOf } from '../kernel/late-beginning.ts';
import { type CallId, noPayload } from '../kernel/object-types.ts';
import type { Undelivered, View } from '../kernel/view-types.ts';
import { callsPerTurnMax, framesEarlyMax } from '../limits.ts';
import { CoherenceViews } from './coherence-views.ts';
import type { MapKey } from './key-form.ts';
import {
  answerFrame,
  MemberQuestions,
  type MemberState,
  type MemberTrace,
  questionFrame,
  stateOf,
} from './member-questions.ts';
import { payloadOf } from './message-form.ts';
import { ObjectSet } from './object-set.ts';
import { PageFrames } from './page-frames.ts';
import { readDescriptor, type SetDescriptor, writeDescriptor } from './set-descriptor.ts';
import { peekEpoch } from './set-frames.ts';
import type { SetPlace } from './set-place.ts';
import { WaitingCalls } from './waiting-calls.ts';

/** Frames of the coherence port begin with one of these; 0 and 1 are the courier's. */
const objectFrame = 2;
/** As an object frame, but its payload, the last of it, names a page instead of being its bytes. */
const pagedFrame = 3;
/**
 * What a set is, the epoch its sender wants an answer from, 0 for none, and the epoch in which the set began, 0 where it has
 * not at the sender. Sent before the first message about it.
 */
const setFrame = 4;
const setAnswerFrame = 5;

const frameHeaderBytes = 96;
const coherencePort = 4;
const coherenceClass = 1;

interface EarlyFrame {
  readonly from: MemberSlot;
  readonly bytes: Uint8Array;
}

/** The container manager of one thread: sets by their names, and the way to the same of other members. */
export class MemberCoherence implements SetPlace {
  readonly self: MemberSlot;
  readonly owns: boolean;
  readonly calls: WaitingCalls;
  readonly context: MemberContext;
  readonly frames: PageFrames;
  readonly #courier: Courier;
  readonly #reader = new Reader();
  readonly #views: CoherenceViews;
  readonly #descriptors = new Map<number, SetDescriptor>();
  readonly #sets = new Map<number, ObjectSet>();
  /** The epochs in which sets began on the members that were there, as others or this one know them. */
  readonly #founded = new Map<number, number>();
  /** Which sets a peer has heard of. */
  readonly #introduced = new Map<MemberSlot, Set<number>>();
  readonly #questions: MemberQuestions;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #changed = new Set<() => void>();
  /** Which members agree to a set, or do not; asked in the epoch of the present view. */
  readonly #answers = new Map<number, Map<MemberSlot, boolean>>();
  /** Messages of a view that this member has not heard of yet. */
  #early: EarlyFrame[] = [];
  #undelivered: EarlyFrame[] = [];
  readonly #stop: (() => void)[] = [];
  #stopping: Promise<void> | undefined;
  #lastCall: CallId = 0;
  /** Calls begun since the event loop turned for calls last. */
  #callsOfTurn = 0;
  #turn: Promise<void> | undefined = undefined;
  #closed = false;

  constructor(context: MemberContext) {
    this.context = context;
    this.self = context.slot;
    this.owns = context.slot < mainSlot;
    this.frames = new PageFrames(context.pages);
    this.calls = new WaitingCalls(() => context.exchange.drain());
    this.#courier = new Courier(context.exchange, coherencePort, coherenceClass);
    this.#questions = new MemberQuestions(
      { begin: (to, bytes) => this.#courier.begin(to, bytes), end: () => this.end() },
      {
        state: (set, key) => {
          const slot = this.#sets.get(set)?.slots.slot(JSON.parse(key) as MapKey);
          return slot && stateOf(slot);
        },
        trace: (set, key) => this.#sets.get(set)?.traceOf(JSON.parse(key) as MapKey),
      },
    );
    this.#listen();
    // Others may send as soon as a view says that this member takes part: by now it listens.
    this.#views = new CoherenceViews(context, (view) => this.#viewChanged(view));
    context.signal.addEventListener('abort', () => void this.stop(), { once: true });
    if (context.signal.aborted) this.close();
  }

  /** Nodes that take part: default owners are chosen among them. */
  get nodes(): readonly MemberSlot[] {
    return this.#views.current?.members.filter((member) => member < mainSlot) ?? [];
  }

  /** @throws ClosedError (HF_CLOSED) */
  checkOpen(): void {
    if (this.#closed) throw new ClosedError(memberName(this.self));
  }

  /** A turn of the event loop that is due: calls that may wait begin after it. */
  get turn(): Promise<void> | undefined {
    return this.#turn;
  }

  nextCall(): CallId {
    this.#callsOfTurn += 1;
    if (this.#callsOfTurn === callsPerTurnMax) {
      this.#callsOfTurn = 0;
      this.#turn ??= setImmediate().then(() => {
        this.#turn = undefined;
      });
    }
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

  objectsUnknown(container: string, node: MemberSlot): void {
    // Where no node is left to tell, the cluster is closing.
    if (this.owns) this.context.emit({ type: 'objects-unknown', set: container, node: memberName(node) });
  }

  /**
   * Take part in a set, and wait until every node that is up does.
   * @throws ContainerMismatchError, CoherenceDownError
   */
  async join(descriptor: SetDescriptor, timeoutMs: number): Promise<ObjectSet> {
    const known = this.#learn(descriptor);
    if (!agrees(known, descriptor)) throw new ContainerMismatchError(descriptor.name, memberName(this.self));
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      this.checkOpen();
      const missing = this.#unanswered(descriptor);
      const view = this.#views.current;
      // All have answered in this view: what they had to say about the set before has arrived.
      if (missing.length === 0 && view !== undefined)
        return this.#sets.get(descriptor.id) ?? this.#found(descriptor, view);
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new CoherenceDownError(missing.map(memberName), timeoutMs);
      await this.#change(leftMs);
    }
  }

  begin(to: MemberSlot, set: SetDescriptor, bytes: number, isPaged: boolean): Writer {
    this.#introduce(to, set);
    const writer = this.#courier.begin(to, frameHeaderBytes + bytes);
    writeByte(writer, isPaged ? pagedFrame : objectFrame);
    writeCount(writer, set.id);
    return writer;
  }

  end(): void {
    this.#courier.end(undefined, true);
  }

  /** Store what is due, then {@link close}. */
  stop(): Promise<void> {
    this.#stopping ??= Promise.all(Array.from(this.#sets.values(), (set) => set.hooks?.stop())).then(() =>
      this.close(),
    );
    return this.#stopping;
  }

  /** What another member knows of an object. */
  ask(member: MemberSlot, set: number, key: MapKey): Promise<MemberState | 'none' | 'silent'> {
    return this.#questions.askState(member, set, JSON.stringify(key));
  }

  /** What another member recorded of an object. */
  askTrace(member: MemberSlot, set: number, key: MapKey): Promise<MemberTrace | 'none' | 'silent'> {
    return this.#questions.askTrace(member, set, JSON.stringify(key));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#views.close();
    this.#questions.close();
    for (const stop of this.#stop) stop();
    for (const timer of this.#timers) clearTimeout(timer);
    this.calls.close(() => new ClosedError(memberName(this.self)));
    this.#stir();
  }

  #listen(): void {
    const courier = this.#courier;
    const reader = this.#reader;
    const opened = (bytes: Uint8Array, start: number, end: number): Reader => {
      reader.open(bytes, start + 1, end);
      return reader;
    };
    courier.read(objectFrame, (from, bytes, start, end) => this.#onObject(from, bytes, start, end));
    courier.read(pagedFrame, (from, bytes, start, end) => this.#onObject(from, bytes, start, end));
    courier.read(setFrame, (from, bytes, start, end) => this.#onSet(from, opened(bytes, start, end)));
    courier.read(setAnswerFrame, (from, bytes, start, end) => this.#onSetAnswer(from, opened(bytes, start, end)));
    courier.read(questionFrame, (from, bytes, start, end) =>
      this.#questions.onQuestion(from, opened(bytes, start, end)),
    );
    courier.read(answerFrame, (_from, bytes, start, end) => this.#questions.onAnswer(opened(bytes, start, end)));
    this.#stop.push(
      courier.listen({
        onNotSent: (peer, bytes, start, end) => {
          const isObject = bytes[start] === objectFrame || bytes[start] === pagedFrame;
          if (isObject) this.#undelivered.push({ from: peer, bytes: this.#kept(bytes, start, end, false) });
        },
        onLost: (peer) => this.#lose(peer),
      }),
    );
  }

  /** Who takes part has changed, or another view of the cluster passed: every set goes through it. */
  #viewChanged(view: View): void {
    // A session may end long before a view says that its peer is gone.
    const isLeft = ({ from: peer }: EarlyFrame): boolean => !view.members.includes(peer);
    const undelivered = this.#undelivered.filter(isLeft);
    this.#undelivered = this.#undelivered.filter((frame) => !isLeft(frame));
    this.#answers.clear();
    for (const set of this.#sets.values()) set.changeView(view, this.#notReceived(set, undelivered));
    this.#hearEarly();
    this.#stir();
  }

  /** What a set had said to those that left, and they certainly did not hear. */
  #notReceived(set: ObjectSet, frames: readonly EarlyFrame[]): Undelivered[] {
    return frames.flatMap(({ from: to, bytes }) => {
      this.#reader.open(bytes, 1, bytes.length);
      if (readCount(this.#reader) !== set.descriptor.id) return [];
      const message = set.readEarly(this.#reader);
      // Whether a copy that a grant relied on is still somewhere, its sender cannot know: it counts as received.
      const isDataless =
        message.type === 'OBJECT' && message.message.type === 'GRANT' && payloadOf(message.message) === noPayload;
      return isDataless ? [] : [{ to, message }];
    });
  }

  #learn(descriptor: SetDescriptor): SetDescriptor {
    const known = this.#descriptors.get(descriptor.id);
    if (known !== undefined) return known;
    this.#descriptors.set(descriptor.id, descriptor);
    return descriptor;
  }

  #found(descriptor: SetDescriptor, view: View): ObjectSet {
    this.#founded.set(descriptor.id, view.epoch);
    return this.#begin(descriptor, view);
  }

  #begin(descriptor: SetDescriptor, founding: View | undefined): ObjectSet {
    const set = new ObjectSet(descriptor, this, founding);
    this.#sets.set(descriptor.id, set);
    // Whoever was only asked about the set before is told when it began ahead of the first message about it.
    for (const known of this.#introduced.values()) known.delete(descriptor.id);
    return set;
  }

  /** Members that have not agreed to a set in the present view. Asks those that were not asked. */
  #unanswered({ id, name }: SetDescriptor): MemberSlot[] {
    const view = this.#views.current;
    if (view === undefined) return [this.self];
    let answers = this.#answers.get(id);
    if (answers === undefined) {
      answers = new Map();
      this.#answers.set(id, answers);
      for (const member of view.members)
        if (member !== this.self) this.#introduce(member, this.#descriptors.get(id)!, view.epoch);
    }
    const missing = this.#views.missing.filter((member) => member !== this.self);
    for (const member of view.members) {
      const agreed = answers.get(member);
      if (agreed === false) throw new ContainerMismatchError(name, memberName(member));
      if (agreed === undefined && member !== this.self) missing.push(member);
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

  #introduce(to: MemberSlot, descriptor: SetDescriptor, askedIn = 0): void {
    let known = this.#introduced.get(to);
    if (known === undefined) {
      known = new Set();
      this.#introduced.set(to, known);
    }
    if (known.has(descriptor.id) && askedIn === 0) return;
    known.add(descriptor.id);
    const writer = this.#courier.begin(to, frameHeaderBytes);
    writeByte(writer, setFrame);
    writeCount(writer, askedIn);
    writeCount(writer, this.#founded.get(descriptor.id) ?? 0);
    writeDescriptor(writer, descriptor);
    this.end();
  }

  #onSet(from: MemberSlot, reader: Reader): void {
    const askedIn = readCount(reader);
    const founded = readCount(reader);
    const descriptor = readDescriptor(reader);
    const known = this.#learn(descriptor);
    if (founded > 0 && !this.#sets.has(descriptor.id)) this.#founded.set(descriptor.id, founded);
    if (askedIn > 0) void this.#answerSet(from, descriptor.id, agrees(known, descriptor), askedIn);
  }

  /** Answer once this member is in the view it was asked in: what it says in that view goes before. */
  async #answerSet(to: MemberSlot, id: number, agreed: boolean, epoch: number): Promise<void> {
    while (!this.#closed && (this.#views.current?.epoch ?? 0) < epoch) await this.#change(2 ** 31 - 1);
    if (this.#closed || !this.context.exchange.ready(to)) return;
    const writer = this.#courier.begin(to, frameHeaderBytes);
    writeByte(writer, setAnswerFrame);
    writeCount(writer, id);
    writeCount(writer, epoch);
    writeByte(writer, agreed ? 1 : 0);
    this.end();
  }

  #onSetAnswer(from: MemberSlot, reader: Reader): void {
    const id = readCount(reader);
    if (readCount(reader) !== this.#views.current?.epoch) return;
    this.#answers.get(id)?.set(from, readByte(reader) === 1);
    this.#stir();
  }

  #onObject(from: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    const reader = this.#reader;
    reader.open(bytes, start + 1, end);
    const id = readCount(reader);
    const set = this.#sets.get(id) ?? this.#beginFor(id, reader);
    if (set === undefined) {
      if (this.#early.length < framesEarlyMax) this.#early.push({ from, bytes: this.#kept(bytes, start, end, true) });
      return;
    }
    set.receive(from, reader, bytes[start] === pagedFrame);
  }

  /** A frame to look at later: what it names of pages, it brings along as bytes, before somebody dies with them. */
  #kept(bytes: Uint8Array, start: number, end: number, arrived: boolean): Uint8Array {
    if (bytes[start] === objectFrame) return bytes.slice(start, end);
    const whole = this.frames.inlined(bytes, start, end, arrived);
    whole[0] = objectFrame;
    return whole;
  }

  /**
   * A set that this member has nothing of begins with the first message about it, as if this member had been there since
   * the set began. Undefined while the sender is in a later view.
   */
  #beginFor(id: number, reader: Reader): ObjectSet | undefined {
    const descriptor = this.#descriptors.get(id);
    if (descriptor === undefined) throw new UnknownContainerError(`with number ${id}`);
    const { current, told } = this.#views;
    if (current === undefined || peekEpoch(reader) > current.epoch) return undefined;
    const { at, end, bytes } = reader;
    const { founding, later } = beginningOf(this.#founded.get(id) ?? 0, told);
    const set = this.#begin(descriptor, founding);
    for (const view of later) set.changeView(view, []);
    // What was told in later views counts from now on, too.
    this.#hearEarly();
    reader.open(bytes, at, end);
    return set;
  }

  #hearEarly(): void {
    const early = this.#early;
    this.#early = [];
    for (const { from, bytes } of early) this.#onObject(from, bytes, 0, bytes.length);
  }

  #lose(peer: MemberSlot): void {
    this.frames.lose(peer);
    this.#introduced.delete(peer);
    this.#questions.lose(peer);
    this.#stir();
  }
}

const agrees = (one: SetDescriptor, other: SetDescriptor): boolean =>
  one.name === other.name && one.fingerprint === other.fingerprint;
