import type { DataBlock } from '../kernel/data-state.ts';
import type { EndEntry, JournalEntry, MjEntry, PjEntry } from '../kernel/journal.ts';
import type { ParityBlock } from '../kernel/parity-state.ts';
import type { ProxyEntry } from '../kernel/proxy-messages.ts';
import { isParityCount, type ParityCount } from '../layout/geometry.ts';
import { arrayMembersMax, dataSlotsMax, unitBlocksMax } from '../limits.ts';
import type { BlockRanges } from './block-ranges.ts';
import { isResyncEntry, resyncEntry, resyncNumbers, resyncTypes } from './resync-record.ts';

/** An entry of the journaled write, as the kernels append it. */
export interface EntryRecord {
  readonly type: 'entry';
  readonly gfid: number;
  readonly entry: JournalEntry | ProxyEntry;
}

/** Where a block is and what it was made by: in a log that was written anew, in place of the entries that led there. */
export interface DataBlockRecord {
  readonly type: 'data block';
  readonly gfid: number;
  readonly block: DataBlock;
  readonly checksum: number;
}

/** The same of a parity block. */
export interface ParityBlockRecord {
  readonly type: 'parity block';
  readonly gfid: number;
  readonly block: ParityBlock;
  readonly checksum: number;
}

/** How an object that is written in ranges lies on its members: kept by each of them. */
export interface LayoutRecord {
  readonly type: 'layout';
  readonly gfid: number;
  readonly data: number;
  readonly parity: ParityCount;
  readonly unitBlocks: number;
  readonly span: readonly number[];
  /** This drive took the place of one that is lost, and nothing made its blocks again: what is not here is not zeros. */
  readonly lost?: boolean | undefined;
}

/** Whoever writes an object must hold this token or a higher one. */
export interface ClaimRecord {
  readonly type: 'claim';
  readonly gfid: number;
  readonly token: number;
}

/** Ranges of an object whose writes cannot fail for space; takes the place of records of a lower version. */
export interface ReserveRecord {
  readonly type: 'reserve';
  readonly gfid: number;
  readonly version: number;
  readonly ranges: BlockRanges;
}

export type JournalRecord =
  | EntryRecord
  | DataBlockRecord
  | ParityBlockRecord
  | LayoutRecord
  | ClaimRecord
  | ReserveRecord;

const types = {
  mj: 5,
  mj_complete: 6,
  mj_abort: 7,
  pj: 8,
  pj_complete: 9,
  pj_abort: 10,
  'data block': 11,
  'parity block': 12,
  layout: 13,
  claim: 14,
  ...resyncTypes,
  reserve: 22,
} as const;

/** Where what follows the header begins. */
export const bodyAt = 16;
const mjBytes = 72;
const pjHeadBytes = 32;
const endBytes = 8;
const dataHeadBytes = 32;
const appliedBytes = 16;
const parityHeadBytes = 24;
const layoutHeadBytes = 8;
const tokenBytes = 8;
const rangeBytes = 16;

export const isJournalType = (type: number): boolean => type >= types.mj && type <= types.reserve;

/** The number that begins the record on disk. */
export const journalTypeOf = (record: JournalRecord): number =>
  types[record.type === 'entry' ? record.entry.type : record.type];

export function journalRecordBytes(record: JournalRecord): number {
  switch (record.type) {
    case 'entry':
      if (isResyncEntry(record.entry)) return bodyAt + 8 * resyncNumbers(record.entry).length;
      if (record.entry.type === 'mj') return bodyAt + mjBytes;
      return bodyAt + (record.entry.type === 'pj' ? pjHeadBytes + mjBytes : endBytes);
    case 'data block':
      return bodyAt + dataHeadBytes + record.block.applied.length * appliedBytes;
    case 'parity block':
      return bodyAt + parityHeadBytes + record.block.vv.length * 8;
    case 'layout':
      return bodyAt + layoutHeadBytes + 8 * Math.ceil(record.span.length / 8);
    case 'claim':
      return bodyAt + tokenBytes;
    case 'reserve':
      return bodyAt + tokenBytes + record.ranges.length * rangeBytes;
  }
}

