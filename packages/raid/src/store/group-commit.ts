import { setImmediate } from 'node:timers';
import { gatherTurnsMax, lazyRequestsMax, soonFlushMs } from '../limits.ts';

/**
 * How much of a hurry somebody is in who waits for a flush: `now` causes one, `soon` causes one within
 * {@link soonFlushMs}, `lazy` takes the next that somebody else asks for. So many who wait like this cause one themselves.
 */
export type Urgency = 'now' | 'soon' | 'lazy';

/** Told when everything written before it was handed over is durable, or that it never will be. Neither may throw. */
export interface FlushWaiter {
  done(): void;
  failed(error: unknown): void;
}

/**
 * One flush at a time, each for all who asked before it began. A request made during a flush is served by the next
 * one, since the running one may have looked at the file already.
 */
export class GroupCommit {
  readonly #flush: () => Promise<void>;
  #waiting: FlushWaiter[] = [];
  /** Of those who wait: who does not want to cause a flush. */
  #patient = 0;
  #serving = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(flush: () => Promise<void>) {
    this.#flush = flush;
  }

  /** Resolves when everything written before this call is durable. */
  request(urgency: Urgency = 'now'): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.wait({ done: resolve, failed: reject }, urgency);
    return promise;
  }

  /** The same without a promise: who is served by one flush is told in one turn, in the order they came. */
  wait(waiter: FlushWaiter, urgency: Urgency): void {
    this.#waiting.push(waiter);
    if (urgency !== 'now' && this.#patient + 1 < lazyRequestsMax) {
      this.#patient++;
      if (urgency === 'soon') this.#timer ??= setTimeout(this.#isSoon, soonFlushMs);
    }
    this.#serveIfWanted();
  }

  /** Let nobody be patient any longer who waits now. */
  hurry(): void {
    this.#patient = 0;
    this.#serveIfWanted();
  }

  readonly #isSoon = () => {
    this.#timer = undefined;
    this.hurry();
  };

  #serveIfWanted(): void {
    if (this.#serving || this.#waiting.length <= this.#patient) return;
    this.#serving = true;
    this.#gather(0);
  }

  /** What arrives together shares a flush: it begins when a turn of the loop brought nothing more, or at the bound. */
  #gather(turns: number): void {
    const before = this.#waiting.length;
    setImmediate(() => {
      if (this.#waiting.length > before && turns + 1 < gatherTurnsMax) this.#gather(turns + 1);
      else this.#serve();
    });
  }

  #serve(): void {
    const served = this.#waiting;
    this.#waiting = [];
    this.#patient = 0;
    const over = (tell: (waiter: FlushWaiter) => void) => {
      for (const waiter of served) tell(waiter);
      this.#serving = false;
      this.#serveIfWanted();
    };
    this.#flush().then(
      () => over((waiter) => waiter.done()),
      (error: unknown) => over((waiter) => waiter.failed(error)),
    );
  }
}
