const pageBytes = 4096;
const noPage = new Uint8Array(pageBytes);

/** The content of a file, kept as the pages that are not zero; a fork shares them until it writes. */
export class SparseBytes {
  readonly #pages = new Map<number, Uint8Array>();
  readonly #origin: SparseBytes | undefined;
  #size: number;

  constructor(origin?: SparseBytes) {
    this.#origin = origin;
    this.#size = origin?.size ?? 0;
  }

  get size(): number {
    return this.#size;
  }

  /** Another file of the same content. What it is forked from must not change while the fork is in use. */
  fork(): SparseBytes {
    return new SparseBytes(this);
  }

  write(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length; ) {
      const offset = (at + done) % pageBytes;
      const length = Math.min(pageBytes - offset, bytes.length - done);
      this.#own((at + done - offset) / pageBytes).set(bytes.subarray(done, done + length), offset);
      done += length;
    }
    this.extend(at + bytes.length);
  }

  /** Make the file at least so long; what is added is zero. */
  extend(size: number): void {
    this.#size = Math.max(this.#size, size);
  }

  /** Fill `into` from position `at`; the bytes read, fewer only at the end. */
  read(into: Uint8Array, at: number): number {
    const length = Math.max(0, Math.min(into.length, this.#size - at));
    for (let done = 0; done < length; ) {
      const offset = (at + done) % pageBytes;
      const count = Math.min(pageBytes - offset, length - done);
      into.set(this.#page((at + done - offset) / pageBytes).subarray(offset, offset + count), done);
      done += count;
    }
    return length;
  }

  #page(index: number): Uint8Array {
    const own = this.#pages.get(index);
    if (own !== undefined) return own;
    return this.#origin === undefined ? noPage : this.#origin.#page(index);
  }

  #own(index: number): Uint8Array {
    let page = this.#pages.get(index);
    if (page === undefined) {
      page = this.#page(index).slice();
      this.#pages.set(index, page);
    }
    return page;
  }
}
