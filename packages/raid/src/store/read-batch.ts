import type { PageIndex, PagePool } from '@holdfast/runtime';
import { blocksReadTogetherMax } from '../limits.ts';
import type { BlockFile } from './block-file.ts';
import { joinTransfers, type Transfer } from './transfers.ts';

interface WantedBlock {
  readonly place: number;
  readonly page: PageIndex;
  readonly answer: (readable: boolean) => void;
}

/**
 * Single blocks that are wanted in one turn of the event loop, read in as few calls as their places allow. A call costs
 * several times what the copying of a block does, and what overwrites a run of blocks wants the old ones side by side.
 */
export class ReadBatch {
  readonly #pages: PagePool;
  readonly #file: BlockFile;
  #wanted: WantedBlock[] = [];

  constructor(pages: PagePool, file: BlockFile) {
    this.#pages = pages;
    this.#file = file;
  }

  /** Fill a page with the block at a place; false when it cannot be read. */
  read(place: number, page: PageIndex): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#wanted.push({ place, page, answer: resolve });
    if (this.#wanted.length === 1) setImmediate(() => this.#readAll());
    return promise;
  }

  #readAll(): void {
    const wanted = this.#wanted.sort((a, b) => a.place - b.place);
    this.#wanted = [];
    const places = wanted.map(({ place }) => place);
    const parts = wanted.map(({ page }) => this.#pages.bytes(page));
    const ones = wanted.map(() => 1);
    for (const transfer of joinTransfers(places, ones, parts, blocksReadTogetherMax)) {
      void this.#readTogether(
        transfer,
        transfer.slots.map((slot) => wanted[slot]!),
      );
    }
  }

  /** One that cannot be read must not take its neighbours with it. */
  async #readTogether({ address, parts }: Transfer, blocks: readonly WantedBlock[]): Promise<void> {
    if (await this.#isRead(address, parts)) for (const { answer } of blocks) answer(true);
    else if (blocks.length === 1) blocks[0]?.answer(false);
    else {
      for (const { place, answer } of blocks) answer(await this.#isRead(place, [parts[place - address]!]));
    }
  }

  async #isRead(address: number, parts: readonly Uint8Array[]): Promise<boolean> {
    try {
      return await this.#file.read(address, parts);
    } catch {
      return false;
    }
  }
}