/** Write what follows the header, which every record has. */
export function encodeJournalBody(record: JournalRecord, view: DataView): void {
  switch (record.type) {
    case 'entry':
      encodeEntry(record.entry, view);
      break;
    case 'data block':
      encodeDataBlock(record, view);
      break;
    case 'parity block':
      encodeParityBlock(record, view);
      break;
    case 'layout':
      encodeLayout(record, view);
      break;
    case 'claim':
      setNumber(view, bodyAt, record.token);
      break;
    case 'reserve':
      setNumber(view, bodyAt, record.version);
      for (const [index, { from, to }] of record.ranges.entries()) {
        setNumber(view, bodyAt + tokenBytes + index * rangeBytes, from);
        setNumber(view, bodyAt + tokenBytes + index * rangeBytes + 8, to);
      }
      break;
  }
}

/** What lies in `bodyBytes` bytes from `body`, behind the header. Undefined when it is no such record. */
export function decodeJournalBody(
  type: number,
  gfid: number,
  view: DataView,
  body: number,
  bodyBytes: number,
): JournalRecord | undefined {
  switch (type) {
    case types.mj:
      return bodyBytes === mjBytes ? { type: 'entry', gfid, entry: decodeMj(gfid, view, body) } : undefined;
    case types.pj:
      return bodyBytes === pjHeadBytes + mjBytes
        ? { type: 'entry', gfid, entry: decodePj(gfid, view, body) }
        : undefined;
    case types.mj_complete:
      return decodeEnd('mj_complete', gfid, view, body, bodyBytes);
    case types.mj_abort:
      return decodeEnd('mj_abort', gfid, view, body, bodyBytes);
    case types.pj_complete:
      return decodeEnd('pj_complete', gfid, view, body, bodyBytes);
    case types.pj_abort:
      return decodeEnd('pj_abort', gfid, view, body, bodyBytes);
    case types['data block']:
      return decodeDataBlock(gfid, view, body, bodyBytes);
    case types['parity block']:
      return decodeParityBlock(gfid, view, body, bodyBytes);
    case types.layout:
      return decodeLayout(gfid, view, body, bodyBytes);
    case types.claim:
      return bodyBytes === tokenBytes ? { type: 'claim', gfid, token: getNumber(view, body) } : undefined;
    case types.reserve:
      return decodeReserve(gfid, view, body, bodyBytes);
    default:
      return decodeResync(type, gfid, view, body, bodyBytes);
  }
}

const decodeEnd = (type: EndEntry['type'], gfid: number, view: DataView, body: number, bodyBytes: number) =>
  bodyBytes === endBytes ? ({ type: 'entry', gfid, entry: { type, id: getNumber(view, body) } } as const) : undefined;

function decodeReserve(gfid: number, view: DataView, body: number, bodyBytes: number): ReserveRecord | undefined {
  const count = (bodyBytes - tokenBytes) / rangeBytes;
  if (!Number.isInteger(count) || count < 0) return undefined;
  const ranges = Array.from({ length: count }, (_, index) => {
    const at = body + tokenBytes + index * rangeBytes;
    return { from: getNumber(view, at), to: getNumber(view, at + 8) };
  });
  const areRanges = ranges.every(({ from, to }, index) => from < to && from >= (ranges[index - 1]?.to ?? 0));
  return areRanges ? { type: 'reserve', gfid, version: getNumber(view, body), ranges } : undefined;
}

function decodeResync(
  type: number,
  gfid: number,
  view: DataView,
  body: number,
  bodyBytes: number,
): EntryRecord | undefined {
  const count = bodyBytes / 8;
  if (!Number.isInteger(count)) return undefined;
  const numbers = Array.from({ length: count }, (_, index) => getNumber(view, body + 8 * index));
  const entry = resyncEntry(type, gfid, numbers);
  return entry && { type: 'entry', gfid, entry };
}

