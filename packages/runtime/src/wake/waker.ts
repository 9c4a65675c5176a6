import type { MessagePort } from 'node:worker_threads';
import type { MemberSlot } from '../member.ts';
import { armed, asleep, awake, type ClusterBlock, memberSetWords } from '../memory/cluster-block.ts';

/** What a doorbell carries when it is only rung. The cheapest value to clone. */
const ring = 0;

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
  }

  detach(peer: MemberSlot): void {
    const doorbell = this.#doorbells.get(peer);
    if (doorbell === undefined) return;
    this.#doorbells.delete(peer);
    doorbell.removeAllListeners('message');
    doorbell.close();
  }

  /** Send more than a ring through the doorbell of `peer`, such as the new port of a renewed link. */
  post(peer: MemberSlot, message: object, transfer: readonly MessagePort[]): void {
    this.#doorbells.get(peer)?.postMessage(message, transfer);
  }

  /** Tell `peer` that something of this member's waits for it. Call after it was made visible. */
  signal(peer: MemberSlot): void {
    if (this.#mark(peer) !== armed) return;
    this.wakeUps++;
    this.#doorbells.get(peer)?.postMessage(ring);
  }

  /** Like {@link signal} when the event loop of `peer` wakes up by other means: only a blocked peer needs more. */
  signalBlocked(peer: MemberSlot): void {
    this.#mark(peer);
  }

  /** Whether anyone signalled since the signals were taken. */
  get signalled(): boolean {
    for (let word = 0; word < memberSetWords; word++) {
      if (Atomics.load(this.#words, this.#signals + word) !== 0) return true;
    }
    return false;
  }

  /** Take and clear one word of the signals: bit `i` of word `w` is member `32 * w + i`. */
  takeSignals(word: number): number {
    const at = this.#signals + word;
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

  /** Set this member's bit at `peer` and turn the peer's armed word; what the word said before. */
  #mark(peer: MemberSlot): number {
    const words = this.#words;
    const signals = this.#block.signalWords(peer) + (this.#self >> 5);
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
