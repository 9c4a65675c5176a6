const pageBits = 14;
const pageLength = 2 ** pageBits;
const pageMask = pageLength - 1;

/** A growing list of unsigned 32-bit numbers that never copies what it holds. */
export class PagedNumbers {
  readonly #pages: Uint32Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#pages.length * pageLength * Uint32Array.BYTES_PER_ELEMENT;
  }

  push(value: number): void {
    const index = this.#length++;
    if ((index & pageMask) === 0) this.#pages.push(new Uint32Array(pageLength));
    (this.#pages[index >>> pageBits] as Uint32Array)[index & pageMask] = value;
  }

  at(index: number): number {
    return (this.#pages[index >>> pageBits] as Uint32Array)[index & pageMask] as number;
  }
}
