import type { MemberSlot } from '../member.ts';

export const pageBytes = 4096;

/** A page of the machine-wide shared memory, the same number in every thread: its byte offset divided by 4096. */
export type PageIndex = number;

/** One thread's view of the machine-wide pages, and its own range of them. */
export interface PagePool {
  /** The machine-wide memory; WebAssembly instances import it to work on pages in place. */
  readonly memory: WebAssembly.Memory;
  readonly self: MemberSlot;
  /** Pages of this member's own range, and how many of them are free now. */
  readonly pages: number;
  readonly freePages: number;

  /**
   * Take `count` pages that lie side by side from the own range; the first one's index. The content is undefined.
   * @throws PoolExhaustedError (HF_POOL_EXHAUSTED, retryable) when no run of that length is free.
   */
  take(count?: number): PageIndex;
  /** Give back a run taken before. Pages that others still hold return to the range when the last holder lets go. */
  give(first: PageIndex, count?: number): void;

  /**
   * Give back a run that was offered to another member, unless that one adopted it meanwhile.
   * @returns whether it was still this member's.
   */
  withdraw(first: PageIndex, count: number, generation: number): boolean;

  /** Whether a run of `generation` is this member's still: nobody adopted it, and it was not given back. */
  owns(first: PageIndex, generation: number): boolean;

  /** The bytes of a run of pages, as a view on shared memory. */
  bytes(first: PageIndex, count?: number): Uint8Array;

  /**
   * Set this member's holder bit on each page, so that the pages are neither reused nor poisoned under it.
   * @returns false, holding nothing, when the owner died, the page was given back, or `generation` no longer matches.
   */
  hold(first: PageIndex, count: number, generation: number): boolean;
  release(first: PageIndex, count: number): void;

  /** The generation of an owned or held page: travels with its index, so that a stale index is refused. */
  generation(page: PageIndex): number;

  /**
   * Become the owner of pages another member offered: a compare-and-set on the owner word, by the receiver. Until it
   * succeeds the pages are the sender's.
   */
  adopt(first: PageIndex, count: number, generation: number): boolean;
}