function encodeLayout({ data, parity, unitBlocks, span, lost }: LayoutRecord, view: DataView): void {
  view.setUint8(bodyAt, data);
  view.setUint8(bodyAt + 1, span.length);
  view.setUint16(bodyAt + 2, unitBlocks, true);
  // Most have one parity slot, and the first records said nothing of it.
  view.setUint8(bodyAt + 4, parity === 1 ? 0 : parity + 1);
  view.setUint8(bodyAt + 5, lost === true ? 1 : 0);
  for (const [index, member] of span.entries()) view.setUint8(bodyAt + layoutHeadBytes + index, member);
}

function decodeLayout(gfid: number, view: DataView, body: number, bodyBytes: number): LayoutRecord | undefined {
  if (bodyBytes < layoutHeadBytes) return undefined;
  const data = view.getUint8(body);
  const members = view.getUint8(body + 1);
  const unitBlocks = view.getUint16(body + 2, true);
  const isPossible = data >= 1 && data <= dataSlotsMax && unitBlocks >= 1 && unitBlocks <= unitBlocksMax;
  const parity = view.getUint8(body + 4) === 0 ? 1 : view.getUint8(body + 4) - 1;
  if (!isPossible || !isParityCount(parity) || members < data + parity || members > arrayMembersMax) return undefined;
  if (bodyBytes !== layoutHeadBytes + 8 * Math.ceil(members / 8)) return undefined;
  const span = Array.from({ length: members }, (_, index) => view.getUint8(body + layoutHeadBytes + index));
  return span.every((member) => member < arrayMembersMax)
    ? { type: 'layout', gfid, data, parity, unitBlocks, span, ...(view.getUint8(body + 5) === 1 && { lost: true }) }
    : undefined;
}

function encodeEntry(entry: JournalEntry | ProxyEntry, view: DataView): void {
  if (isResyncEntry(entry)) {
    for (const [index, number] of resyncNumbers(entry).entries()) setNumber(view, bodyAt + 8 * index, number);
  } else if (entry.type === 'mj') {
    encodeMj(entry, view, bodyAt);
  } else if (entry.type === 'pj') {
    setNumber(view, bodyAt, entry.pj);
    setNumber(view, bodyAt + 8, entry.checksum);
    view.setUint32(bodyAt + 16, entry.newAddress, true);
    view.setUint32(bodyAt + 20, entry.oldAddress, true);
    view.setUint8(bodyAt + 24, entry.from);
    view.setUint8(bodyAt + 25, entry.code === 'q' ? 1 : 0);
    view.setUint8(bodyAt + 26, entry.gap === true ? 1 : 0);
    encodeMj(entry.mj, view, bodyAt + pjHeadBytes);
  } else {
    setNumber(view, bodyAt, entry.id);
  }
}

function encodeMj(entry: MjEntry, view: DataView, at: number): void {
  setNumber(view, at, entry.mj);
  setNumber(view, at + 8, entry.lblk);
  setNumber(view, at + 16, entry.group);
  setNumber(view, at + 24, entry.seq);
  setNumber(view, at + 32, entry.checksum);
  setNumber(view, at + 40, entry.client);
  setNumber(view, at + 48, entry.request);
  view.setUint32(at + 56, entry.newAddress, true);
  view.setUint32(at + 60, entry.oldAddress, true);
  view.setUint16(at + 64, entry.writeStart, true);
  view.setUint16(at + 66, entry.writeBytes, true);
  view.setUint8(at + 68, entry.slot);
  view.setUint8(at + 69, entry.parity);
  view.setUint8(at + 70, entry.second === undefined ? 0 : entry.second + 1);
}

