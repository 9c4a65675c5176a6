import type { DataBlock } from '../kernel/data-state.ts';
import {
  type Address,
  entryId,
  type JournalEntry,
  type JournalId,
  type MjEntry,
  noAddress,
} from '../kernel/journal.ts';
import type { ParityBlock } from '../kernel/parity-state.ts';
import type { AppliedRequest, ProxyEntry } from '../kernel/proxy-messages.ts';
import { arrayMembersMax, clientsPerBlockMax, clientsWhenFullMax, dataSlotsMax } from '../limits.ts';
import { type BlockRanges, coversBlock } from './block-ranges.ts';
import { type JournalRecord, journalRecordBytes, type LayoutRecord, type ReserveRecord } from './journal-record.ts';
import { ParityHistory } from './parity-history.ts';
import { ResyncMarks } from './resync-marks.ts';

/** The blocks of one object on one drive. */
interface ObjectBlocks {
  readonly data: Map<number, DataBlock>;
  readonly parity: Map<number, ParityHistory>;
}

/** What the two roles of an I/O manager are given when a log was read. */
export interface OpenEntries {
  readonly data: { readonly blocks: DataBlock[]; readonly entries: (JournalEntry | ProxyEntry)[] };
  readonly parity: { readonly blocks: ParityBlock[]; readonly entries: (JournalEntry | ProxyEntry)[] };
}

const bytesOfDataBlock = 48;
const bytesOfClient = 16;
const bytesOfParityBlock = 64;
const bytesOfParityBlockMax = 40 + 8 * dataSlotsMax;
/** Bytes of a block, of data or parity, in a log written anew. */
export const blockRecordBytesMax = Math.max(
  bytesOfDataBlock + bytesOfClient * clientsWhenFullMax,
  bytesOfParityBlockMax,
);
const bytesOfLayoutMax = 24 + arrayMembersMax;
const bytesOfClaim = 24;

/**
 * The physical map of the blocks that are written by the journaled write: what the entries of a log add up to. Kept as
 * entries are appended, so that the map on disk is the log itself (law L3).
 */
export class JournaledBlocks {
  readonly #objects = new Map<number, ObjectBlocks>();
  readonly #openData = new Map<JournalId, MjEntry>();
  readonly #openParity = new Map<JournalId, ParityHistory>();
  readonly #layouts = new Map<number, LayoutRecord>();
  readonly #claims = new Map<number, number>();
  readonly #reserves = new Map<number, ReserveRecord>();
  /** What others, or parity, have to catch up on. */
  readonly marks = new ResyncMarks();
  #dataBlocks = 0;
  #clients = 0;
  #reserveBytes = 0;
  #parityBlocks = 0;

  /** About how long the records of a log written anew would be. */
  get liveBytes(): number {
    const clients = this.#clients * bytesOfClient;
    return (
      this.#dataBlocks * bytesOfDataBlock + clients + this.#parityBlocks * bytesOfParityBlock + this.marks.liveBytes
    );
  }

  /** How long they would be at most, however many clients overwrite what is there. */
  get boundBytes(): number {
    const data = this.#dataBlocks * (bytesOfDataBlock + bytesOfClient * clientsWhenFullMax);
    const objects = this.#layouts.size * bytesOfLayoutMax + this.#claims.size * bytesOfClaim;
    return data + this.#reserveBytes + this.#parityBlocks * bytesOfParityBlockMax + objects + this.marks.liveBytes;
  }

  get isEmpty(): boolean {
    return this.#objects.size === 0 && this.marks.isEmpty && this.#layouts.size === 0 && this.#claims.size === 0;
  }

  data(gfid: number, lblk: number): DataBlock | undefined {
    return this.#objects.get(gfid)?.data.get(lblk);
  }

  parity(gfid: number, group: number): ParityBlock | undefined {
    return this.#objects.get(gfid)?.parity.get(group)?.current;
  }

  /** All data blocks of an object, in no order. */
  dataBlocks(gfid: number): Iterable<DataBlock> {
    return this.#objects.get(gfid)?.data.values() ?? [];
  }

