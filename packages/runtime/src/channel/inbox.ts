import { Subject } from 'rxjs/internal/Subject';
import type { Subscriber } from 'rxjs/internal/Subscriber';
import { IsolatedObservable, type SubscriberFailure } from '../events/isolated-observable.ts';
import { channelUnheardMax } from '../limits.ts';

/** Messages of a channel on their way to subscribers; those that come before anybody listens wait for the first. */
export class Inbox {
  readonly messages$: IsolatedObservable<unknown>;
  readonly #subject = new Subject<unknown>();
  #unheard: unknown[] | undefined = [];

  constructor(report: SubscriberFailure) {
    this.messages$ = new IsolatedObservable((subscriber: Subscriber<unknown>) => {
      for (const message of this.#takeUnheard()) subscriber.next(message);
      const subscription = this.#subject.subscribe(subscriber);
      return () => subscription.unsubscribe();
    }, report);
  }

  /** False when nobody listens and too much waits already. */
  add(message: unknown): boolean {
    if (this.#unheard === undefined) {
      this.#subject.next(message);
      return true;
    }
    if (this.#unheard.length === channelUnheardMax) return false;
    this.#unheard.push(message);
    return true;
  }

  end(error: Error | undefined): void {
    if (error === undefined) this.#subject.complete();
    else this.#subject.error(error);
  }

  #takeUnheard(): readonly unknown[] {
    const unheard = this.#unheard ?? [];
    this.#unheard = undefined;
    return unheard;
  }
}
