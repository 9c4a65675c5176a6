import type { LeaseClock } from './clock.ts';
import type { LeaseId } from './types.ts';

/**
 * When each lease ends. Time to live is counted from the last renewal by a monotonic clock; a store that was shut
 * counts anew from its opening, because nobody could renew meanwhile (etcd does the same when its leader changes).
 */
export class LeaseTable {
  readonly #clock: LeaseClock;
  readonly #expire: (ids: LeaseId[]) => void;
  readonly #ends = new Map<LeaseId, { ttlMs: number; endsAt: number }>();
  #cancel: (() => void) | undefined;

  /** @param expire called with leases whose time is over; they are forgotten already */
  constructor(clock: LeaseClock, expire: (ids: LeaseId[]) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  add(id: LeaseId, ttlMs: number): void {
    this.#ends.set(id, { ttlMs, endsAt: this.#clock.now() + ttlMs });
    this.#schedule();
  }

  has(id: LeaseId): boolean {
    return this.#ends.has(id);
  }

  renew(id: LeaseId): void {
    const lease = this.#ends.get(id);
    if (lease !== undefined) lease.endsAt = this.#clock.now() + lease.ttlMs;
  }

  remove(id: LeaseId): void {
    this.#ends.delete(id);
  }

  /** End what is over by now. Called before every access too, so that a late timer never shows an ended lease. */
  sweep(): void {
    const now = this.#clock.now();
    const over = [...this.#ends].filter(([, lease]) => lease.endsAt <= now).map(([id]) => id);
    for (const id of over) this.#ends.delete(id);
    if (over.length > 0) this.#expire(over);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(): void {
    this.stop();
    let endsAt = Number.POSITIVE_INFINITY;
    for (const lease of this.#ends.values()) endsAt = Math.min(endsAt, lease.endsAt);
    if (endsAt === Number.POSITIVE_INFINITY) return;
    this.#cancel = this.#clock.after(Math.max(1, Math.ceil(endsAt - this.#clock.now())), () => {
      this.sweep();
      this.#schedule();
    });
  }
}
