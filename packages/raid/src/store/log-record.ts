import { type Geometry, isParityCount } from '../layout/geometry.ts';
import {
  bodyAt,
  decodeJournalBody,
  encodeJournalBody,
  getNumber,
  isJournalType,
  type JournalRecord,
  journalRecordBytes,
  journalTypeOf,
  setNumber,
} from './journal-record.ts';

/** A key as a string of one character per byte (Latin-1): its order is the order of the bytes. */
export type RawKey = string;

/** Blocks of one slot of one group, side by side in the block file. */
export interface RunRecord {
  readonly type: 'run';
  readonly gfid: number;
  readonly group: number;
  readonly slot: number;
  readonly blocks: number;
  /** First block in the block file. */
  readonly address: number;
  /** Rises with every run the drive stores. */
  readonly sequence: number;
  readonly epoch: number;
  /** XXH3-64 of each block: low word, high word. */
  readonly checksums: Uint32Array;
}

/** The metadata of a committed object, one of several copies. */
export interface ObjectRecord {
  readonly type: 'object';
  readonly gfid: number;
  readonly key: RawKey;
  readonly bytes: number;
  readonly geometry: Geometry;
  /** Members over which the groups walk. */
  readonly span: number[];
  /** Members of the span whose slots were not stored, because they were down. */
  readonly absent: number[];
  /** Members that keep this metadata. */
  readonly homes: number[];
  /** Members of the span that were lost, and whose slots others hold, in that order. */
  readonly moved?: number[] | undefined;
  /** The array's epoch when it was committed. */
  readonly epoch: number;
  /** Milliseconds since 1970, by the clock of the storing thread. */
  readonly storedAtMs: number;
  /** SHA-256 of the content, 64 hexadecimal digits, when the caller asked for it. */
  readonly sha256?: string | undefined;
}

/** The metadata of an object ends here. */
interface ForgetRecord {
  readonly type: 'forget';
  readonly gfid: number;
}

/** The blocks of an object on this drive end here. */
interface DropRecord {
  readonly type: 'drop';
  readonly gfid: number;
}

export type LogRecord = RunRecord | ObjectRecord | ForgetRecord | DropRecord | JournalRecord;

const types = { run: 1, object: 2, forget: 3, drop: 4 } as const;
const recordHeaderBytes = 8;
const runBytes = 48;
const objectBytes = 64;
const sha256Bytes = 32;

const aligned = (bytes: number) => Math.ceil(bytes / 8) * 8;

/**
 * The bytes of a record, a multiple of 8. Layouts: docs/raid.md.
 * @param bytes where they go: zeros, as many as the record has
 */
export function encodeRecord(record: LogRecord, bytes = new Uint8Array(recordBytes(record))): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint8(0, isJournalRecord(record) ? journalTypeOf(record) : types[record.type]);
  view.setUint32(4, bytes.byteLength, true);
  setNumber(view, 8, record.gfid);
  if (record.type === 'run') encodeRun(record, view);
  if (record.type === 'object') encodeObject(record, bytes, view);
  if (isJournalRecord(record)) encodeJournalBody(record, view);
  return bytes;
}

const isJournalRecord = (record: LogRecord): record is JournalRecord => !(record.type in types);

/** Bytes of the record of a run of so many blocks. */
export const runRecordBytes = (blocks: number): number => runBytes + blocks * 8;

export function recordBytes(record: LogRecord): number {
  if (isJournalRecord(record)) return journalRecordBytes(record);
  if (record.type === 'run') return runRecordBytes(record.blocks);
  if (record.type === 'forget' || record.type === 'drop') return recordHeaderBytes + 8;
  const lists = record.span.length + record.absent.length + record.homes.length + (record.moved?.length ?? 0);
  return aligned(objectBytes + (record.sha256 === undefined ? 0 : sha256Bytes) + lists + record.key.length);
}

function encodeRun(record: RunRecord, view: DataView): void {
  view.setUint32(16, record.group, true);
  view.setUint16(20, record.slot, true);
  view.setUint16(22, record.blocks, true);
  view.setUint32(24, record.address, true);
  view.setUint32(28, record.epoch, true);
  setNumber(view, 32, record.sequence);
  for (const [index, word] of record.checksums.entries()) view.setUint32(runBytes + index * 4, word, true);
}

