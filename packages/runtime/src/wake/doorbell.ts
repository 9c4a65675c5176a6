import type { MessagePort } from 'node:worker_threads';
import type { MemberSlot } from '../member.ts';
import { armed, asleep, awake, type ClusterBlock, memberSetWords } from '../memory/cluster-block.ts';

/** What a doorbell carries when it is only rung. The cheapest value to clone. */
export const ring = 0;

/** What a signal is about: the first link of the pair, where almost everything goes, or anything else. */
export type SignalKind = 0 | 1;
export const firstLinkSignal: SignalKind = 0;
export const otherSignal: SignalKind = 1;

/** The way to wake one peer: its signals, its armed word, and the port that rings in its event loop. */
export class Doorbell {
  readonly port: MessagePort;
  readonly #words: Int32Array;
  /** This member's word among the peer's signals of the first kind, and its bit in it. */
  readonly #signals: number;
  readonly #bit: number;
  readonly #armed: number;
  /** Times this side rang or notified the peer. */
  rings = 0;

  constructor(block: ClusterBlock, self: MemberSlot, peer: MemberSlot, port: MessagePort) {
    this.port = port;
    this.#words = block.arena.words;
    this.#signals = block.signalWords(peer) + (self >> 5);
    this.#bit = 1 << (self & 31);
    this.#armed = block.armedWord(peer);
  }

  /** Tell the peer that something of this member's waits for it. Call after it was made visible. */
  signal(kind: SignalKind): void {
    const words = this.#words;
    const signals = this.#signals + kind * memberSetWords;
    if ((Atomics.load(words, signals) & this.#bit) === 0) Atomics.or(words, signals, this.#bit);
    const state = Atomics.load(words, this.#armed);
    // Whoever turns the word owes the wake-up; everybody else is done.
    if (state === awake || Atomics.compareExchange(words, this.#armed, state, awake) !== state) return;
    this.rings++;
    if (state === armed) this.port.postMessage(ring);
    else if (state === asleep) Atomics.notify(words, this.#armed, 1);
  }

  /** Send more than a ring, such as the new port of a renewed link. */
  post(message: object, transfer: readonly MessagePort[]): void {
    this.port.postMessage(message, transfer);
  }

  close(): void {
    this.port.removeAllListeners('message');
    this.port.close();
  }
}
