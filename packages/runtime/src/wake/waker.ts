import type { MessagePort } from 'node:worker_threads';
import type { MemberSlot } from '../member.ts';
import { armed, asleep, awake, type ClusterBlock, memberSetWords } from '../memory/cluster-block.ts';
import { Doorbell, firstLinkSignal, otherSignal, ring, type SignalKind } from './doorbell.ts';

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
  readonly #doorbells = new Map<MemberSlot, Doorbell>();
  /** Words of the signals, of either kind, in which an attached peer has its bit. */
  #watched: readonly number[] = [];

  constructor(block: ClusterBlock, self: MemberSlot, owner: WakerOwner) {
    this.#words = block.arena.words;
    this.#block = block;
    this.#self = self;
    this.#owner = owner;
    this.#armed = block.armedWord(self);
    this.#signals = block.signalWords(self);
    this.stayAwake();
  }

  /** Words of member sets in which an attached peer has its bit: 0 for members 0 to 31, and so on. */
  peerWords: readonly number[] = [];

  /** Listen at this pair's doorbell; the way to ring the peer. It keeps the event loop alive until {@link detach}. */
  attach(peer: MemberSlot, port: MessagePort): Doorbell {
    this.detach(peer);
    const doorbell = new Doorbell(this.#block, this.#self, peer, port);
    this.#doorbells.set(peer, doorbell);
    port.on('message', (message: unknown) => {
      if (message === ring) this.#owner.onWake();
      else this.#owner.onPost(peer, message);
    });
    this.#watch();
    return doorbell;
  }

  detach(peer: MemberSlot): void {
    const doorbell = this.#doorbells.get(peer);
    if (doorbell === undefined) return;
    this.#doorbells.delete(peer);
    doorbell.close();
    this.#watch();
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

  /** Block until `ms` passed, whatever waits; a signal that comes meanwhile may cut it short. */
  rest(ms: number): void {
    Atomics.store(this.#words, this.#armed, asleep);
    Atomics.wait(this.#words, this.#armed, asleep, ms);
    this.stayAwake();
  }

  /** Close every doorbell. */
  close(): void {
    for (const peer of [...this.#doorbells.keys()]) this.detach(peer);
  }

  #watch(): void {
    this.peerWords = [...new Set(Array.from(this.#doorbells.keys(), (peer) => peer >> 5))];
    this.#watched = [firstLinkSignal, otherSignal].flatMap((kind) =>
      this.peerWords.map((word) => this.#signals + kind * memberSetWords + word),
    );
  }
}