function encodeObject(record: ObjectRecord, bytes: Uint8Array, view: DataView): void {
  setNumber(view, 16, record.bytes);
  setNumber(view, 24, record.storedAtMs);
  view.setUint32(32, record.epoch, true);
  view.setUint8(36, record.geometry.data);
  view.setUint8(37, record.geometry.parity);
  view.setUint16(38, record.geometry.unitBlocks, true);
  view.setUint16(40, record.key.length, true);
  view.setUint8(42, record.span.length);
  view.setUint8(43, record.absent.length);
  view.setUint8(44, record.homes.length);
  view.setUint8(45, record.sha256 === undefined ? 0 : 1);
  view.setUint8(46, record.moved?.length ?? 0);
  let at = objectBytes;
  const append = (part: ArrayLike<number>) => {
    bytes.set(part, at);
    at += part.length;
  };
  if (record.sha256 !== undefined) append(Buffer.from(record.sha256, 'hex'));
  append(record.span);
  append(record.absent);
  append(record.homes);
  append(record.moved ?? []);
  append(Buffer.from(record.key, 'latin1'));
}

/**
 * The record at `at`. Undefined when the bytes are not a record that fits `end`.
 * @param view of a whole batch: a log has millions of records, and a view of each would cost more than its numbers
 */
export function decodeRecord(view: DataView, at: number, end: number): LogRecord | undefined {
  if (at + recordHeaderBytes + 8 > end) return undefined;
  const bytes = recordBytesAt(view, at);
  if (bytes < recordHeaderBytes + 8 || bytes % 8 !== 0 || at + bytes > end) return undefined;
  const type = view.getUint8(at);
  const gfid = getNumber(view, at + 8);
  if (isJournalType(type)) return decodeJournalBody(type, gfid, view, at + bodyAt, bytes - bodyAt);
  if (type === types.forget) return { type: 'forget', gfid };
  if (type === types.drop) return { type: 'drop', gfid };
  if (type === types.run) return decodeRun(gfid, view, at, bytes);
  return type === types.object ? decodeObject(gfid, view, at, bytes) : undefined;
}

/** Bytes of the record at `at`, which {@link decodeRecord} found to be one. */
export const recordBytesAt = (view: DataView, at: number): number => view.getUint32(at + 4, true);

function decodeRun(gfid: number, view: DataView, from: number, bytes: number): RunRecord | undefined {
  if (bytes < runBytes) return undefined;
  const blocks = view.getUint16(from + 22, true);
  if (bytes !== runRecordBytes(blocks)) return undefined;
  const checksums = new Uint32Array(blocks * 2);
  for (let index = 0; index < checksums.length; index++) {
    checksums[index] = view.getUint32(from + runBytes + index * 4, true);
  }
  return {
    type: 'run',
    gfid,
    group: view.getUint32(from + 16, true),
    slot: view.getUint16(from + 20, true),
    blocks,
    address: view.getUint32(from + 24, true),
    epoch: view.getUint32(from + 28, true),
    sequence: getNumber(view, from + 32),
    checksums,
  };
}

function decodeObject(gfid: number, view: DataView, from: number, bytes: number): ObjectRecord | undefined {
  if (bytes < objectBytes) return undefined;
  const whole = new Uint8Array(view.buffer, view.byteOffset + from, bytes);
  let at = objectBytes;
  const part = (length: number) => {
    at += length;
    return whole.subarray(at - length, at);
  };
  const hashed = view.getUint8(from + 45) === 1;
  const sha256 = hashed ? Buffer.from(part(sha256Bytes)).toString('hex') : undefined;
  const span = [...part(view.getUint8(from + 42))];
  const absent = [...part(view.getUint8(from + 43))];
  const homes = [...part(view.getUint8(from + 44))];
  const moved = [...part(view.getUint8(from + 46))];
  const key = Buffer.from(part(view.getUint16(from + 40, true))).toString('latin1');
  const parity = view.getUint8(from + 37);
  if (aligned(at) !== bytes || !isParityCount(parity)) return undefined;
  return {
    type: 'object',
    gfid,
    key,
    bytes: getNumber(view, from + 16),
    geometry: { data: view.getUint8(from + 36), parity, unitBlocks: view.getUint16(from + 38, true) },
    span,
    absent,
    homes,
    ...(moved.length === 0 ? {} : { moved }),
    epoch: view.getUint32(from + 32, true),
    storedAtMs: getNumber(view, from + 24),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}
