import { BadKeyError } from '../errors.ts';
import { keyBytesMax } from '../limits.ts';
import type { RawKey } from '../store/log-record.ts';

/*
 * A key is a string. Names that are not valid UTF-8, as a file system may have them, are carried as Python's
 * "surrogateescape" does (PEP 383): each byte that is not part of valid UTF-8 becomes the lone surrogate U+DC00 + byte.
 * Encoding a key turns these back into the bytes, so that every name survives the round trip unchanged.
 */
const escapeBase = 0xdc00;
const isEscape = (unit: number) => unit >= escapeBase + 0x80 && unit <= escapeBase + 0xff;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes a key stands for. @throws BadKeyError (HF_BAD_KEY) */
export function keyToBytes(key: string): Uint8Array {
  if (typeof key !== 'string') throw new BadKeyError('is a string');
  if (key.length > keyBytesMax) throw new BadKeyError(`has at most ${keyBytesMax} bytes, not ${key.length} characters`);
  const parts: Uint8Array[] = [];
  let from = 0;
  for (let at = 0; at < key.length; at++) {
    const unit = key.charCodeAt(at);
    if (isPairedHigh(key, at)) {
      at++;
    } else if (isEscape(unit)) {
      parts.push(Buffer.from(key.slice(from, at)), Uint8Array.of(unit - escapeBase));
      from = at + 1;
    } else if (unit >= 0xd800 && unit <= 0xdfff) {
      throw new BadKeyError('has half of a surrogate pair');
    }
  }
  const bytes = Buffer.concat([...parts, Buffer.from(key.slice(from))]);
  if (bytes.length === 0) throw new BadKeyError('is not empty');
  if (bytes.length > keyBytesMax) throw new BadKeyError(`has at most ${keyBytesMax} bytes, not ${bytes.length}`);
  if (bytes.includes(0)) throw new BadKeyError('has no NUL');
  return bytes;
}

/** The key that stands for these bytes: UTF-8 where they are valid, escapes where they are not. */
export function keyFromBytes(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeByParts(bytes);
  }
}

export const rawKey = (key: string): RawKey => Buffer.from(keyToBytes(key)).toString('latin1');
export const keyFromRaw = (raw: RawKey): string => keyFromBytes(Buffer.from(raw, 'latin1'));

function isPairedHigh(key: string, at: number): boolean {
  const high = key.charCodeAt(at);
  const low = key.charCodeAt(at + 1);
  return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
}

function decodeByParts(bytes: Uint8Array): string {
  let key = '';
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    key += length === 0 ? String.fromCharCode(escapeBase + bytes[at]!) : strict.decode(bytes.subarray(at, at + length));
    at += Math.max(1, length);
  }
  return key;
}

/** Bytes of the valid UTF-8 sequence at `at`, 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  try {
    strict.decode(bytes.subarray(at, at + length));
    return at + length <= bytes.length ? length : 0;
  } catch {
    return 0;
  }
}
