import type { MessagePort } from 'node:worker_threads';
import type { MemberSlot } from '../member.ts';
import { armed, asleep, awake, type ClusterBlock, memberSetWords } from '../memory/cluster-block.ts';

/** What a doorbell carries when it is only rung. The cheapest value to clone. */
const ring = 0;

/** What a signal is about: the first link of the pair, where almost everything goes, or anything else. */
export type SignalKind = 0 | 1;
export const firstLinkSignal: SignalKind = 0;
export const otherSignal: SignalKind = 1;

/** Called by the waker from the event loop, never from inside one of its methods. */
export interface WakerOwner {
  /** The doorbell rang: someone's records wait. */
  onWake(): void;
  /** Something else than a ring came through the doorbell of `peer`. */
  onPost(peer: MemberSlot, message: unknown): void;
}

/**
 * How members wake each other: one armed word and one set of signals per member, one doorbell port per pair.
 *
 * A sender makes its records visible, sets its bit in the receiver's signals, and turns the receiver's armed word to
 * awake; the one that turned it owes the wake-up: a ring of the doorbell when the receiver waits in its event loop, a
 * notify when it is blocked on the word. A receiver arms first and looks at its signals afterwards, so that a sender
 * either sees it armed or is seen (Dekker's order; all these words are sequentially consistent). A wake-up that gets
 * lost with a port is found by the next heartbeat.
 */
export class Waker {
  readonly #words: Int32Array;
  readonly #block: ClusterBlock;
  readonly #self: MemberSlot;
  readonly #owner: WakerOwner;
  readonly #armed: number;
  readonly #signals: number;
  readonly #doorbells = new Map<MemberSlot, MessagePort>();
  /** Words of the signals in which an attached peer has its bit, both kinds. */
  #watched: number[] = [];
  /** Times this side rang or notified someone. */
  wakeUps = 0;

  constructor(block: ClusterBlock, self: MemberSlot, owner: WakerOwner) {
    this.#words = block.arena.words;
    this.#block = block;
    this.#self = self;
    this.#owner = owner;
    this.#armed = block.armedWord(self);
    this.#signals = block.signalWords(self);
    this.stayAwake();
  }

  /** Listen at, and ring, this pair's doorbell. It keeps the event loop alive until {@link detach}. */
  attach(peer: MemberSlot, doorbell: MessagePort): void {
    this.detach(peer);
    this.#doorbells.set(peer, doorbell);
    doorbell.on('message', (message: unknown) => {
      if (message === ring) this.#owner.onWake();
      else this.#owner.onPost(peer, message);
    });
    this.#watch();
  }

  detach(peer: MemberSlot): void {
    const doorbell = this.#doorbells.get(peer);
    if (doorbell === undefined) return;
    this.#doorbells.delete(peer);
    doorbell.removeAllListeners('message');
    doorbell.close();
    this.#watch();
  }

  /** Send more than a ring through the doorbell of `peer`, such as the new port of a renewed link. */
  post(peer: MemberSlot, message: object, transfer: readonly MessagePort[]): void {
    this.#doorbells.get(peer)?.postMessage(message, transfer);
  }

  /** Tell `peer` that something of this member's waits for it. Call after it was made visible. */
  signal(peer: MemberSlot, kind: SignalKind): void {
    if (this.#mark(peer, kind) !== armed) return;
    this.wakeUps++;
    this.#doorbells.get(peer)?.postMessage(ring);
  }

  /** Whether an attached peer signalled since its signals were taken. */
  get signalled(): boolean {
    for (let index = 0; index < this.#watched.length; index++) {
      if (Atomics.load(this.#words, this.#watched[index] as number) !== 0) return true;
    }
    return false;
  }

  /** Take and clear one word of the signals of a kind: bit `i` of word `w` is member `32 * w + i`. */
  takeSignals(word: number, kind: SignalKind): number {
    const at = this.#signals + kind * memberSetWords + word;
    return Atomics.load(this.#words, at) === 0 ? 0 : Atomics.exchange(this.#words, at, 0);
  }

  /** Nobody needs to ring from now on: this member looks by itself. */
  stayAwake(): void {
    Atomics.store(this.#words, this.#armed, awake);
  }

  /** Ask to be woken; false when something is there already (and nobody needs to ring). */
  arm(): boolean {
    Atomics.store(this.#words, this.#armed, armed);
    if (!this.signalled) return true;
    this.stayAwake();
    return false;
  }

  /** Block until someone signals or `ms` passed; whether someone did. Only for threads that may block. */
  wait(ms: number): boolean {
    Atomics.store(this.#words, this.#armed, asleep);
    if (!this.signalled) Atomics.wait(this.#words, this.#armed, asleep, ms);
    this.stayAwake();
    return this.signalled;
  }

  /** Close every doorbell. */
  close(): void {
    for (const peer of [...this.#doorbells.keys()]) this.detach(peer);
  }

  #watch(): void {
    const used = new Set(Array.from(this.#doorbells.keys(), (peer) => peer >> 5));
    this.#watched = [...used].flatMap((word) => [this.#signals + word, this.#signals + memberSetWords + word]);
  }

  /** Set this member's bit at `peer` and turn the peer's armed word; what the word said before. */
  #mark(peer: MemberSlot, kind: SignalKind): number {
    const words = this.#words;
    const signals = this.#block.signalWords(peer) + kind * memberSetWords + (this.#self >> 5);
    const bit = 1 << (this.#self & 31);
    if ((Atomics.load(words, signals) & bit) === 0) Atomics.or(words, signals, bit);
    const word = this.#block.armedWord(peer);
    const state = Atomics.load(words, word);
    if (state === awake || Atomics.compareExchange(words, word, state, awake) !== state) return awake;
    if (state === asleep) {
      this.wakeUps++;
      Atomics.notify(words, word, 1);
    }
    return state;
  }
}
