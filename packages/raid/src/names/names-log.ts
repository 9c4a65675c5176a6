import { NamesBusyError, NamesDamagedError, NewerFormatError } from '../errors.ts';
import { blockBytes, namesAreaBlocks, namesAttemptsMax, namesWindowBlocks } from '../limits.ts';
import type { BlockObject } from '../object/block-object.ts';
import {
  decodeNameRecord,
  decodeNamesHeader,
  encodeNameRecord,
  encodeNamesHeader,
  type NameChange,
  type NamesHeader,
} from './names-record.ts';
import { NamesState } from './names-state.ts';

/** Where the next record of a log goes. */
interface LogPlace {
  readonly header: NamesHeader;
  /** Within the area. */
  readonly block: number;
  readonly at: number;
  readonly sequence: number;
}

/** A change that a writer wants logged under a number of its own. */
export interface WantedChange {
  readonly change: NameChange;
  readonly operation: number;
}

/**
 * The log of names in one object. Its first block says which of two areas holds the log that counts; records lie one
 * behind the other in blocks, none across the border of two, so that each is there as a whole or not at all. Whoever has
 * claimed the object and read to the end since is the only one who can append.
 */
export class NamesLog {
  readonly #object: BlockObject;
  readonly #writer: number;
  #state = new NamesState();
  #place: LogPlace | undefined;

  constructor(object: BlockObject, writer: number) {
    this.#object = object;
    this.#writer = writer;
  }

  /** The names as of the last {@link refresh}. */
  get state(): NamesState {
    return this.#state;
  }

