import { noPayload, type ObjectMessage } from '../kernel/object-types.ts';

export interface Counts {
  messages: number;
  /** Messages with a value in them. */
  payloads: number;
  /** Requests that a node passed on to another. */
  forwards: number;
}

/** What nodes sent each other, for each object. */
export class MessageCounts {
  readonly #counts = new Map<string, Counts>();

  sent(key: string, message: ObjectMessage): void {
    const counts = this.#counts.get(key) ?? { messages: 0, payloads: 0, forwards: 0 };
    this.#counts.set(key, counts);
    counts.messages++;
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
