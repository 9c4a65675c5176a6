import { Buffer } from 'node:buffer';
import { messageBytesMax } from '../limits.ts';
import { CodecError, MessageTooLargeError } from './errors.ts';
import { latin1Write, ucs2Write } from './string-bytes.ts';

const scratchBytesMin = 4096;
/** A scratch that one huge message made larger than this is dropped after it. */
const scratchBytesKept = 1024 * 1024;
/** Below this length a loop beats the call into Node's string writers. */
const loopCharsMax = 40;

/**
 * Where an encoder writes. It starts on memory lent to it, often shared, and moves to its own scratch when that is
 * too small, so that nobody has to know the size of a value before it is encoded.
 */
export class Writer {
  bytes: Uint8Array;
  view: DataView;
  start = 0;
  at = 0;
  end: number;
  #scratch = new Uint8Array(scratchBytesMin);
  #scratchView = new DataView(this.#scratch.buffer);

  constructor() {
    this.bytes = this.#scratch;
    this.view = this.#scratchView;
    this.end = this.#scratch.length;
  }

  /** Write to lent memory from `start` on, up to `end`. */
  lend(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    this.bytes = bytes;
    this.view = view;
    this.start = start;
    this.at = start;
    this.end = end;
  }

  /** Write to the own scratch. */
  reset(): void {
    if (this.#scratch.length > scratchBytesKept) {
      this.#scratch = new Uint8Array(scratchBytesMin);
      this.#scratchView = new DataView(this.#scratch.buffer);
    }
    this.bytes = this.#scratch;
    this.view = this.#scratchView;
    this.start = 0;
    this.at = 0;
    this.end = this.#scratch.length;
  }

  get length(): number {
    return this.at - this.start;
  }

  written(): Uint8Array {
    return this.bytes.subarray(this.start, this.at);
  }

  /** @throws MessageTooLargeError when the message would pass `messageBytesMax`. */
  room(count: number): void {
    if (this.at + count > this.end) this.#grow(count);
  }

  #grow(count: number): void {
    const length = this.at - this.start;
    const needed = length + count;
    if (needed > messageBytesMax) throw new MessageTooLargeError(needed, messageBytesMax);
    if (this.#scratch.length < needed) {
      const grown = new Uint8Array(Math.min(messageBytesMax, Math.max(needed, 2 * this.#scratch.length)));
      grown.set(this.bytes.subarray(this.start, this.at));
      this.#scratch = grown;
      this.#scratchView = new DataView(grown.buffer);
    } else {
      this.#scratch.set(this.bytes.subarray(this.start, this.at));
    }
    this.bytes = this.#scratch;
    this.view = this.#scratchView;
    this.start = 0;
    this.at = length;
    this.end = this.#scratch.length;
  }
}

/** Bytes as they are, without their length. */
export function appendBytes(to: Writer, bytes: Uint8Array): void {
  to.room(bytes.length);
  to.bytes.set(bytes, to.at);
  to.at += bytes.length;
}

export function writeByte(to: Writer, value: number): void {
  to.room(1);
  to.bytes[to.at++] = value;
}

/** Whole numbers from 0 to 2^32 - 1, seven bits a byte. */
export function writeCount(to: Writer, value: number): void {
  to.room(5);
  let rest = value;
  while (rest > 0x7f) {
    to.bytes[to.at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  to.bytes[to.at++] = rest;
}

/** Any number exactly, small whole ones in one byte: -16 to 223; then 16, 32 and 64 bits behind a tag. */
export function writeNumber(to: Writer, value: number): void {
  to.room(9);
  if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
    if (value >= -16 && value <= 223) {
      to.bytes[to.at++] = value + 16;
      return;
    }
    if (value >= -32768 && value <= 32767) {
      to.bytes[to.at] = 0xf0;
      to.view.setInt16(to.at + 1, value, true);
      to.at += 3;
      return;
    }
    to.bytes[to.at] = 0xf1;
    to.view.setInt32(to.at + 1, value, true);
    to.at += 5;
    return;
  }
  if (typeof value !== 'number') throw notA('a number', value);
  to.bytes[to.at] = 0xf2;
  to.view.setFloat64(to.at + 1, value, true);
  to.at += 9;
}

export function writeBoolean(to: Writer, value: boolean): void {
  if (typeof value !== 'boolean') throw notA('a boolean', value);
  to.room(1);
  to.bytes[to.at++] = value ? 1 : 0;
}

/**
 * The length in UTF-16 units and one bit for their width: one byte each when all fit, else two. Lone surrogates
 * survive, which UTF-8 would not allow.
 */
export function writeString(to: Writer, value: string): void {
  if (typeof value !== 'string') throw notA('a string', value);
  const length = value.length;
  if (length > loopCharsMax) {
    writeLongString(to, value, length);
    return;
  }
  to.room(length + 1);
  const { bytes, at } = to;
  bytes[at] = length << 1;
  for (let i = 0; i < length; i++) {
    const unit = value.charCodeAt(i);
    if (unit > 0xff) {
      writeLongString(to, value, length);
      return;
    }
    bytes[at + 1 + i] = unit;
  }
  to.at = at + 1 + length;
}

const beyondLatin1 = /[\u0100-\uffff]/;

function writeLongString(to: Writer, value: string, length: number): void {
  if (length * 2 > messageBytesMax * 2) throw new MessageTooLargeError(length, messageBytesMax);
  const wide = beyondLatin1.test(value);
  const bytes = wide ? length * 2 : length;
  writeCount(to, length * 2 + (wide ? 1 : 0));
  to.room(bytes);
  if (wide) ucs2Write.call(to.bytes, value, to.at, bytes);
  else latin1Write.call(to.bytes, value, to.at, bytes);
  to.at += bytes;
}

/** 64-bit ones behind the tag 0; larger ones as sign, length and magnitude. */
export function writeBigint(to: Writer, value: bigint): void {
  if (typeof value !== 'bigint') throw notA('a bigint', value);
  if (BigInt.asIntN(64, value) === value) {
    to.room(9);
    to.bytes[to.at] = 0;
    to.view.setBigInt64(to.at + 1, value, true);
    to.at += 9;
    return;
  }
  const digits = (value < 0n ? -value : value).toString(16);
  const magnitude = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  writeByte(to, value < 0n ? 2 : 1);
  writeCount(to, magnitude.length);
  appendBytes(to, magnitude);
}

const { getTime } = Date.prototype;

/** Reads the time itself: a method that a subclass overrides would be code of the caller's. */
export function writeDate(to: Writer, value: Date): void {
  if (!(value instanceof Date)) throw notA('a Date', value);
  to.room(8);
  to.view.setFloat64(to.at, getTime.call(value), true);
  to.at += 8;
}

/** @throws CodecError when the buffer behind the bytes was transferred away: its content is gone. */
export function writeBytes(to: Writer, value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) throw notA('a Uint8Array', value);
  const length = value.length;
  if (length === 0 && value.buffer instanceof ArrayBuffer && value.buffer.detached) {
    throw new CodecError(
      'The buffer of a Uint8Array is detached.',
      'Send bytes before their buffer is transferred, or a copy of them.',
    );
  }
  writeCount(to, length);
  appendBytes(to, value);
}

export function notA(what: string, value: unknown): CodecError {
  const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
  return new CodecError(`A value should be ${what} and is ${found}.`);
}
