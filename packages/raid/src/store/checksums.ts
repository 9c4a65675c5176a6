import type { PageIndex, PagePool } from '@holdfast/runtime';
import { blockBytes } from '../limits.ts';
import type { ParityKernel } from '../parity/parity-kernel.ts';

/** Blocks one call may cover: what fits the page that receives the results. */
const checksumsPerCallMax = blockBytes / 8;

/** Checksums of pages, computed in place. Owns one page for results until closed. */
export class Checksums {
  readonly #pages: PagePool;
  readonly #kernel: ParityKernel;
  readonly #page: PageIndex;
  readonly #words: Uint32Array;
  readonly #whole: BigUint64Array;

  constructor(pages: PagePool, kernel: ParityKernel) {
    this.#pages = pages;
    this.#kernel = kernel;
    this.#page = pages.take();
    this.#words = new Uint32Array(pages.memory.buffer, this.#page * blockBytes, checksumsPerCallMax * 2);
    this.#whole = new BigUint64Array(pages.memory.buffer, this.#page * blockBytes, 1);
  }

  /** One checksum over `bytes` bytes from the start of a page. */
  whole(first: PageIndex, bytes: number): bigint {
    this.#kernel.hashBlocks(first * blockBytes, bytes, 1, this.#page * blockBytes);
    return this.#whole[0]!;
  }

  /** The checksum of each of `count` pages side by side: low and high word of each. Valid until the next call. */
  ofPages(first: PageIndex, count: number): Uint32Array {
    if (count > checksumsPerCallMax) throw new RangeError(`${count} checksums do not fit one call.`);
    this.#kernel.hashBlocks(first * blockBytes, blockBytes, count, this.#page * blockBytes);
    return this.#words.subarray(0, count * 2);
  }

  close(): void {
    this.#pages.give(this.#page);
  }
}
