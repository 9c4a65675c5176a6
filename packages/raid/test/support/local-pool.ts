import { type PageIndex, type PagePool, pageBytes } from '@holdfast/runtime';

/** Pages of one thread, for tests that need no other threads: same rules as the runtime's pool, one member. */
export class LocalPool implements PagePool {
  readonly memory: WebAssembly.Memory;
  readonly self: number;
  readonly pages: number;
  readonly #taken: Uint8Array;
  readonly #held: Uint8Array;
  readonly #generations: Uint32Array;
  #lastGeneration = 0;

  constructor(pages = 4096, self = 0) {
    this.pages = pages;
    this.self = self;
    this.memory = new WebAssembly.Memory({ initial: pages / 16, maximum: pages / 16, shared: true });
    this.#taken = new Uint8Array(pages);
    this.#held = new Uint8Array(pages);
    this.#generations = new Uint32Array(pages);
  }

  get freePages(): number {
    let free = 0;
    for (let page = 0; page < this.pages; page++) if (this.#isFree(page)) free++;
    return free;
  }

  take(count = 1): PageIndex {
    for (let first = 0; first + count <= this.pages; first++) {
      let length = 0;
      while (length < count && this.#isFree(first + length)) length++;
      if (length === count) {
        this.#taken.fill(1, first, first + count);
        this.#generations.fill(++this.#lastGeneration, first, first + count);
        return first;
      }
      first += length;
    }
    throw new Error(`no ${count} pages`);
  }

  give(first: PageIndex, count = 1): void {
    for (let page = first; page < first + count; page++) {
      if (this.#taken[page] === 0) throw new Error(`page ${page} is given back twice`);
      this.#taken[page] = 0;
    }
  }

  bytes(first: PageIndex, count = 1): Uint8Array {
    return new Uint8Array(this.memory.buffer, first * pageBytes, count * pageBytes);
  }

  hold(first: PageIndex, count: number, generation: number): boolean {
    for (let page = first; page < first + count; page++) {
      if (this.#taken[page] === 0 || this.#generations[page] !== generation) return false;
    }
    for (let page = first; page < first + count; page++) this.#held[page]!++;
    return true;
  }

  release(first: PageIndex, count: number): void {
    for (let page = first; page < first + count; page++) this.#held[page]!--;
  }

  generation(page: PageIndex): number {
    return this.#generations[page]!;
  }

  adopt(): boolean {
    throw new Error('one member has nobody to adopt from');
  }

  #isFree(page: number): boolean {
    return this.#taken[page] === 0 && this.#held[page] === 0;
  }
}
