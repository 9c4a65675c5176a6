import { linkFrameBytesMax } from '../limits.ts';

/*
 * Messages to one member in one frame: this code, which no message and no part of one begins with, then for each message the
 * number of its bytes, u16, and the bytes. A message alone is a frame as it is.
 */
const batchCode = 0x7e;
const lengthBytes = 2;
const initialBytes = 256;

/** Bytes of the longest message that can be one of several. */
export const frameBytes = linkFrameBytesMax - 1 - lengthBytes;

/** Puts messages together to a frame, in its own bytes, which it uses again. */
export class MessageBatch {
  #bytes = new Uint8Array(initialBytes).fill(batchCode, 0, 1);
  #length = 1;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  hasRoomFor(bytes: number): boolean {
    return this.#length + lengthBytes + bytes <= linkFrameBytesMax;
  }

  /** @param message for which there is room */
  add(message: Uint8Array): void {
    const end = this.#length + lengthBytes + message.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes[this.#length] = message.length & 0xff;
    this.#bytes[this.#length + 1] = message.length >> 8;
    this.#bytes.set(message, this.#length + lengthBytes);
    this.#length = end;
    this.#count++;
  }

  /** All that was added; valid until the next is. */
  frame(): Uint8Array {
    return this.#bytes.subarray(this.#count === 1 ? 1 + lengthBytes : 0, this.#length);
  }

  clear(): void {
    this.#length = 1;
    this.#count = 0;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.min(linkFrameBytesMax, Math.max(needed, 2 * this.#bytes.length)));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** The messages of a frame, in their order. @throws RangeError when it is cut off */
export function* messagesIn(frame: Uint8Array): Generator<Uint8Array> {
  if (frame[0] !== batchCode) {
    yield frame;
    return;
  }
  for (let at = 1; at < frame.length; ) {
    const begin = at + lengthBytes;
    const end = begin + (frame[at]! | ((frame[at + 1] ?? 0) << 8));
    if (end > frame.length || end === begin) throw new RangeError('An I/O manager sent a frame that is cut off.');
    yield frame.subarray(begin, end);
    at = end;
  }
}
