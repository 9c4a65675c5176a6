import { extentGranuleBytes, ringBytesDefault, ringCapBytes } from '../limits.ts';
import type { Arena, Extent } from '../memory/arena.ts';
import { formatRing, ringHeaderBytes } from './ring.ts';

/** The memory of one pair: a ring in each direction. */
export interface RingPair {
  readonly extent: Extent;
  readonly first: Extent;
  readonly second: Extent;
}

export interface RingSpaceOptions {
  /** Bytes one ring carries in flight: a power of two. Default `ringBytesDefault`. */
  readonly ringBytes?: number;
  /** All rings of the cluster together. Default `ringCapBytes`. */
  readonly capBytes?: number;
  /** Whose the rings are: the tag of the cluster's block. Default nobody's. */
  readonly owner?: number;
}

/** The ring memory of one cluster, under a cap. Used by the broker's thread only. */
export class RingSpace {
  readonly #arena: Arena;
  readonly #ringBytes: number;
  readonly #capBytes: number;
  readonly #owner: number | undefined;
  #usedBytes = 0;

  constructor(arena: Arena, options: RingSpaceOptions = {}) {
    this.#arena = arena;
    this.#ringBytes = options.ringBytes ?? ringBytesDefault;
    this.#capBytes = options.capBytes ?? ringCapBytes;
    this.#owner = options.owner;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Rings for one pair, or undefined when the cap does not allow it. */
  take(): RingPair | undefined {
    const oneBytes = ringHeaderBytes + this.#ringBytes;
    const bytes = Math.ceil((2 * oneBytes) / extentGranuleBytes) * extentGranuleBytes;
    if (this.#usedBytes + bytes > this.#capBytes) return undefined;
    const extent = this.#arena.take(bytes, this.#owner);
    this.#usedBytes += bytes;
    const first = { at: extent.at, bytes: oneBytes };
    const second = { at: extent.at + oneBytes, bytes: oneBytes };
    for (const ring of [first, second]) formatRing(this.#arena, ring);
    return { extent, first, second };
  }

  /** Give a pair's memory back to the arena: both threads have let go of it, or ended. */
  give(extent: Extent): void {
    this.#usedBytes -= extent.bytes;
    this.#arena.give(extent);
  }

  /** Stop counting memory that is never reused, because a thread that would not end can still write to it. */
  abandon(extent: Extent): void {
    this.#usedBytes -= extent.bytes;
  }
}
