import type { PageIndex, PagePool } from '@holdfast/runtime';
import type { BlockFile } from './block-file.ts';
import { joinTransfers } from './transfers.ts';

/** Single blocks that wait in their pages for the next flush, to be written in as few calls as their places allow. */
export class BlockBatch {
  readonly #pages: PagePool;
  readonly #file: BlockFile;
  #blocks: { readonly place: number; readonly page: PageIndex }[] = [];

  constructor(pages: PagePool, file: BlockFile) {
    this.#pages = pages;
    this.#file = file;
  }

  get isEmpty(): boolean {
    return this.#blocks.length === 0;
  }

  /** The page must stay as it is until the flush is over. */
  add(place: number, page: PageIndex): void {
    this.#blocks.push({ place, page });
  }

  /** Write all that waits now. Of two blocks for one place the later one counts. */
  async write(): Promise<void> {
    const byPlace = new Map(this.#blocks.map(({ place, page }) => [place, page]));
    this.#blocks = [];
    const places = [...byPlace.keys()].sort((a, b) => a - b);
    const parts = places.map((place) => this.#pages.bytes(byPlace.get(place)!));
    const ones = places.map(() => 1);
    await Promise.all(joinTransfers(places, ones, parts).map(({ address, parts }) => this.#file.write(address, parts)));
  }
}
