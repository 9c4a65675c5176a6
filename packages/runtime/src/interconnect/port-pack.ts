import { portPackBytes } from '../limits.ts';

/** A pack starts with its used length, each record with its own: both headers keep records at multiples of 8. */
export const packHeaderBytes = 8;

/** Records on their way into one post. */
export class OutgoingPack {
  readonly buffer = new ArrayBuffer(portPackBytes);
  readonly #bytes = new Uint8Array(this.buffer);
  readonly #words = new Int32Array(this.buffer);
  used = packHeaderBytes;

  get empty(): boolean {
    return this.used === packHeaderBytes;
  }

  /** Whether a record of `length` bytes still fits. */
  fits(length: number): boolean {
    return this.used + packHeaderBytes + length <= portPackBytes;
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    this.#words[this.used >> 2] = end - start;
    this.#bytes.set(bytes.subarray(start, end), this.used + packHeaderBytes);
    this.used += packHeaderBytes + end - start;
  }

  /** The whole buffer, ready to be transferred; the pack cannot be used afterwards. */
  seal(): ArrayBuffer {
    this.#words[0] = this.used;
    return this.buffer;
  }

  /** What was added, as a buffer of its own, to be cloned; the pack starts over. */
  copy(): ArrayBuffer {
    this.#words[0] = this.used;
    const copy = this.buffer.slice(0, this.used);
    this.used = packHeaderBytes;
    return copy;
  }
}

/** One post that arrived, read record by record. */
export class ArrivedPack {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** Its length in credit. */
  readonly used: number;
  #at = packHeaderBytes;
  /** Where the record found last lies in `bytes`. */
  start = 0;
  end = 0;

  constructor(buffer: ArrayBuffer) {
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.used = this.words[0] ?? 0;
  }

  next(): 'record' | 'empty' | 'corrupt' {
    if (this.#at === this.used) return 'empty';
    const length = this.words[this.#at >> 2] ?? 0;
    this.start = this.#at + packHeaderBytes;
    this.end = this.start + length;
    if (length <= 0 || length % 8 !== 0 || this.end > this.used || this.used > this.bytes.length) return 'corrupt';
    this.#at = this.end;
    return 'record';
  }
}
