import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import type { Packr } from 'msgpackr';
import { HoldfastError } from '../errors.ts';
import { messageBytesMax } from '../limits.ts';
import { CodecError, MessageTooLargeError } from './errors.ts';
import { type Reader, readLength } from './reader.ts';
import { appendBytes, type Writer, writeCount } from './writer.ts';

/**
 * The general serialiser, for values whose schema says too little about their shape. It keeps what structured clone
 * keeps (cycles, maps, sets, typed arrays, dates, large bigints) but for two things: -0 arrives as 0, a lone surrogate
 * as U+FFFD. Functions and symbols are refused.
 */
let packr: Packr | undefined;

/** Made at its first use: msgpackr costs each thread 25 ms of CPU to load, and most threads never send such a value. */
function packer(): Packr {
  if (packr !== undefined) return packr;
  const msgpackr = createRequire(import.meta.url)('msgpackr') as typeof import('msgpackr');
  packr = new msgpackr.Packr({
    structuredClone: true,
    moreTypes: true,
    copyBuffers: true,
    useBigIntExtension: true,
    writeFunction: () => {
      throw new CodecError('A function cannot be part of a message.', 'Send data; call functions by services.');
    },
  });
  return packr;
}

export function packGeneral(value: unknown): Uint8Array {
  try {
    return packer().pack(value);
  } catch (error) {
    if (error instanceof HoldfastError) throw error;
    throw new CodecError('A value cannot be serialised.', 'Send plain data without symbols or endless nesting.', error);
  }
}

export function unpackGeneral(bytes: Uint8Array): unknown {
  try {
    return packer().unpack(Buffer.from(bytes));
  } catch (error) {
    throw new CodecError('A message holds no serialised value.', undefined, error);
  }
}

export function writeGeneral(to: Writer, value: unknown): void {
  const packed = packGeneral(value);
  if (packed.length > messageBytesMax) throw new MessageTooLargeError(packed.length, messageBytesMax);
  writeCount(to, packed.length);
  appendBytes(to, packed);
}

export function readGeneral(from: Reader): unknown {
  const length = readLength(from);
  const at = from.take(length);
  return unpackGeneral(from.bytes.subarray(at, at + length));
}
