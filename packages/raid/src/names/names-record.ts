import { crc32 } from 'node:zlib';
import { blockBytes } from '../limits.ts';
import { getNumber, setNumber } from '../store/journal-record.ts';
import type { RawKey } from '../store/log-record.ts';

/** What a record of the log of names says. */
export type NameChange =
  /** `key` leads to the object from now on, wherever it led before. */
  | { readonly type: 'bind'; readonly key: RawKey; readonly gfid: number }
  /** `key` leads nowhere from now on. */
  | { readonly type: 'unbind'; readonly key: RawKey; readonly gfid: number }
  /** The same, and the object is to be removed once no other key leads to it. */
  | { readonly type: 'remove'; readonly key: RawKey; readonly gfid: number }
  /** What `key` led to `to` leads to from now on. */
  | { readonly type: 'rename'; readonly key: RawKey; readonly to: RawKey; readonly gfid: number }
  /** An object that was to be removed is gone. */
  | { readonly type: 'freed'; readonly gfid: number }
  /** Of a log written anew: an object that is to be removed. */
  | { readonly type: 'doomed'; readonly gfid: number }
  /** Of a log written anew: the last operation of a writer that the records before had. */
  | { readonly type: 'writer' };

/** Who wrote a record, and its place in the log. */
export interface NameStamp {
  /** Of the log: another one each time it is written anew. */
  readonly generation: number;
  /** 1, 2, 3, ... in a generation. */
  readonly sequence: number;
  readonly writer: number;
  readonly operation: number;
}

export interface NameRecord {
  readonly change: NameChange;
  readonly stamp: NameStamp;
}

/** The first block of the object: which log counts. */
export interface NamesHeader {
  readonly generation: number;
  /** Which of the two areas it lies in. */
  readonly area: 0 | 1;
}

const types = { bind: 1, unbind: 2, remove: 3, rename: 4, freed: 5, doomed: 6, writer: 7 } as const;
const typeNames: ReadonlyMap<number, NameChange['type']> = new Map(
  Object.entries(types).map(([name, type]) => [type, name as NameChange['type']]),
);

const recordHeadBytes = 56;
const headerMagic = 0x4d4e4648; // 'HFNM'
const headerVersion = 1;
const headerBytes = 32;

const keysOf = (change: NameChange): readonly RawKey[] => {
  if (change.type === 'rename') return [change.key, change.to];
  return 'key' in change ? [change.key] : [];
};

/** Bytes of the record of a change, a multiple of 8. Two keys of the longest fit one block. */
export function nameRecordBytes(change: NameChange): number {
  const keys = keysOf(change).reduce((sum, key) => sum + key.length, 0);
  return Math.ceil((recordHeadBytes + keys) / 8) * 8;
}

export function encodeNameRecord({ change, stamp }: NameRecord): Uint8Array {
  const bytes = new Uint8Array(nameRecordBytes(change));
  const view = new DataView(bytes.buffer);
  const [key = '', to = ''] = keysOf(change);
  view.setUint16(4, bytes.byteLength, true);
  view.setUint8(6, types[change.type]);
  setNumber(view, 8, stamp.generation);
  setNumber(view, 16, stamp.sequence);
  setNumber(view, 24, stamp.writer);
  setNumber(view, 32, stamp.operation);
  setNumber(view, 40, 'gfid' in change ? change.gfid : 0);
  view.setUint16(48, key.length, true);
  view.setUint16(50, to.length, true);
  bytes.set(Buffer.from(key + to, 'latin1'), recordHeadBytes);
  view.setUint32(0, crc32(bytes.subarray(4)), true);
  return bytes;
}

/**
 * The record at `at` of a block. `end`: the log ends here, in this block at least. `damaged`: these bytes are of this
 * log, and are no record of it.
 */
export function decodeNameRecord(
  block: Uint8Array,
  at: number,
  generation: number,
): { readonly record: NameRecord; readonly next: number } | 'end' | 'damaged' {
  if (at + recordHeadBytes > blockBytes) return 'end';
  const view = new DataView(block.buffer, block.byteOffset + at, blockBytes - at);
  const length = view.getUint16(4, true);
  // What a log of another generation left there is space.
  if (length === 0 || getNumber(view, 8) !== generation) return 'end';
  if (length < recordHeadBytes || length % 8 !== 0 || length > view.byteLength) return 'damaged';
  const bytes = block.subarray(at, at + length);
  if (view.getUint32(0, true) !== crc32(bytes.subarray(4))) return 'damaged';
  const change = decodeChange(view, bytes);
  if (change === undefined) return 'damaged';
  const [sequence, writer, operation] = [getNumber(view, 16), getNumber(view, 24), getNumber(view, 32)];
  return { record: { change, stamp: { generation, sequence, writer, operation } }, next: at + length };
}

function decodeChange(view: DataView, bytes: Uint8Array): NameChange | undefined {
  const type = typeNames.get(view.getUint8(6));
  const gfid = getNumber(view, 40);
  const keyEnd = recordHeadBytes + view.getUint16(48, true);
  const toEnd = keyEnd + view.getUint16(50, true);
  if (toEnd > bytes.byteLength) return undefined;
  const key = Buffer.from(bytes.subarray(recordHeadBytes, keyEnd)).toString('latin1');
  switch (type) {
    case 'bind':
    case 'unbind':
    case 'remove':
      return { type, key, gfid };
    case 'rename':
      return { type, key, to: Buffer.from(bytes.subarray(keyEnd, toEnd)).toString('latin1'), gfid };
    case 'freed':
    case 'doomed':
      return { type, gfid };
    case 'writer':
      return { type };
    case undefined:
      return undefined;
  }
}

export function encodeNamesHeader({ generation, area }: NamesHeader): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, headerMagic, true);
  view.setUint32(8, headerVersion, true);
  view.setUint32(12, area, true);
  setNumber(view, 16, generation);
  view.setUint32(0, crc32(bytes.subarray(4)), true);
  return bytes;
}

/** A block that was never written names the first log. Undefined when this is no header; a number: of that later version. */
export function decodeNamesHeader(block: Uint8Array): NamesHeader | number | undefined {
  const bytes = block.subarray(0, headerBytes);
  if (bytes.every((byte) => byte === 0)) return { generation: 0, area: 0 };
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  if (view.getUint32(4, true) !== headerMagic || view.getUint32(0, true) !== crc32(bytes.subarray(4))) return undefined;
  const version = view.getUint32(8, true);
  if (version !== headerVersion) return version;
  return { generation: getNumber(view, 16), area: view.getUint32(12, true) === 0 ? 0 : 1 };
}