  parityBlocks(gfid: number): ParityBlock[] {
    return [...(this.#objects.get(gfid)?.parity.values() ?? [])].map(({ current }) => current);
  }

  /** Objects that have blocks or marks here. */
  gfids(): Iterable<number> {
    return new Set([...this.#objects.keys(), ...this.#layouts.keys(), ...this.#claims.keys()]);
  }

  /** The claims on objects, by id. */
  claims(): Iterable<readonly [gfid: number, token: number]> {
    return this.#claims;
  }

  /** How an object lies on its members; undefined when this one has no part in it. */
  layout(gfid: number): LayoutRecord | undefined {
    return this.#layouts.get(gfid);
  }

  layouts(): Iterable<LayoutRecord> {
    return this.#layouts.values();
  }

  claim(gfid: number): number {
    return this.#claims.get(gfid) ?? 0;
  }

  /** What is reserved of an object. */
  reserve(gfid: number): ReserveRecord | undefined {
    return this.#reserves.get(gfid);
  }

  reserves(): Iterable<ReserveRecord> {
    return this.#reserves.values();
  }

  reservedRanges(gfid: number): BlockRanges {
    return this.#reserves.get(gfid)?.ranges ?? [];
  }

  isReserved(gfid: number, lblk: number): boolean {
    return coversBlock(this.reservedRanges(gfid), lblk);
  }

  apply(record: JournalRecord): void {
    switch (record.type) {
      case 'entry':
        this.#enter(record.entry);
        break;
      case 'data block':
        this.#setData(record.block);
        break;
      case 'parity block':
        this.#setParity(record.block);
        break;
      case 'layout':
        this.#layouts.set(record.gfid, record);
        break;
      case 'claim':
        this.#claims.set(record.gfid, Math.max(this.claim(record.gfid), record.token));
        break;
      case 'reserve':
        if (record.version > (this.reserve(record.gfid)?.version ?? 0)) {
          this.#forgetReserve(record.gfid);
          this.#reserves.set(record.gfid, record);
          this.#reserveBytes += journalRecordBytes(record);
        }
        break;
    }
  }

  /** Forget all of an object; the addresses it used. */
  drop(gfid: number): Address[] {
    const object = this.#objects.get(gfid);
    this.marks.drop(gfid);
    this.#layouts.delete(gfid);
    this.#claims.delete(gfid);
    this.#forgetReserve(gfid);
    if (object === undefined) return [];
    const freed = [...this.#addressesOf(object)];
    for (const [id, entry] of this.#openData) {
      if (entry.gfid !== gfid) continue;
      freed.push(entry.newAddress);
      this.#openData.delete(id);
    }
    for (const [id, history] of this.#openParity) if (history.base.gfid === gfid) this.#openParity.delete(id);
    this.#objects.delete(gfid);
    this.#dataBlocks -= object.data.size;
    for (const block of object.data.values()) this.#clients -= block.applied.length;
    this.#parityBlocks -= object.parity.size;
    return freed.filter((address) => address !== noAddress);
  }

  /** Forget a data block: there is nothing at its address. */
  forgetData(gfid: number, lblk: number): void {
    const block = this.data(gfid, lblk);
    if (block === undefined) return;
    this.#objects.get(gfid)?.data.delete(lblk);
    this.#dataBlocks--;
    this.#clients -= block.applied.length;
  }

  /** Forget a parity block and all that is open of it. */
  forgetParity(gfid: number, group: number): void {
    const history = this.#objects.get(gfid)?.parity.get(group);
    if (history === undefined) return;
    for (const [id, other] of this.#openParity) if (other === history) this.#openParity.delete(id);
    this.#objects.get(gfid)?.parity.delete(group);
    this.#parityBlocks--;
  }

  forgetEntry(mj: JournalId): void {
    this.#openData.delete(mj);
  }

  /** Every place in use, and what is there. */
  *places(): Generator<{ readonly address: Address; readonly forget: () => void }> {
    for (const [gfid, { data, parity }] of this.#objects) {
      for (const { lblk, address } of data.values()) yield { address, forget: () => this.forgetData(gfid, lblk) };
      for (const [group, history] of parity)
        for (const address of history.addresses()) yield { address, forget: () => this.forgetParity(gfid, group) };
    }
    for (const { mj, newAddress } of this.#openData.values()) {
      yield { address: newAddress, forget: () => this.forgetEntry(mj) };
    }
  }

  /** What is open, for the kernels of a new life. */
  openEntries(): OpenEntries {
    const blocks = new Map<string, DataBlock>();
    for (const { gfid, lblk } of this.#openData.values()) {
      const block = this.data(gfid, lblk);
      if (block !== undefined) blocks.set(`${gfid}.${lblk}`, block);
    }
    const histories = [...new Set(this.#openParity.values())];
    return {
      data: {
        blocks: [...blocks.values()],
        entries: [...this.#openData.values(), ...this.marks.staleParityEntries()],
      },
      parity: {
        blocks: histories.map(({ base }) => base),
        entries: [...histories.flatMap(({ entries }) => entries), ...this.marks.markEntries()],
      },
    };
  }

  /** The records of a log written anew; `clientsMax`: whose last request is kept with each block. */
  *records(checksum: (address: Address) => number, clientsMax: number): Generator<JournalRecord> {
    for (const [gfid, { data, parity }] of this.#objects) {
      for (const each of data.values()) {
        const block = { ...each, applied: each.applied.slice(-clientsMax) };
        yield { type: 'data block', gfid, block, checksum: checksum(block.address) };
      }
      for (const { base, entries } of parity.values()) {
        yield { type: 'parity block', gfid, block: base, checksum: checksum(base.address) };
        for (const entry of entries) yield { type: 'entry', gfid, entry };
      }
    }
    for (const entry of this.#openData.values()) yield { type: 'entry', gfid: entry.gfid, entry };
    for (const layout of this.#layouts.values()) yield layout;
    for (const entry of [...this.marks.markEntries(), ...this.marks.staleParityEntries()]) {
      yield { type: 'entry', gfid: entry.gfid, entry };
    }
    for (const [gfid, token] of this.#claims) yield { type: 'claim', gfid, token };
    yield* this.#reserves.values();
  }

  #enter(entry: JournalEntry | ProxyEntry): void {
    this.marks.apply(entry);
    switch (entry.type) {
      case 'mj':
        this.#openData.set(entry.mj, entry);
        break;
      case 'pj': {
        const history = this.#history(entry.mj.gfid, entry.mj.group);
        const replaced = history.begin(entry);
        if (replaced !== undefined) this.#openParity.delete(replaced.pj);
        this.#openParity.set(entry.pj, history);
        break;
      }
      case 'mj_complete':
      case 'mj_abort': {
        const mj = this.#openData.get(entryId(entry));
        this.#openData.delete(entryId(entry));
        if (mj !== undefined && entry.type === 'mj_complete') this.#setData(applied(this.data(mj.gfid, mj.lblk), mj));
        break;
      }
      case 'pj_complete':
      case 'pj_abort': {
        const history = this.#openParity.get(entryId(entry));
        this.#openParity.delete(entryId(entry));
        history?.end(entry);
        break;
      }
      case 'proxied': {
        const { gfid, group, address, slot, seq } = entry;
        const vv = Array.from({ length: Math.max(slot + 1, this.parity(gfid, group)?.vv.length ?? 0) }, (_, index) =>
          index === slot ? seq : (this.parity(gfid, group)?.vv[index] ?? 0),
        );
        this.#setParity({ gfid, group, address, vv });
        break;
      }
      case 'encoded':
        this.#setParity({ gfid: entry.gfid, group: entry.group, address: entry.address, vv: [...entry.vv] });
        break;
      case 'restored': {
        const { gfid, lblk, address, seq } = entry;
        const before = this.data(gfid, lblk)?.applied ?? [];
        this.#setData({ gfid, lblk, address, seq, applied: entry.applied.reduce(withRequest, before) });
        break;
      }
      default:
        // A mark: it changes no block.
        break;
    }
  }

  #forgetReserve(gfid: number): void {
    const record = this.#reserves.get(gfid);
    if (record !== undefined) this.#reserveBytes -= journalRecordBytes(record);
    this.#reserves.delete(gfid);
  }

  #setData(block: DataBlock): void {
    const { data } = this.#object(block.gfid);
    const before = data.get(block.lblk);
    if (before === undefined) this.#dataBlocks++;
    this.#clients += block.applied.length - (before?.applied.length ?? 0);
    data.set(block.lblk, block);
  }

  #setParity(block: ParityBlock): void {
    const { parity } = this.#object(block.gfid);
    if (!parity.has(block.group)) this.#parityBlocks++;
    parity.set(block.group, new ParityHistory(block));
  }

  #history(gfid: number, group: number): ParityHistory {
    const { parity } = this.#object(gfid);
    const known = parity.get(group);
    if (known !== undefined) return known;
    const history = new ParityHistory({ gfid, group, address: noAddress, vv: [] });
    parity.set(group, history);
    this.#parityBlocks++;
    return history;
  }

  #object(gfid: number): ObjectBlocks {
    let object = this.#objects.get(gfid);
    if (object === undefined) {
      object = { data: new Map(), parity: new Map() };
      this.#objects.set(gfid, object);
    }
    return object;
  }

  *#addressesOf({ data, parity }: ObjectBlocks): Generator<Address> {
    for (const { address } of data.values()) yield address;
    for (const history of parity.values()) yield* history.addresses();
  }
}

/** The block as the update made it. */
function applied(before: DataBlock | undefined, { gfid, lblk, newAddress, seq, client, request }: MjEntry): DataBlock {
  return { gfid, lblk, address: newAddress, seq, applied: withRequest(before?.applied ?? [], { client, request }) };
}

/** The last request of each of the clients that wrote last, with one more. */
function withRequest(before: DataBlock['applied'], request: AppliedRequest): DataBlock['applied'] {
  // Most blocks have one writer, and a log has millions of its updates.
  if (before.length === 0 || (before.length === 1 && before[0]?.client === request.client)) return [request];
  return [...before.filter(({ client }) => client !== request.client), request].slice(-clientsPerBlockMax);
}
