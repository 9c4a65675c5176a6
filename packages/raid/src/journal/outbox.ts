import type { Peer } from '../kernel/journal.ts';
import { laterMessagesMax, laterMs } from '../limits.ts';
import { frameBytes, MessageBatch } from './message-batch.ts';

/** What waits for one member. */
interface Waiting {
  readonly batch: MessageBatch;
  isUrgent: boolean;
}

/**
 * Messages to the other members, in order for each of them. What is said in one turn goes in one frame: to send, wake, and
 * take a frame costs several times what a message in it does. One that nobody waits for goes with the next that somebody does,
 * so that it wakes no thread of its own; after {@link laterMs}, or when many wait, by itself.
 */
export class Outbox {
  readonly #send: (to: Peer, bytes: Uint8Array) => void;
  readonly #waiting = new Map<Peer, Waiting>();
  #timer: NodeJS.Timeout | undefined;
  #isTurnAwaited = false;

  /** @param send a frame; its bytes are valid during the call */
  constructor(send: (to: Peer, bytes: Uint8Array) => void) {
    this.#send = send;
  }

  /** `bytes` are copied. */
  send(to: Peer, bytes: Uint8Array, isUrgent: boolean): void {
    let waiting = this.#waiting.get(to);
    if (waiting === undefined) {
      waiting = { batch: new MessageBatch(), isUrgent: false };
      this.#waiting.set(to, waiting);
    }
    const { batch } = waiting;
    if (!batch.hasRoomFor(bytes.length)) this.#flush(to, waiting);
    if (bytes.length > frameBytes) {
      this.#send(to, bytes);
      return;
    }
    batch.add(bytes);
    if (isUrgent || batch.count >= laterMessagesMax) this.#sendSoon(waiting);
    else if (!waiting.isUrgent) this.#timer ??= setTimeout(this.#isLate, laterMs);
  }

  /** The link to a member ended: what it was to be told belongs to that link. */
  ended(peer: Peer): void {
    this.#waiting.delete(peer);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  /** Send what waits now. */
  sendAll(): void {
    for (const [to, waiting] of this.#waiting) this.#flush(to, waiting);
  }

  readonly #isLate = () => {
    this.#timer = undefined;
    this.sendAll();
  };

  /** When this turn is over: until then more may come. */
  #sendSoon(waiting: Waiting): void {
    waiting.isUrgent = true;
    if (this.#isTurnAwaited) return;
    this.#isTurnAwaited = true;
    queueMicrotask(() => {
      this.#isTurnAwaited = false;
      for (const [to, each] of this.#waiting) if (each.isUrgent) this.#flush(to, each);
    });
  }

  #flush(to: Peer, waiting: Waiting): void {
    waiting.isUrgent = false;
    if (waiting.batch.count === 0) return;
    const frame = waiting.batch.frame();
    waiting.batch.clear();
    this.#send(to, frame);
  }
}
