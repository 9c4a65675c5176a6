/** The checksum of every block of a drive, in memory: 8 bytes for each 4096 on disk. */
export class ChecksumTable {
  #words = new Uint32Array(0);

  /** Make room up to `blocks` blocks in all. */
  reserve(blocks: number): void {
    if (blocks * 2 <= this.#words.length) return;
    const words = new Uint32Array(blocks * 2);
    words.set(this.#words);
    this.#words = words;
  }

  set(first: number, checksums: Uint32Array): void {
    this.#words.set(checksums, first * 2);
  }

  get(first: number, count: number): Uint32Array {
    return this.#words.slice(first * 2, (first + count) * 2);
  }

  /** Whether `count` blocks from `first` have exactly these checksums. */
  matches(first: number, count: number, checksums: Uint32Array): boolean {
    for (let index = 0; index < count * 2; index++) {
      if (this.#words[first * 2 + index] !== checksums[index]) return false;
    }
    return true;
  }
}
