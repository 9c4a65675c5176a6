import { type MemberSlot, memberSlots } from '../member.ts';

const listeningWord = 0;
// One word a member: odd while it is paused, and higher with every change.
const pauseWords = 16;

/**
 * A few words that the embedding thread, the supervisor and the members of one cluster share beside the cluster block:
 * whether anybody listens to events, and who must stand still.
 */
export class ClusterSignals {
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer((pauseWords + memberSlots) * 4)) {
    this.#words = new Int32Array(buffer);
  }

  get buffer(): SharedArrayBuffer {
    return this.#words.buffer;
  }

  /** Whether an event has a subscriber. Nothing is built or posted while it is false. */
  get listening(): boolean {
    return Atomics.load(this.#words, listeningWord) !== 0;
  }

  set listening(listening: boolean) {
    Atomics.store(this.#words, listeningWord, listening ? 1 : 0);
  }

  /** Whether `slot` is told to stand still. */
  paused(slot: MemberSlot): boolean {
    return (Atomics.load(this.#words, pauseWords + slot) & 1) === 1;
  }

  /** Tell `slot` to stand still; the number of this pause, by which the member knows when it is over. */
  pause(slot: MemberSlot): number {
    if (this.paused(slot)) throw new RangeError(`member ${slot} is paused already`);
    return Atomics.add(this.#words, pauseWords + slot, 1) + 1;
  }

  resume(slot: MemberSlot): void {
    if (!this.paused(slot)) return;
    Atomics.add(this.#words, pauseWords + slot, 1);
    Atomics.notify(this.#words, pauseWords + slot);
  }

  /**
   * Stop this thread until that pause is over. It runs nothing meanwhile; `terminate` still ends it. A next pause that
   * follows at once has a number of its own, and is obeyed when its order is read.
   */
  standStill(slot: MemberSlot, pause: number): void {
    while (Atomics.load(this.#words, pauseWords + slot) === pause) Atomics.wait(this.#words, pauseWords + slot, pause);
  }
}
