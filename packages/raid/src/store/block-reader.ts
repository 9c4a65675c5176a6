import type { PagePool } from '@holdfast/runtime';
import type { BlockFile } from './block-file.ts';
import type { Checksums } from './checksums.ts';
import type { DriveState } from './drive-state.ts';
import { type SlotPages, slotTransfers } from './slot-pages.ts';

/**
 * What became of a read. `damaged`: a block does not have the checksum it was stored with. `missing`: this drive never
 * stored it, or lost the record. `unreadable`: the device says so.
 */
export type FetchOutcome = 'ok' | 'missing' | 'damaged' | 'unreadable';

/** Reads slots of one drive, and knows which reads are under way. */
export class BlockReader {
  readonly #pages: PagePool;
  readonly #sums: Checksums;
  readonly #blocks: BlockFile;
  readonly #state: DriveState;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(parts: {
    readonly pages: PagePool;
    readonly sums: Checksums;
    readonly blocks: BlockFile;
    readonly state: DriveState;
  }) {
    this.#pages = parts.pages;
    this.#sums = parts.sums;
    this.#blocks = parts.blocks;
    this.#state = parts.state;
  }

  async fetch(slots: readonly SlotPages[]): Promise<readonly FetchOutcome[]> {
    const reading = this.#fetch(slots);
    this.#underWay.add(reading);
    try {
      return await reading;
    } finally {
      this.#underWay.delete(reading);
    }
  }

  /** Run `then` when every read that is under way now is over: at once when there is none. */
  afterReads(then: () => void): void {
    if (this.#underWay.size === 0) then();
    else void Promise.allSettled(this.#underWay).then(then);
  }

  async idle(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  async #fetch(slots: readonly SlotPages[]): Promise<FetchOutcome[]> {
    const outcomes = slots.map((): FetchOutcome => 'missing');
    const found = slots.flatMap((slot, index) => {
      const run = this.#state.run(slot.gfid, slot.group);
      const fits = run !== undefined && run.slot === slot.slot && run.blocks === slot.blocks;
      return fits ? [{ index, slot, address: run.address }] : [];
    });
    const wanted = found.map(({ slot }) => slot);
    const places = found.map(({ address }) => address);
    const transfers = slotTransfers(this.#pages, wanted, places).map(async (transfer) => {
      const readable = await this.#read(transfer.address, transfer.parts);
      for (const member of transfer.slots) {
        const { index, slot, address } = found[member]!;
        outcomes[index] = readable ? this.#verify(slot, address) : 'unreadable';
      }
    });
    await Promise.all(transfers);
    return outcomes;
  }

  /** A read that fails says nothing about the rest of the drive: the caller restores the slot from the others. */
  async #read(address: number, parts: readonly Uint8Array[]): Promise<boolean> {
    try {
      return await this.#blocks.read(address, parts);
    } catch {
      return false;
    }
  }

  #verify({ page, blocks }: SlotPages, address: number): FetchOutcome {
    return this.#state.checksums.matches(address, blocks, this.#sums.ofPages(page, blocks)) ? 'ok' : 'damaged';
  }
}
