import { EncodingError } from './errors.ts';

const initialBytes = 256;

/** Writes integers compactly into a growing buffer. Reused: call {@link reset} between states. */
export class Encoder {
  #bytes = new Uint8Array(initialBytes);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  reset(): void {
    this.#length = 0;
  }

  /** A non-negative safe integer, seven bits a byte. */
  uint(value: number): void {
    if (value >= 0 && value < 0x80 && (value | 0) === value) {
      this.#push(value);
      return;
    }
    if (!Number.isSafeInteger(value) || value < 0) throw new EncodingError(`not a non-negative integer: ${value}`);
    let rest = value;
    while (rest >= 0x80) {
      this.#push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#push(rest);
  }

  /** An integer of either sign, less than 2^52 from 0. */
  int(value: number): void {
    if (!Number.isSafeInteger(value)) throw new EncodingError(`not an integer: ${value}`);
    this.uint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  flag(value: boolean): void {
    this.#push(value ? 1 : 0);
  }

  /** The length, then each item. */
  list<T>(items: readonly T[], write: (item: T, into: Encoder) => void): void {
    this.uint(items.length);
    for (const item of items) write(item, this);
  }

  /** The buffer itself, so that a hot loop needs no view: only the first {@link length} bytes are written. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The written bytes; valid until the next write or reset. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #push(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[this.#length++] = byte;
  }
}

/** Reads what an {@link Encoder} wrote. */
export class Decoder {
  #bytes: Uint8Array;
  #at: number;
  #end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Start over on other bytes, so that one decoder serves a whole exploration. */
  reset(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get atEnd(): boolean {
    return this.#at === this.#end;
  }

  uint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw new EncodingError('the encoding holds a number beyond 2^53');
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  int(): number {
    const value = this.uint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  flag(): boolean {
    const byte = this.#byte();
    if (byte > 1) throw new EncodingError(`the encoding holds ${byte} where a flag was written`);
    return byte === 1;
  }

  list<T>(read: (from: Decoder) => T): T[] {
    const items: T[] = [];
    for (let left = this.uint(); left > 0; left--) items.push(read(this));
    return items;
  }

  #byte(): number {
    const byte = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
    if (byte === undefined) throw new EncodingError('the encoding ends too early');
    this.#at++;
    return byte;
  }
}
