import { outcomeOf } from '../control/error-wire.ts';
import { ConfigError } from '../errors.ts';
import { coordLeasesMax } from '../limits.ts';
import { LeaseExpiredError } from './errors.ts';
import type { StoreAnswer, StoreCall, StoreRequest } from './store-calls.ts';
import type { CoordStore, Lease, LeaseId, WatchBatch } from './types.ts';

interface HeldLease {
  readonly lease: Lease;
  /** By then it has ended unless it was renewed. */
  endsAtMs: number;
}

/** Serves the coordination store to one member, and keeps its watches and leases for it. */
export class StoreDesk {
  readonly #store: () => CoordStore;
  readonly #post: (answer: StoreAnswer) => void;
  readonly #watches = new Map<number, AsyncIterableIterator<WatchBatch>>();
  readonly #leases = new Map<LeaseId, HeldLease>();

  /** @param store asked at each call, so that it may be opened at the first */
  constructor(store: () => CoordStore, post: (answer: StoreAnswer) => void) {
    this.#store = store;
    this.#post = post;
  }

  async receive({ request, call }: StoreRequest): Promise<void> {
    this.#post({ request, outcome: await outcomeOf(() => this.#do(call)) });
  }

  /** The member is gone: nobody reads its watches. Its leases run out by themselves. */
  close(): void {
    for (const watch of this.#watches.values()) void watch.return?.();
    this.#watches.clear();
    this.#leases.clear();
  }

  #do(call: StoreCall): unknown {
    switch (call.op) {
      case 'get':
        return this.#store().get(call.key);
      case 'range':
        return this.#store().range(call.range, call.limit);
      case 'transact':
        return this.#store().transact(call.transaction);
      case 'grant':
        return this.#grant(call.ttlMs);
      case 'renew':
        return this.#renew(call.lease);
      case 'revoke':
        return this.#revoke(call.lease);
      case 'watch': {
        const from = call.from === undefined ? {} : { from: call.from };
        this.#watches.set(call.watch, this.#store().watch(call.range, from));
        return undefined;
      }
      case 'next':
        return this.#next(call.watch);
      case 'unwatch': {
        const watch = this.#watches.get(call.watch);
        this.#watches.delete(call.watch);
        void watch?.return?.();
        return undefined;
      }
    }
  }

  async #next(number: number): Promise<IteratorResult<WatchBatch>> {
    const over: IteratorResult<WatchBatch> = { done: true, value: undefined };
    try {
      const result = (await this.#watches.get(number)?.next()) ?? over;
      if (result.done === true) this.#watches.delete(number);
      return result;
    } catch (error) {
      this.#watches.delete(number);
      throw error;
    }
  }

  async #grant(ttlMs: number): Promise<{ readonly id: LeaseId; readonly ttlMs: number }> {
    const nowMs = performance.now();
    for (const [id, { endsAtMs }] of this.#leases) if (endsAtMs < nowMs) this.#leases.delete(id);
    if (this.#leases.size >= coordLeasesMax) {
      throw new ConfigError(`A member holds at most ${coordLeasesMax} leases.`, { hint: 'Revoke some first.' });
    }
    const lease = await this.#store().grantLease(ttlMs);
    this.#leases.set(lease.id, { lease, endsAtMs: nowMs + 2 * lease.ttlMs });
    return { id: lease.id, ttlMs: lease.ttlMs };
  }

  async #renew(id: LeaseId): Promise<void> {
    const held = this.#leases.get(id);
    if (held === undefined) throw new LeaseExpiredError(id);
    held.endsAtMs = performance.now() + 2 * held.lease.ttlMs;
    await held.lease.renew();
  }

  async #revoke(id: LeaseId): Promise<void> {
    const held = this.#leases.get(id);
    this.#leases.delete(id);
    await held?.lease.revoke();
  }
}
