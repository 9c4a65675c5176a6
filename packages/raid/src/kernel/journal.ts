import type { Decoder, Encoder, Handle } from '@holdfast/kernel';

/** The number of a journal entry, unique over all lives of its I/O manager. */
export type JournalId = number;

/** A place on a drive, in blocks. */
export type Address = number;

/** No block: the old address of a block that is new. */
export const noAddress: Address = 0;

/** No bytes. */
export const noHandle: Handle = 0;

/** A link to another I/O manager in one of its roles; what a kernel sends to. */
export type Peer = number;

/** Nobody: the parity IOM of a group without parity. A byte of a journal entry. */
export const noPeer: Peer = 255;

/**
 * The entry of a data write, mj (seed 001, Fig. 15). Its checksum is of the whole new block, so that a torn or missing
 * block is told from a whole one; client and request make a retry recognisable.
 */
export interface MjEntry {
  readonly type: 'mj';
  readonly mj: JournalId;
  readonly gfid: number;
  readonly lblk: number;
  /** Which parity group of the object, and which member of it the block is. */
  readonly group: number;
  readonly slot: number;
  readonly newAddress: Address;
  readonly oldAddress: Address;
  /** Number of the update of this block: rises by one with each. */
  readonly seq: number;
  readonly checksum: number;
  /** The dirty range within the block, in bytes. */
  readonly writeStart: number;
  readonly writeBytes: number;
  readonly client: number;
  readonly request: number;
  /** Where the parity IOM of the group is, as the data IOM knows it; {@link noPeer} in groups without parity. */
  readonly parity: Peer;
  /** Where that of the second parity, Q, is; undefined in groups with one. */
  readonly second?: Peer;
}

/** The entry of a parity update, pj: with a copy of the mj that it answers. */
export interface PjEntry {
  readonly type: 'pj';
  readonly pj: JournalId;
  readonly newAddress: Address;
  readonly oldAddress: Address;
  readonly checksum: number;
  /** Where the data IOM is, as the parity IOM knows it. */
  readonly from: Peer;
  /** What the block is of the group: `q` the second parity, absent the first. */
  readonly code?: 'q';
  /**
   * An update of the block before this one is not in the parity: the log that said so rotted. Nothing is restored from
   * the parity until it is computed anew.
   */
  readonly gap?: true;
  readonly mj: MjEntry;
}

/** The end of an entry: both halves are on disk (complete), or neither counts (abort). */
export interface EndEntry {
  readonly type: 'mj_complete' | 'mj_abort' | 'pj_complete' | 'pj_abort';
  readonly id: JournalId;
}

export type JournalEntry = MjEntry | PjEntry | EndEntry;

/** The number by which the end of an entry names it. */
export function entryId(entry: JournalEntry): JournalId {
  if (entry.type === 'mj') return entry.mj;
  return entry.type === 'pj' ? entry.pj : entry.id;
}

export function encodeMj(entry: MjEntry, into: Encoder): void {
  into.uint(entry.mj);
  into.uint(entry.gfid);
  into.uint(entry.lblk);
  into.uint(entry.group);
  into.uint(entry.slot);
  into.uint(entry.newAddress);
  into.uint(entry.oldAddress);
  into.uint(entry.seq);
  into.uint(entry.checksum);
  into.uint(entry.writeStart);
  into.uint(entry.writeBytes);
  into.uint(entry.client);
  into.uint(entry.request);
  into.uint(entry.parity);
  encodeSecond(entry, into);
}

export const decodeMj = (from: Decoder): MjEntry => ({
  type: 'mj',
  mj: from.uint(),
  gfid: from.uint(),
  lblk: from.uint(),
  group: from.uint(),
  slot: from.uint(),
  newAddress: from.uint(),
  oldAddress: from.uint(),
  seq: from.uint(),
  checksum: from.uint(),
  writeStart: from.uint(),
  writeBytes: from.uint(),
  client: from.uint(),
  request: from.uint(),
  parity: from.uint(),
  ...decodeSecond(from),
});

/** The parity IOMs that an update goes to: none, one, or that of P and that of Q. */
export function parityPeers({ parity, second }: Pick<MjEntry, 'parity' | 'second'>): readonly Peer[] {
  if (parity === noPeer) return [];
  return second === undefined ? [parity] : [parity, second];
}

/** The peer that may be missing: by its number plus one. */
export const encodeSecond = ({ second }: { readonly second?: Peer }, into: Encoder): void =>
  into.uint(second === undefined ? 0 : second + 1);

export function decodeSecond(from: Decoder): { readonly second?: Peer } {
  const number = from.uint();
  return number === 0 ? {} : { second: number - 1 };
}
