import { LeaseHeldError } from '../errors.ts';
import type { CallId } from '../kernel/object-types.ts';
import { ownLeaseMs } from '../limits.ts';
import { keyText } from './key-form.ts';
import type { ObjectSet } from './object-set.ts';
import type { ObjectSlot } from './object-slot.ts';

/** A lease as its holder remembers it, from the call that asks for it to its end. */
export class Claim {
  slot: ObjectSlot;
  readonly mode: 'read' | 'write';
  /** What the kernel granted, once it did. */
  grant: Grant | undefined = undefined;
  /** Whether whoever finds this claim is its holder beyond doubt. */
  certain = false;
  #over = false;
  #waiting: (() => void)[] | undefined;

  constructor(slot: ObjectSlot, mode: 'read' | 'write') {
    this.slot = slot;
    this.mode = mode;
  }

  get held(): boolean {
    return this.grant !== undefined && !this.#over;
  }

  get over(): boolean {
    return this.#over;
  }

  end(): void {
    this.#over = true;
    if (this.#waiting !== undefined) for (const resolve of this.#waiting) resolve();
  }

  /**
   * Wait for the end of this claim, which the caller's own holder has.
   * @throws LeaseHeldError (HF_LEASE_HELD) at once where that is certain, else when the lease outlasts `ownLeaseMs`
   */
  async outlast(what: string): Promise<void> {
    const error = (): LeaseHeldError => new LeaseHeldError(what, keyText(this.slot.key), this.mode);
    if (this.certain) throw error();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(error()), ownLeaseMs);
    this.#waiting = [...(this.#waiting ?? []), resolve];
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What the kernel granted to a call. */
export class Grant {
  readonly set: ObjectSet;
  readonly claim: Claim;
  readonly #call: CallId;
  /** Leases that stand on it: a holder may read what it reads already. */
  #uses = 0;

  constructor(set: ObjectSet, claim: Claim, call: CallId) {
    this.set = set;
    this.claim = claim;
    this.#call = call;
    claim.grant = this;
  }

  use(): this {
    this.#uses += 1;
    return this;
  }

  /**
   * One lease less; with the last one the grant ends, and `bytes` become the value. A promise where that is over only
   * once another node has it too.
   */
  end(bytes?: Uint8Array): Promise<unknown> | undefined {
    return this.#finish(bytes) ? this.set.saved(this.claim.slot, this.#call) : undefined;
  }

  /** As {@link end}, for a thread that may block. */
  endNow(bytes: Uint8Array | undefined): void {
    if (this.#finish(bytes)) this.set.savedNow(this.claim.slot, this.#call);
  }

  /** Whether the end is still to be answered. */
  #finish(bytes: Uint8Array | undefined): boolean {
    this.#uses -= 1;
    if (this.#uses > 0) return false;
    this.claim.end();
    const { slot, mode } = this.claim;
    const answer = this.set.put(slot, this.#call, bytes);
    if (mode === 'read') return false;
    this.set.hooks?.written(slot);
    return answer === undefined && this.set.savesWrites;
  }
}
