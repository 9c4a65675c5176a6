import type { PageIndex, PagePool } from '@holdfast/runtime';
import type { Address } from '../kernel/journal.ts';

/** A block in a page of the own pool. */
export interface CachedBlock {
  readonly address: Address;
  readonly page: PageIndex;
  /** Settles when the page holds the block; rejects when it cannot be had. Undefined: it holds it. */
  ready: Promise<void> | undefined;
  pins: number;
  dropped: boolean;
}

/**
 * Blocks by their address, whether they are on disk yet or not: what is asked for by its address is what was last
 * combined for it. Blocks in use are pinned; of the others the ones not used for longest make room.
 */
export class BlockCache {
  readonly #pages: PagePool;
  readonly #blocksMax: number;
  /** The least recently used first. */
  readonly #blocks = new Map<Address, CachedBlock>();

  constructor(pages: PagePool, blocksMax: number) {
    this.#pages = pages;
    this.#blocksMax = blocksMax;
  }

  /** Whether the block is here, whole. */
  has(address: Address): boolean {
    const block = this.#blocks.get(address);
    return block !== undefined && block.ready === undefined;
  }

  /** The block, pinned; undefined when it is not here. */
  find(address: Address): CachedBlock | undefined {
    const block = this.#blocks.get(address);
    if (block === undefined) return undefined;
    this.#blocks.delete(address);
    this.#blocks.set(address, block);
    block.pins++;
    return block;
  }

  /** A block whose page `fill` fills, at once or later, pinned, in place of whatever was known of the address. */
  open(address: Address, fill: (page: PageIndex) => Promise<void> | undefined): CachedBlock {
    this.drop(address);
    const page = this.#pages.take();
    const block: CachedBlock = { address, page, ready: undefined, pins: 1, dropped: false };
    block.ready = fill(page)?.then(() => {
      block.ready = undefined;
    });
    block.ready?.catch(() => undefined);
    this.#blocks.set(address, block);
    this.#makeRoom();
    return block;
  }

  unpin(block: CachedBlock): void {
    block.pins--;
    if (block.dropped && block.pins === 0) this.#pages.give(block.page);
    else this.#makeRoom();
  }

  /** Forget what is at an address. */
  drop(address: Address): void {
    const block = this.#blocks.get(address);
    if (block === undefined) return;
    this.#blocks.delete(address);
    block.dropped = true;
    if (block.pins === 0) this.#pages.give(block.page);
  }

  close(): void {
    for (const address of [...this.#blocks.keys()]) this.drop(address);
  }

  #makeRoom(): void {
    if (this.#blocks.size <= this.#blocksMax) return;
    for (const block of this.#blocks.values()) {
      if (block.pins > 0) continue;
      this.drop(block.address);
      if (this.#blocks.size <= this.#blocksMax) return;
    }
  }
}
