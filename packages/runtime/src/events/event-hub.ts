import type { Observable, Subscriber } from 'rxjs';
import { eventsBehindMax } from '../limits.ts';
import type { ClusterSignals } from '../node/signals.ts';
import { type ClusterEvent, describeError, type PublishedEvent } from './cluster-event.ts';
import { IsolatedObservable } from './isolated-observable.ts';

/** Where the events of all threads arrive and go out to subscribers. Tells the threads whether anybody listens. */
export class EventHub {
  readonly events$: Observable<ClusterEvent>;
  readonly #signals: ClusterSignals;
  readonly #subscribers = new Set<Subscriber<ClusterEvent>>();
  #over = false;

  constructor(signals: ClusterSignals) {
    this.#signals = signals;
    this.events$ = new IsolatedObservable<ClusterEvent>(
      (subscriber) => this.#add(subscriber),
      (error) => this.#subscriberFailed(error),
    );
  }

  /** Hand events to whoever listens. Those of types that other packages add go the same way. */
  deliver(events: readonly PublishedEvent[], dropped = 0): void {
    // The types of published events are checked where they are published.
    for (const event of events) for (const subscriber of [...this.#subscribers]) subscriber.next(event as ClusterEvent);
    if (dropped > 0) this.deliver([{ type: 'events-dropped', at: Date.now(), node: 'main', count: dropped }]);
  }

  /** The events from now on, for `for await`. A consumer that falls behind loses the oldest and is told how many. */
  async *iterate(signal?: AbortSignal): AsyncGenerator<ClusterEvent, void, undefined> {
    const waiting: ClusterEvent[] = [];
    let dropped = 0;
    let over = signal?.aborted === true;
    let wake = Promise.withResolvers<void>();
    const stop = () => {
      over = true;
      wake.resolve();
    };
    const subscription = this.events$.subscribe({
      next: (event) => {
        waiting.push(event);
        if (waiting.length > eventsBehindMax) {
          waiting.shift();
          dropped += 1;
        }
        wake.resolve();
      },
      complete: stop,
    });
    signal?.addEventListener('abort', stop);
    try {
      for (;;) {
        if (dropped > 0) {
          const count = dropped;
          dropped = 0;
          yield { type: 'events-dropped', at: Date.now(), node: 'main', count };
        }
        const event = waiting.shift();
        if (event !== undefined) yield event;
        else if (over) return;
        else {
          await wake.promise;
          wake = Promise.withResolvers();
        }
      }
    } finally {
      subscription.unsubscribe();
      signal?.removeEventListener('abort', stop);
    }
  }

  /** No event follows. */
  complete(): void {
    this.#over = true;
    for (const subscriber of [...this.#subscribers]) subscriber.complete();
  }

  #add(subscriber: Subscriber<ClusterEvent>): () => void {
    if (this.#over) {
      subscriber.complete();
      return () => undefined;
    }
    this.#subscribers.add(subscriber);
    this.#signals.listening = true;
    return () => {
      this.#subscribers.delete(subscriber);
      this.#signals.listening = this.#subscribers.size > 0;
    };
  }

  // The failure is itself an event, but not to be reported without end by a subscriber that always throws.
  #reporting = false;
  #subscriberFailed(error: unknown): void {
    const failure = describeError(error);
    process.emitWarning(`A subscriber of the cluster's events failed: ${failure.name}: ${failure.message}`, {
      code: 'HF_SUBSCRIBER_FAILED',
      ...(failure.stack === undefined ? {} : { detail: failure.stack }),
    });
    if (this.#reporting) return;
    this.#reporting = true;
    this.deliver([{ type: 'subscriber-failed', at: Date.now(), error: failure }]);
    this.#reporting = false;
  }
}
