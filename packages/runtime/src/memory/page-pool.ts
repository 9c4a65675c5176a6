import { type MemberSlot, memberName } from '../member.ts';
import type { Arena, Extent } from './arena.ts';
import { PageMisuseError, PoolExhaustedError } from './errors.ts';
import { ownedBy, PageTable, pageFree, pageGiven, pageOwned, sameOwner, stateOf, withState } from './page-table.ts';
import { type PageIndex, type PagePool, pageBytes } from './types.ts';

export interface PagePoolOptions {
  readonly arena: Arena;
  readonly self: MemberSlot;
  readonly incarnation: number;
  /** This member's own range, made ready by `formatPageRange`; undefined for a member that only holds and adopts. */
  readonly range?: Extent | undefined;
}

/** The pool of one thread: see {@link PagePool}. */
export class LocalPagePool implements PagePool {
  readonly memory: WebAssembly.Memory;
  readonly self: MemberSlot;
  readonly pages: number;
  readonly #arena: Arena;
  readonly #table: PageTable;
  readonly #owned: number;
  readonly #firstPage: PageIndex;
  /** How often this member holds each page: its one bit in the table stands for all of them. */
  readonly #holds: Uint16Array;

  constructor({ arena, self, incarnation, range }: PagePoolOptions) {
    this.memory = arena.memory;
    this.self = self;
    this.#arena = arena;
    this.#table = new PageTable(arena);
    this.#owned = ownedBy(self, incarnation);
    this.#firstPage = (range?.at ?? 0) / pageBytes;
    this.pages = (range?.bytes ?? 0) / pageBytes;
    this.#holds = new Uint16Array(arena.pages);
  }

  get freePages(): number {
    const end = this.#firstPage + this.pages;
    let free = 0;
    for (let at = this.#firstPage; at < end; at = (at | 31) + 1) {
      let bits = this.#table.offered(at) & (-1 << (at & 31));
      if (end - (at & ~31) < 32) bits &= (1 << (end & 31)) - 1;
      for (; bits !== 0; bits &= bits - 1) free++;
    }
    return free;
  }

  take(count = 1): PageIndex {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`a run has at least one page, not ${count}`);
    const end = this.#firstPage + this.pages;
    for (let first = this.#firstPage; first + count <= end; ) {
      const taken = this.#claim(first, count);
      if (taken === count) {
        this.#stamp(first, count);
        return first;
      }
      for (let page = first; page < first + taken; page++) this.#free(page);
      first = this.#nextOffered(first + taken + 1);
    }
    throw new PoolExhaustedError(count, this.freePages, memberName(this.self));
  }

  give(first: PageIndex, count = 1): void {
    for (let page = first; page < first + count; page++) {
      if (this.#free(page)) continue;
      throw new PageMisuseError(`Page ${page} was given back by a member that does not own it.`);
    }
  }

  withdraw(first: PageIndex, count: number, generation: number): boolean {
    // Only this thread can take the page anew, so that the generation cannot change between this look and the next line.
    if (this.#table.generation(first) !== generation || !this.#free(first)) return false;
    if (count > 1) this.give(first + 1, count - 1);
    return true;
  }

  owns(first: PageIndex, generation: number): boolean {
    return this.#table.owner(first) === this.#owned && this.#table.generation(first) === generation;
  }

  bytes(first: PageIndex, count = 1): Uint8Array {
    return new Uint8Array(this.#arena.bytes.buffer, first * pageBytes, count * pageBytes);
  }

  hold(first: PageIndex, count: number, generation: number): boolean {
    for (let page = first; page < first + count; page++) {
      if (this.#hold(page, generation)) continue;
      this.release(first, page - first);
      return false;
    }
    return true;
  }

  release(first: PageIndex, count: number): void {
    for (let page = first; page < first + count; page++) {
      const holds = this.#holds[page] ?? 0;
      if (holds === 0) throw new PageMisuseError(`Page ${page} was released by a member that does not hold it.`);
      this.#holds[page] = holds - 1;
      if (holds === 1) this.#letGo(page);
    }
  }

  generation(page: PageIndex): number {
    return this.#table.generation(page);
  }

  adopt(first: PageIndex, count: number, generation: number): boolean {
    // While the run is held it cannot be freed and taken again, so that the owner words below are of this generation.
    if (!this.hold(first, count, generation)) return false;
    const sender = this.#table.owner(first);
    let adopted = 0;
    if (stateOf(sender) === pageOwned && !sameOwner(sender, this.#owned)) {
      while (adopted < count && this.#table.change(first + adopted, sender, this.#owned)) adopted++;
    }
    const all = adopted === count;
    // The sender gave a part of the run back: the rest stays its own.
    if (!all) for (let page = first; page < first + adopted; page++) this.#table.change(page, this.#owned, sender);
    this.release(first, count);
    return all;
  }

  #hold(page: PageIndex, generation: number): boolean {
    const holds = this.#holds[page] ?? 0;
    if (holds === 0xffff) throw new PageMisuseError(`Page ${page} is held ${holds} times by one member.`);
    if (holds === 0) this.#table.setHolder(page, this.self);
    // The state first: once it is seen with the bit set the page cannot be freed, so the generation stays what it is.
    // The other way round the page could be freed and taken anew between the two looks.
    const valid =
      generation !== 0 && stateOf(this.#table.owner(page)) === pageOwned && this.#table.generation(page) === generation;
    if (valid) this.#holds[page] = holds + 1;
    else if (holds === 0) this.#letGo(page);
    return valid;
  }

  #letGo(page: PageIndex): void {
    this.#table.clearHolder(page, this.self);
    this.#table.reclaim(page, this.#owned);
  }

  /** Claim pages from `first` on until `count` are ours or one is not free; how many. */
  #claim(first: PageIndex, count: number): number {
    let taken = 0;
    for (; taken < count; taken++) {
      const page = first + taken;
      if ((this.#table.offered(page) & (1 << (page & 31))) === 0) break;
      // The hint goes first: if the page is not free after all, whoever frees it sets the hint after that.
      this.#table.unoffer(page);
      if (!this.#table.change(page, pageFree, this.#owned)) break;
    }
    return taken;
  }

  #stamp(first: PageIndex, count: number): void {
    let generation = this.#arena.nextGeneration();
    if (generation === 0) generation = this.#arena.nextGeneration();
    for (let page = first; page < first + count; page++) this.#table.setGeneration(page, generation);
  }

  /** Give up an own page; false when it is not an own one. */
  #free(page: PageIndex): boolean {
    if (!this.#table.change(page, this.#owned, withState(this.#owned, pageGiven))) return false;
    this.#table.reclaim(page, this.#owned);
    return true;
  }

  /** The first page from `page` on whose hint says free, or the end of the range. */
  #nextOffered(page: PageIndex): PageIndex {
    const end = this.#firstPage + this.pages;
    let at = page;
    while (at < end) {
      const bits = this.#table.offered(at) >>> (at & 31);
      if (bits !== 0) return at + 31 - Math.clz32(bits & -bits);
      at = (at | 31) + 1;
    }
    return end;
  }
}