  /**
   * Read what was appended since. The tail before the header: a header that still names this log says that what was read
   * before it was not given up meanwhile.
   */
  async refresh(): Promise<void> {
    for (let attempt = 0; attempt < namesAttemptsMax; attempt++) {
      if (this.#place !== undefined) await this.#readOn();
      const header = await this.#readHeader();
      if (this.#place?.header.generation === header.generation) return;
      this.#state = new NamesState();
      this.#place = { header, block: 0, at: 0, sequence: 0 };
    }
    throw NamesBusyError.overtaken(namesAttemptsMax);
  }

  /** Only what is read anew counts from now on. */
  forget(): void {
    this.#place = undefined;
  }

  /** Refuse the records of all other writers from now on. */
  async claim(): Promise<number> {
    return this.#object.claim();
  }

  /** How many of these changes go out together: those that fit the rest of the block, or a new one. */
  fitting(changes: readonly WantedChange[]): number {
    const { at } = this.#assertRead();
    const sizes = changes.map((wanted) => this.#encode(wanted, 0).byteLength);
    const room = sizes[0]! <= blockBytes - at ? blockBytes - at : blockBytes;
    let used = 0;
    const tooMany = sizes.findIndex((bytes) => {
      used += bytes;
      return used > room;
    });
    return tooMany === -1 ? sizes.length : tooMany;
  }

  /**
   * Append records that fit one block: durable, all of them or none, when this resolves. The object is claimed, and was read
   * to its end since.
   */
  async append(changes: readonly WantedChange[]): Promise<void> {
    const place = this.#assertRead();
    const records = changes.map((wanted, index) => this.#encode(wanted, index + 1));
    const bytes = Buffer.concat(records);
    const start = place.at + bytes.byteLength <= blockBytes ? place : { ...place, block: place.block + 1, at: 0 };
    await this.#object.write(offsetOf(start), bytes);
    for (const [index, wanted] of changes.entries()) {
      this.#state.apply({ change: wanted.change, stamp: this.#stamp(wanted, index + 1) });
    }
    this.#place = { ...start, at: start.at + bytes.byteLength, sequence: place.sequence + changes.length };
  }

  /** How long the log is. */
  get bytes(): number {
    const { block, at } = this.#assertRead();
    return block * blockBytes + at;
  }

  /** Write the log anew into the other area, and let the first block name it. */
  async compact(): Promise<void> {
    const generation = await this.#object.claim();
    await this.refresh();
    const before = this.#assertRead();
    const header: NamesHeader = { generation, area: before.header.area === 0 ? 1 : 0 };
    const place = await this.#writeSnapshot(header);
    await this.#object.write(0, encodeNamesHeader(header));
    this.#place = place;
    const length = (before.block + 1) * blockBytes;
    await this.#object.trim({ offset: offsetOf({ ...before, block: 0, at: 0 }), length });
  }

  async #writeSnapshot(header: NamesHeader): Promise<LogPlace> {
    const window = new Uint8Array(namesWindowBlocks * blockBytes);
    let first = 0;
    let place: LogPlace = { header, block: 0, at: 0, sequence: 0 };
    for (const { change, writer, operation } of this.#state.snapshot()) {
      const sequence = place.sequence + 1;
      const stamp = { generation: header.generation, sequence, writer, operation };
      const record = encodeNameRecord({ change, stamp });
      if (place.at + record.byteLength > blockBytes) place = { ...place, block: place.block + 1, at: 0 };
      if (place.block === first + namesWindowBlocks) {
        await this.#object.write(offsetOf({ header, block: first, at: 0, sequence: 0 }), window);
        window.fill(0);
        first = place.block;
      }
      window.set(record, (place.block - first) * blockBytes + place.at);
      place = { ...place, at: place.at + record.byteLength, sequence };
    }
    const rest = window.subarray(0, (place.block - first + 1) * blockBytes);
    await this.#object.write(offsetOf({ header, block: first, at: 0, sequence: 0 }), rest);
    return place;
  }

  async #readOn(): Promise<void> {
    // The block that is not full, and the one behind it: mostly there is nothing more.
    for (let blocks = 2; ; blocks = namesWindowBlocks) {
      const before = this.#assertRead();
      const offset = offsetOf({ ...before, at: 0 });
      const window = await this.#object.read(offset, blocks * blockBytes, { atLeast: 2 });
      for (let index = 0; index < blocks; index++) this.#take(window, before.block + index, index);
      // A record in the last block read: there may be more behind it.
      if (this.#assertRead().block < before.block + blocks - 1) return;
    }
  }

  /** Take in the records of a block, if they go on where those before ended. */
  #take(window: Uint8Array, block: number, index: number): void {
    const bytes = window.subarray(index * blockBytes, (index + 1) * blockBytes);
    const { header, block: known } = this.#assertRead();
    if (block > known + 1) return;
    for (;;) {
      const place = this.#assertRead();
      const at = block === place.block ? place.at : 0;
      const found = decodeNameRecord(bytes, at, header.generation);
      if (found === 'end') return;
      const where = `block ${block} at byte ${at} of generation ${header.generation}`;
      if (found === 'damaged') throw new NamesDamagedError(where);
      const { record, next } = found;
      if (record.stamp.sequence !== place.sequence + 1) throw new NamesDamagedError(`${where} is out of order`);
      this.#state.apply(record);
      this.#place = { ...place, block, at: next, sequence: record.stamp.sequence };
    }
  }

  async #readHeader(): Promise<NamesHeader> {
    const header = decodeNamesHeader(await this.#object.read(0, blockBytes, { atLeast: 2 }));
    if (header === undefined) throw new NamesDamagedError('its first block is no header');
    if (typeof header === 'number') throw new NewerFormatError('of the names', `version ${header}`);
    return header;
  }

  #encode(wanted: WantedChange, ahead: number): Uint8Array {
    return encodeNameRecord({ change: wanted.change, stamp: this.#stamp(wanted, ahead) });
  }

  #stamp({ operation }: WantedChange, ahead: number) {
    const { header, sequence } = this.#assertRead();
    const { generation } = header;
    return { generation, sequence: sequence + ahead, writer: this.#writer, operation };
  }

  #assertRead(): LogPlace {
    if (this.#place === undefined) throw new Error('The log of names is read before it is used.');
    return this.#place;
  }
}

const offsetOf = ({ header, block, at }: LogPlace): number =>
  (1 + header.area * namesAreaBlocks + block) * blockBytes + at;
