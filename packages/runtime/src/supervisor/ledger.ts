import type { CoordStore } from '../coord/types.ts';
import { HoldfastError } from '../errors.ts';
import { coordTransactionOpsMax, epochsLeftMin, epochsReserved } from '../limits.ts';
import { type MemberSlot, memberName } from '../member.ts';

// Each key takes a comparison and a write.
const keysPerTransaction = coordTransactionOpsMax / 2;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The cluster's counters in the coordination store. No value is used that is not durably used up already, so none is ever
 * used twice. Epochs are used up many at a time: a death must be agreed on also while the disk is full.
 */
export class Ledger {
  readonly #store: CoordStore;
  #lastEpoch = 0;
  #reservedEpoch = 0;

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

  /**
   * The next view epoch, above every one of this process and of earlier ones.
   * @throws StorageError (HF_STORAGE) when the store cannot be written and nothing is left of what it gave before
   */
  async nextEpoch(): Promise<number> {
    if (this.#reservedEpoch - this.#lastEpoch < epochsLeftMin) await this.#reserveEpochs();
    this.#lastEpoch += 1;
    return this.#lastEpoch;
  }

  async #reserveEpochs(): Promise<void> {
    try {
      const [reserved = 0] = await this.#advance(['epoch'], epochsReserved);
      // What is left of the reserve before comes first; at the start there is none.
      if (this.#reservedEpoch === 0) this.#lastEpoch = reserved - epochsReserved;
      this.#reservedEpoch = reserved;
    } catch (error) {
      if (this.#lastEpoch === this.#reservedEpoch) throw error;
    }
  }

  async #advance(keys: readonly string[], by = 1): Promise<number[]> {
    const entries = await Promise.all(keys.map((key) => this.#store.get(key)));
    const next = entries.map((entry) => (entry === undefined ? 0 : Number(decoder.decode(entry.value))) + by);
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
