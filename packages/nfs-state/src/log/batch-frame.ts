import { crc32 } from 'node:zlib';
import { LogNewerError, RecordSizeError } from '../errors.ts';
import type { LogBatch } from '../kernel/log-types.ts';
import { batchBytesMax } from '../limits.ts';
import { deflated, inflatedCompact } from './compact-form.ts';
import { fromText, unpacked } from './plain-text.ts';
import { LogBatchForm } from './record-form.ts';

/*
 * A batch lies on whole blocks, so that writing one never touches another. Little endian:
 *   0 u32 magic   4 u16 version   8 u32 bytes of content   12 u32 checksum of all but these four bytes
 *   16 f64 epoch   24 f64 number   32 content: text in version 1, deflated text in 2, the compact form deflated in 3
 *
 * Deflating costs less than it saves: a block more to be written durably costs the array several times as much.
 */
const magic = 0x4c4e_4648;
const version = 3;
const headBytes = 32;
export const frameBlockBytes = 4096;

const frames = new WeakMap<LogBatch, Uint8Array>();

/** The bytes of a batch, made once: the same go to the other heads and into the log. */
export function batchFrame(batch: LogBatch): Uint8Array {
  let frame = frames.get(batch);
  if (frame === undefined) {
    frame = makeFrame(batch);
    frames.set(batch, frame);
  }
  return frame;
}

/** @throws RecordSizeError */
export function assertFits({ length }: Uint8Array): void {
  if (length > batchBytesMax) throw new RecordSizeError(length, batchBytesMax);
}

function makeFrame(batch: LogBatch): Uint8Array {
  const content = deflated(batch);
  const bytes = headBytes + content.length;
  const frame = new Uint8Array(Math.ceil(bytes / frameBlockBytes) * frameBlockBytes);
  const head = new DataView(frame.buffer);
  head.setUint32(0, magic, true);
  head.setUint16(4, version, true);
  head.setUint32(8, content.length, true);
  head.setFloat64(16, batch.epoch, true);
  head.setFloat64(24, batch.number, true);
  frame.set(content, headBytes);
  head.setUint32(12, checksum(frame, bytes), true);
  return frame;
}

/** What lies at a place of a segment. `more`: as many bytes are needed to say. */
export type FrameFound =
  | { readonly kind: 'batch'; readonly batch: LogBatch; readonly bytes: number }
  | { readonly kind: 'more'; readonly bytes: number }
  /** Nothing was ever written there, or what was is not whole. */
  | { readonly kind: 'empty' | 'torn' };

/** @throws LogNewerError */
export function readFrame(bytes: Uint8Array): FrameFound {
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < frameBlockBytes) return { kind: 'empty' };
  if (head.getUint32(0, true) !== magic) return { kind: isZero(bytes) ? 'empty' : 'torn' };
  const length = headBytes + head.getUint32(8, true);
  if (length > batchBytesMax) return { kind: 'torn' };
  const whole = Math.ceil(length / frameBlockBytes) * frameBlockBytes;
  if (whole > bytes.length) return { kind: 'more', bytes: whole };
  if (checksum(bytes, length) !== head.getUint32(12, true)) return { kind: 'torn' };
  const found = head.getUint16(4, true);
  if (found > version) throw new LogNewerError(found);
  const parsed = LogBatchForm.safeParse(contentOf(found, bytes.subarray(headBytes, length)));
  return parsed.success ? { kind: 'batch', batch: parsed.data, bytes: whole } : { kind: 'torn' };
}

function contentOf(found: number, content: Uint8Array): unknown {
  if (found === 1) return fromText(new TextDecoder().decode(content));
  return found === 2 ? unpacked(content) : inflatedCompact(content);
}

const isZero = (bytes: Uint8Array): boolean => bytes.subarray(0, frameBlockBytes).every((byte) => byte === 0);

const checksum = (frame: Uint8Array, end: number): number =>
  crc32(frame.subarray(16, end), crc32(frame.subarray(0, 12)));
