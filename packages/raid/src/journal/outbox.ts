import type { Peer } from '../kernel/journal.ts';
import { laterMessagesMax, laterMs } from '../limits.ts';

/**
 * Messages to the other members, in order for each of them. One that nobody waits for goes with the next that somebody
 * does, so that it wakes no thread of its own; after {@link laterMs}, or when many wait, by itself.
 */
export class Outbox {
  readonly #send: (to: Peer, bytes: Uint8Array) => void;
  readonly #later = new Map<Peer, Uint8Array[]>();
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (to: Peer, bytes: Uint8Array) => void) {
    this.#send = send;
  }

  /** `bytes` are copied where they have to wait. */
  send(to: Peer, bytes: Uint8Array, isUrgent: boolean): void {
    const before = this.#later.get(to);
    if (!isUrgent && (before === undefined || before.length < laterMessagesMax)) {
      if (before === undefined) this.#later.set(to, [bytes.slice()]);
      else before.push(bytes.slice());
      this.#timer ??= setTimeout(this.#isLate, laterMs);
      return;
    }
    this.#flush(to);
    this.#send(to, bytes);
  }

  /** The link to a member ended: what it was to be told belongs to that link. */
  ended(peer: Peer): void {
    this.#later.delete(peer);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#later.clear();
  }

  /** Send what waits now. */
  sendAll(): void {
    for (const to of [...this.#later.keys()]) this.#flush(to);
  }

  readonly #isLate = () => {
    this.#timer = undefined;
    this.sendAll();
  };

  #flush(to: Peer): void {
    const waiting = this.#later.get(to);
    if (waiting === undefined) return;
    this.#later.delete(to);
    for (const bytes of waiting) this.#send(to, bytes);
  }
}
