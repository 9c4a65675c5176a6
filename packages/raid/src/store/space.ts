/** Which blocks of a block file are in use: one bit each, rebuilt from the log's records at every opening. */
export class Space {
  #words = new Uint32Array(0);
  #capacity = 0;
  #used = 0;
  /** Where the next search begins: what was stored together lies together. */
  #cursor = 0;

  get capacity(): number {
    return this.#capacity;
  }

  get used(): number {
    return this.#used;
  }

  get free(): number {
    return this.#capacity - this.#used;
  }

  /** Make room for `blocks` more. A multiple of 32. */
  grow(blocks: number): void {
    if (blocks % 32 !== 0) throw new RangeError('Space grows by a multiple of 32 blocks.');
    const words = new Uint32Array(this.#words.length + blocks / 32);
    words.set(this.#words);
    this.#words = words;
    this.#capacity += blocks;
  }

  /** The first of `count` free blocks side by side, now in use; undefined when there is no such run. */
  allocate(count: number): number | undefined {
    const first = this.#search(this.#cursor, this.#capacity, count) ?? this.#search(0, this.#capacity, count);
    if (first === undefined) return undefined;
    this.#mark(first, count, true);
    this.#cursor = first + count;
    return first;
  }

  /** Take particular blocks. False, taking nothing, when one of them is in use or beyond the end. */
  claim(first: number, count: number): boolean {
    if (first + count > this.#capacity) return false;
    for (let block = first; block < first + count; block++) if (this.#isUsed(block)) return false;
    this.#mark(first, count, true);
    return true;
  }

  release(first: number, count: number): void {
    for (let block = first; block < first + count; block++) {
      if (!this.#isUsed(block)) throw new RangeError(`Block ${block} is released twice.`);
    }
    this.#mark(first, count, false);
  }

  #search(from: number, end: number, count: number): number | undefined {
    let run = 0;
    for (let block = from; block < end; block++) {
      if (block % 32 === 0 && this.#words[block >>> 5] === 0xffffffff) {
        run = 0;
        block += 31;
      } else if (this.#isUsed(block)) {
        run = 0;
      } else {
        run++;
        if (run === count) return block - count + 1;
      }
    }
    return undefined;
  }

  #isUsed(block: number): boolean {
    return ((this.#words[block >>> 5]! >>> (block & 31)) & 1) === 1;
  }

  #mark(first: number, count: number, used: boolean): void {
    for (let block = first; block < first + count; block++) {
      const bit = 1 << (block & 31);
      if (used) this.#words[block >>> 5]! |= bit;
      else this.#words[block >>> 5]! &= ~bit;
    }
    this.#used += used ? count : -count;
  }
}
