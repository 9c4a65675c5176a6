import { noPayload } from '../kernel/object-types.ts';
import type { ViewMessage } from '../kernel/view-types.ts';

export interface Counts {
  messages: number;
  /** Messages with a value in them. */
  payloads: number;
  /** Requests that a node passed on to another. */
  forwards: number;
}

/** What nodes sent each other, for each object and for none. */
export class MessageCounts {
  readonly #counts = new Map<string | undefined, Counts>();

  /** @param key undefined for a message of a change of view, which is about all objects. */
  sent(key: string | undefined, sent: ViewMessage): void {
    const counts = this.#counts.get(key) ?? { messages: 0, payloads: 0, forwards: 0 };
    this.#counts.set(key, counts);
    counts.messages++;
    if (sent.type !== 'OBJECT') return;
    const { message } = sent;
    if ('payload' in message && message.payload !== noPayload) counts.payloads++;
    if ('forwards' in message && message.forwards > 0) counts.forwards++;
  }

  /** Of one object, or of all. */
  of(key: string | undefined): Counts {
    const total = { messages: 0, payloads: 0, forwards: 0 };
    for (const [each, counts] of this.#counts) {
      if (key !== undefined && key !== each) continue;
      total.messages += counts.messages;
      total.payloads += counts.payloads;
      total.forwards += counts.forwards;
    }
    return total;
  }

  reset(key: string | undefined): void {
    if (key === undefined) this.#counts.clear();
    else this.#counts.delete(key);
  }
}
