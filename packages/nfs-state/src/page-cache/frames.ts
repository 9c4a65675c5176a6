import { HoldfastError, type PageIndex, type PagePool } from '@holdfast/runtime/service';
import { slabPages } from '../limits.ts';
import { blockBytes } from '../objects/object-port.ts';

/** A page of the shared pool that holds a page of a file. */
export interface Frame {
  readonly page: PageIndex;
  readonly generation: number;
  readonly bytes: Uint8Array;
  /** Calls to servers that read from it or write into it: it is neither changed nor used again meanwhile. */
  pins: number;
  /** A server may use it although nobody waits for that. */
  suspect: boolean;
  /** Nobody wants its content any more: it is free as soon as it is not pinned. */
  loose: boolean;
}

/** Whether the bytes may be changed in place. */
export const isAtRest = ({ pins, suspect }: Frame): boolean => pins === 0 && !suspect;

/** The frames of one cache, at most `budget` of them. */
export class Frames {
  readonly #pool: PagePool;
  readonly #budget: number;
  /** In the order they became free, so that frames side by side are used side by side again. */
  #free: Frame[] = [];
  #from = 0;
  #taken = 0;
  #closed = false;

  constructor(pool: PagePool, budget: number) {
    this.#pool = pool;
    this.#budget = budget;
  }

  /** Frames there are, free or not. */
  get taken(): number {
    return this.#taken;
  }

  /** A frame whose content is undefined, or undefined when the budget or the pool is used up. */
  tryTake(): Frame | undefined {
    if (this.#from === this.#free.length && !this.#grow()) return undefined;
    const frame = this.#free[this.#from++]!;
    if (this.#from === slabPages) {
      this.#free = this.#free.slice(this.#from);
      this.#from = 0;
    }
    frame.loose = false;
    return frame;
  }

  /** The content is not wanted any more. */
  give(frame: Frame): void {
    frame.loose = true;
    this.#freeIfUnused(frame);
  }

  pin(frame: Frame): void {
    frame.pins++;
  }

  unpin(frame: Frame): void {
    frame.pins--;
    this.#freeIfUnused(frame);
  }

  /**
   * Instead of {@link unpin}, when a server may still use the frame although nobody waits for it. It is not changed any
   * more, and goes back to the pool, where it is neither used again under a server that holds it nor held by one that
   * comes too late.
   */
  abandon(frame: Frame): void {
    frame.suspect = true;
    this.unpin(frame);
  }

  #freeIfUnused(frame: Frame): void {
    if (!frame.loose || frame.pins > 0) return;
    if (frame.suspect || this.#closed) this.#toPool(frame);
    else this.#free.push(frame);
  }

  /** Give everything back to the pool, at once or as soon as it is not used any more. */
  close(): void {
    this.#closed = true;
    for (const frame of this.#free.slice(this.#from)) this.#toPool(frame);
    this.#free = [];
    this.#from = 0;
  }

  #toPool({ page }: Frame): void {
    this.#pool.give(page);
    this.#taken--;
  }

  #grow(): boolean {
    const wanted = Math.min(slabPages, this.#budget - this.#taken);
    if (wanted <= 0) return false;
    for (const count of wanted > 1 ? [wanted, 1] : [wanted]) {
      try {
        this.#free.push(...this.#takeFromPool(count));
        return true;
      } catch (error) {
        const isUsedUp = error instanceof HoldfastError && error.code === 'HF_POOL_EXHAUSTED';
        if (!isUsedUp || (count === 1 && this.#taken === 0)) throw error;
      }
    }
    return false;
  }

  #takeFromPool(count: number): Frame[] {
    const first = this.#pool.take(count);
    this.#taken += count;
    return Array.from({ length: count }, (_, place) => {
      const page = first + place;
      const bytes = this.#pool.bytes(page).subarray(0, blockBytes);
      return { page, generation: this.#pool.generation(page), bytes, pins: 0, suspect: false, loose: true };
    });
  }
}
