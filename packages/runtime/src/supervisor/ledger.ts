import type { CoordStore } from '../coord/types.ts';
import { HoldfastError } from '../errors.ts';
import { coordTransactionOpsMax } from '../limits.ts';
import { type MemberSlot, memberName } from '../member.ts';

// Each key takes a comparison and a write.
const keysPerTransaction = coordTransactionOpsMax / 2;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The cluster's counters in the coordination store. Each value is durable before anybody uses it. */
export class Ledger {
  readonly #store: CoordStore;

  constructor(store: CoordStore) {
    this.#store = store;
  }

  /** The next incarnation of each slot, above every one it had, in this process or an earlier one. */
  async nextIncarnations(slots: readonly MemberSlot[]): Promise<Map<MemberSlot, number>> {
    const incarnations = new Map<MemberSlot, number>();
    for (let start = 0; start < slots.length; start += keysPerTransaction) {
      const some = slots.slice(start, start + keysPerTransaction);
      const counters = await this.#advance(some.map((slot) => `incarnation/${memberName(slot)}`));
      for (const [index, slot] of some.entries()) incarnations.set(slot, counters[index] ?? 0);
    }
    return incarnations;
  }

  /** The next view epoch. */
  async nextEpoch(): Promise<number> {
    const [epoch] = await this.#advance(['epoch']);
    return epoch ?? 0;
  }

  async #advance(keys: readonly string[]): Promise<number[]> {
    const entries = await Promise.all(keys.map((key) => this.#store.get(key)));
    const next = entries.map((entry) => (entry === undefined ? 1 : Number(decoder.decode(entry.value)) + 1));
    const { succeeded } = await this.#store.transact({
      when: keys.map((key, index) => ({ key, modRevision: entries[index]?.modRevision ?? 0 })),
      write: keys.map((key, index) => ({ put: key, value: encoder.encode(String(next[index])) })),
    });
    if (succeeded) return next;
    throw new HoldfastError('HF_STORAGE_RACE', 'Somebody else advanced the counters of this cluster.', {
      hint: 'Make sure that one supervisor uses the store.',
    });
  }
}
