import type { Observer, Operator, Subscription } from 'rxjs';
// The whole of RxJS takes 60 ms of CPU to load, these two a tenth of it.
import { Observable } from 'rxjs/internal/Observable';
import { Subscriber } from 'rxjs/internal/Subscriber';

/** Told of what a subscriber threw, or of an error nobody handled. */
export type SubscriberFailure = (error: unknown) => void;

/**
 * An Observable whose subscribers cannot hurt the process. RxJS turns what a subscriber throws into an uncaught
 * exception; here it is reported, and the subscriber keeps its next values. Operators keep the isolation, because RxJS
 * builds the result of a pipe by `lift`.
 */
export class IsolatedObservable<Value> extends Observable<Value> {
  readonly #report: SubscriberFailure;

  constructor(subscribe: (subscriber: Subscriber<Value>) => (() => void) | undefined, report: SubscriberFailure) {
    super(subscribe);
    this.#report = report;
  }

  /** @internal how RxJS operators derive an Observable from this one */
  override lift<Result>(operator?: Operator<Value, Result>): Observable<Result> {
    const lifted = new IsolatedObservable<Result>(() => undefined, this.#report);
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(observerOrNext?: Partial<Observer<Value>> | ((value: Value) => void) | null): Subscription;
  override subscribe(
    next?: ((value: Value) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription;
  override subscribe(
    observerOrNext?: Partial<Observer<Value>> | ((value: Value) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // An operator's own subscriber passes errors on by itself.
    if (observerOrNext instanceof Subscriber) return super.subscribe(observerOrNext);
    const plain = typeof observerOrNext === 'function' || observerOrNext === null || observerOrNext === undefined;
    const observer: Partial<Observer<Value>> = plain
      ? { next: observerOrNext ?? (() => undefined), ...(error ? { error } : {}), ...(complete ? { complete } : {}) }
      : observerOrNext;
    return super.subscribe({
      next: (value) => this.#guard(() => observer.next?.(value)),
      error: (cause) => (observer.error ? this.#guard(() => observer.error?.(cause)) : this.#report(cause)),
      complete: () => this.#guard(() => observer.complete?.()),
    });
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#report(error);
    }
  }
}
