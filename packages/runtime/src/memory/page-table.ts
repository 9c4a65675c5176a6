import type { MemberSlot } from '../member.ts';
import { type Arena, pageTableByte } from './arena.ts';
import { memberSetWords } from './cluster-block.ts';
import { type PageIndex, pageBytes } from './types.ts';

/** What a dead member's pages are filled with: whoever still reads one sees it at once. */
export const poisonByte = 0xdb;

/** What is being done with a page. */
export const pageFree = 0;
/** The member in the owner word may write it; it can be held and adopted. */
export const pageOwned = 1;
/** Its owner gave it back while others held it: the last of them frees it. */
export const pageGiven = 2;
/** Its owner died while others held it: the last of them poisons and frees it. */
export const pageDying = 3;
/** The member in the owner word is freeing it. */
export const pageCleaning = 4;

const stateBits = 3;
const stateMask = (1 << stateBits) - 1;
const slotBits = 7;

const entryWords = 8;
const generationAt = 1;
const holdersAt = 2;

/**
 * The owner words of all pages of an arena. One entry of 8 words a page:
 *
 *   0     owner: state (3 bits), member slot (7 bits), low bits of the owner's incarnation (22 bits)
 *   1     generation: set at `take` to a number no run had before, 0 when free; travels with the page's index
 *   2..4  holders: one bit a member
 *
 * The owner word changes by compare-and-set only. The rule that keeps two words safe: set the holder bit first, look at
 * the state and then at the generation (as hazard pointers do); a page is freed only after its state says that nobody new
 * may hold it *and* no holder bit is left. The bitmap of free pages behind the entries is a hint: the state decides.
 */
export class PageTable {
  readonly arena: Arena;
  readonly #words: Int32Array;
  readonly #entries = pageTableByte >> 2;
  readonly #freeBits: number;

  constructor(arena: Arena) {
    this.arena = arena;
    this.#words = arena.words;
    this.#freeBits = this.#entries + arena.pages * entryWords;
  }

  owner(page: PageIndex): number {
    return Atomics.load(this.#words, this.#entry(page));
  }

  /** Change the owner word from `from` to `to`; false when it says something else. */
  change(page: PageIndex, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, this.#entry(page), from, to) === from;
  }

  generation(page: PageIndex): number {
    return Atomics.load(this.#words, this.#entry(page) + generationAt) >>> 0;
  }

  setGeneration(page: PageIndex, generation: number): void {
    Atomics.store(this.#words, this.#entry(page) + generationAt, generation | 0);
  }

  setHolder(page: PageIndex, member: MemberSlot): void {
    Atomics.or(this.#words, this.#holders(page, member), 1 << (member & 31));
  }

  clearHolder(page: PageIndex, member: MemberSlot): void {
    Atomics.and(this.#words, this.#holders(page, member), ~(1 << (member & 31)));
  }

  holds(page: PageIndex, member: MemberSlot): boolean {
    return (Atomics.load(this.#words, this.#holders(page, member)) & (1 << (member & 31))) !== 0;
  }

  held(page: PageIndex): boolean {
    const at = this.#entry(page) + holdersAt;
    for (let word = 0; word < memberSetWords; word++) if (Atomics.load(this.#words, at + word) !== 0) return true;
    return false;
  }

  /**
   * Free a page that was given back or whose owner died, if nobody holds it any more. Everyone who takes the last
   * obstacle away calls this; the compare-and-set lets one of them do it. `by`: the caller's owner word.
   * @returns whether this call freed it.
   */
  reclaim(page: PageIndex, by: number): boolean {
    for (;;) {
      const owner = this.owner(page);
      const state = stateOf(owner);
      if ((state !== pageGiven && state !== pageDying) || this.held(page)) return false;
      const cleaning = withState(by, pageCleaning);
      if (!this.change(page, owner, cleaning)) return false;
      // Since the look above the page may have been freed, taken, held and given back: the owner word is the same, the
      // holder is new. From here on nobody new can hold it, so this look is the one that counts.
      if (!this.held(page)) {
        this.clean(page, state === pageDying);
        return true;
      }
      this.change(page, cleaning, owner);
      // Whoever let go meanwhile found it being cleaned and left it to this call: look again.
    }
  }

  /** Make a page free. The caller is named by its owner word, in the state {@link pageCleaning}. */
  clean(page: PageIndex, poison: boolean): void {
    if (poison) this.arena.bytes.fill(poisonByte, page * pageBytes, (page + 1) * pageBytes);
    this.setGeneration(page, 0);
    Atomics.store(this.#words, this.#entry(page), pageFree);
    this.offer(page);
  }

  /** Make an entry free whatever it says, forgetting holders: for memory that nobody uses yet. */
  reset(page: PageIndex): void {
    const at = this.#entry(page);
    for (let word = 0; word < entryWords; word++) Atomics.store(this.#words, at + word, 0);
    this.offer(page);
  }

  /** Hint that a page is free. */
  offer(page: PageIndex): void {
    Atomics.or(this.#words, this.#freeBits + (page >> 5), 1 << (page & 31));
  }

  unoffer(page: PageIndex): void {
    Atomics.and(this.#words, this.#freeBits + (page >> 5), ~(1 << (page & 31)));
  }

  /** The hints of the 32 pages that `page` is among. A plain read: what it misses, the next look sees. */
  offered(page: PageIndex): number {
    return this.#words[this.#freeBits + (page >> 5)] as number;
  }

  #entry(page: PageIndex): number {
    return this.#entries + page * entryWords;
  }

  #holders(page: PageIndex, member: MemberSlot): number {
    return this.#entry(page) + holdersAt + (member >> 5);
  }
}

/** The owner word of a member that owns a page. */
export function ownedBy(slot: MemberSlot, incarnation: number): number {
  // Numbers beyond 2^31 wrap in the shift, which keeps exactly the low bits that fit.
  return (incarnation << (stateBits + slotBits)) | (slot << stateBits) | pageOwned;
}

export function stateOf(owner: number): number {
  return owner & stateMask;
}

export function withState(owner: number, state: number): number {
  return (owner & ~stateMask) | state;
}

/** Whether two owner words name the same member and incarnation. */
export function sameOwner(a: number, b: number): boolean {
  return (a & ~stateMask) === (b & ~stateMask);
}
