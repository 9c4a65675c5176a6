import { type MemberSlot, memberSlots } from '../member.ts';

const listeningWord = 0;
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

  paused(slot: MemberSlot): boolean {
    return Atomics.load(this.#words, pauseWords + slot) !== 0;
  }

  pause(slot: MemberSlot): void {
    Atomics.store(this.#words, pauseWords + slot, 1);
  }

  resume(slot: MemberSlot): void {
    Atomics.store(this.#words, pauseWords + slot, 0);
    Atomics.notify(this.#words, pauseWords + slot);
  }

  /** Stop this thread until somebody resumes it. It runs nothing meanwhile; `terminate` still ends it. */
  standStill(slot: MemberSlot): void {
    while (this.paused(slot)) Atomics.wait(this.#words, pauseWords + slot, 1);
  }
}