function decodeMj(gfid: number, view: DataView, at: number): MjEntry {
  const entry: MjEntry = {
    type: 'mj',
    mj: getNumber(view, at),
    gfid,
    lblk: getNumber(view, at + 8),
    group: getNumber(view, at + 16),
    slot: view.getUint8(at + 68),
    newAddress: view.getUint32(at + 56, true),
    oldAddress: view.getUint32(at + 60, true),
    seq: getNumber(view, at + 24),
    checksum: getNumber(view, at + 32),
    writeStart: view.getUint16(at + 64, true),
    writeBytes: view.getUint16(at + 66, true),
    client: getNumber(view, at + 40),
    request: getNumber(view, at + 48),
    parity: view.getUint8(at + 69),
  };
  const second = view.getUint8(at + 70);
  return second === 0 ? entry : { ...entry, second: second - 1 };
}

function decodePj(gfid: number, view: DataView, body: number): PjEntry {
  const entry: PjEntry = {
    type: 'pj',
    pj: getNumber(view, body),
    newAddress: view.getUint32(body + 16, true),
    oldAddress: view.getUint32(body + 20, true),
    checksum: getNumber(view, body + 8),
    from: view.getUint8(body + 24),
    mj: decodeMj(gfid, view, body + pjHeadBytes),
  };
  const isSecond = view.getUint8(body + 25) === 1;
  const hasGap = view.getUint8(body + 26) === 1;
  if (!isSecond && !hasGap) return entry;
  return { ...entry, ...(isSecond && { code: 'q' }), ...(hasGap && { gap: true }) };
}

function encodeDataBlock({ block, checksum }: DataBlockRecord, view: DataView): void {
  setNumber(view, bodyAt, block.lblk);
  setNumber(view, bodyAt + 8, block.seq);
  setNumber(view, bodyAt + 16, checksum);
  view.setUint32(bodyAt + 24, block.address, true);
  view.setUint8(bodyAt + 28, block.applied.length);
  for (const [index, { client, request }] of block.applied.entries()) {
    setNumber(view, bodyAt + dataHeadBytes + index * appliedBytes, client);
    setNumber(view, bodyAt + dataHeadBytes + index * appliedBytes + 8, request);
  }
}

function decodeDataBlock(gfid: number, view: DataView, body: number, bodyBytes: number): DataBlockRecord | undefined {
  if (bodyBytes < dataHeadBytes) return undefined;
  const count = view.getUint8(body + 28);
  if (bodyBytes !== dataHeadBytes + count * appliedBytes) return undefined;
  const applied = Array.from({ length: count }, (_, index) => ({
    client: getNumber(view, body + dataHeadBytes + index * appliedBytes),
    request: getNumber(view, body + dataHeadBytes + index * appliedBytes + 8),
  }));
  const lblk = getNumber(view, body);
  const seq = getNumber(view, body + 8);
  const block: DataBlock = { gfid, lblk, address: view.getUint32(body + 24, true), seq, applied };
  return { type: 'data block', gfid, block, checksum: getNumber(view, body + 16) };
}

function encodeParityBlock({ block, checksum }: ParityBlockRecord, view: DataView): void {
  setNumber(view, bodyAt, block.group);
  setNumber(view, bodyAt + 8, checksum);
  view.setUint32(bodyAt + 16, block.address, true);
  view.setUint8(bodyAt + 20, block.vv.length);
  for (const [index, seq] of block.vv.entries()) setNumber(view, bodyAt + parityHeadBytes + index * 8, seq);
}

function decodeParityBlock(
  gfid: number,
  view: DataView,
  body: number,
  bodyBytes: number,
): ParityBlockRecord | undefined {
  if (bodyBytes < parityHeadBytes) return undefined;
  const count = view.getUint8(body + 20);
  if (bodyBytes !== parityHeadBytes + count * 8) return undefined;
  const vv = Array.from({ length: count }, (_, index) => getNumber(view, body + parityHeadBytes + index * 8));
  const group = getNumber(view, body);
  const block: ParityBlock = { gfid, group, address: view.getUint32(body + 16, true), vv };
  return { type: 'parity block', gfid, block, checksum: getNumber(view, body + 8) };
}

/** Ids, positions and counts are exact numbers below 2^53, kept as 64 bits. */
export function setNumber(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 2 ** 32, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}

export const getNumber = (view: DataView, at: number): number =>
  view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
