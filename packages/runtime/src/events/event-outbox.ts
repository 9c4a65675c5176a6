import { eventsPerTurnMax } from '../limits.ts';
import type { ClusterSignals } from '../node/signals.ts';
import type { ClusterEventMap, ClusterEventType, PublishedEvent } from './cluster-event.ts';

/**
 * Events on their way from this thread to the embedding one: gathered over a turn, posted once. While nobody listens
 * nothing is kept or posted.
 */
export class EventOutbox {
  readonly #signals: ClusterSignals;
  readonly #post: (events: readonly PublishedEvent[], dropped: number) => void;
  #events: PublishedEvent[] = [];
  #dropped = 0;
  #scheduled = false;

  constructor(signals: ClusterSignals, post: (events: readonly PublishedEvent[], dropped: number) => void) {
    this.#signals = signals;
    this.#post = post;
  }

  /** An event of the cluster's own types. */
  publish<Type extends ClusterEventType>(type: Type, fields: ClusterEventMap[Type]): void {
    this.publishAny({ ...fields, type });
  }

  /** An event of any type. */
  publishAny(event: { readonly type: string } & Readonly<Record<string, unknown>>): void {
    if (!this.#signals.listening) return;
    if (this.#events.length >= eventsPerTurnMax) this.#dropped += 1;
    else this.#events.push({ at: Date.now(), ...event });
    if (this.#scheduled) return;
    this.#scheduled = true;
    // A microtask, not a timer: what a thread says before it throws still gets out.
    queueMicrotask(() => this.flush());
  }

  /** Post what is gathered now: before this thread stands still or ends. */
  flush(): void {
    this.#scheduled = false;
    if (this.#events.length === 0) return;
    const events = this.#events;
    const dropped = this.#dropped;
    this.#events = [];
    this.#dropped = 0;
    try {
      this.#post(events, dropped);
    } catch {
      const posted = events.filter((event) => this.#posted(event));
      this.#post([], dropped + events.length - posted.length);
    }
  }

  /** Post one event alone, because one of its batch holds something that cannot be cloned. */
  #posted(event: PublishedEvent): boolean {
    try {
      this.#post([event], 0);
      return true;
    } catch {
      return false;
    }
  }
}
