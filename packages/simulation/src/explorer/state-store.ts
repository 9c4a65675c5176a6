import { StateTooLongError } from '../errors.ts';
import { fingerprintSlotsInitial, statePageBytes } from '../limits.ts';
import { hashBytes, secondHash } from './hash.ts';
import { PagedNumbers } from './paged-numbers.ts';

const alignBits = 1;
const slotWords = 2;
const loadMax = 0.7;
/** Lengths below it take one byte, others two. */
const shortLengths = 0x80;
const lengthMax = 0x7fff;

/**
 * Encoded states, each kept once, numbered in the order they were found.
 *
 * A slot of the table holds a 32-bit fingerprint and the number of the state; on equal fingerprints the bytes are
 * compared, so two states are never mistaken for one another. Beside its bytes a state costs about 20 bytes.
 */
export class StateStore {
  readonly #pages: Uint8Array[] = [];
  #pageUsed = statePageBytes;
  /** Where each state starts, in units of two bytes over all pages. */
  readonly #starts = new PagedNumbers();
  readonly #predecessors = new PagedNumbers();
  #slots = new Uint32Array(fingerprintSlotsInitial * slotWords);
  #mask = fingerprintSlotsInitial - 1;

  /** Whether the last {@link add} stored something new. */
  fresh = false;
  /** Where {@link locate} found the state. */
  page: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;

  get length(): number {
    return this.#starts.length;
  }

  get bytes(): number {
    return this.#pages.length * statePageBytes + this.#starts.bytes + this.#predecessors.bytes + this.#slots.byteLength;
  }

  /** Bytes the next growth of the table needs on top while it copies. */
  get growthBytes(): number {
    return this.length + 1 > (this.#mask + 1) * loadMax ? this.#slots.byteLength * 2 : 0;
  }

  /** The number of the state whose encoding is the first `length` bytes; stored with `predecessor` if it is new. */
  add(bytes: Uint8Array, length: number, predecessor: number): number {
    const hash = hashBytes(bytes, 0, length);
    const tag = secondHash(hash, length);
    const slots = this.#slots;
    let slot = hash & this.#mask;
    for (;;) {
      const entry = slots[slot * slotWords + 1] as number;
      if (entry === 0) break;
      if (slots[slot * slotWords] === tag && this.#equals(entry - 1, bytes, length)) {
        this.fresh = false;
        return entry - 1;
      }
      slot = (slot + 1) & this.#mask;
    }
    const index = this.length;
    this.#append(bytes, length);
    this.#predecessors.push(predecessor);
    slots[slot * slotWords] = tag;
    slots[slot * slotWords + 1] = index + 1;
    this.fresh = true;
    if (this.length > (this.#mask + 1) * loadMax) this.#grow();
    return index;
  }

  /** Set {@link page}, {@link start} and {@link end} to the encoding of state `index`. */
  locate(index: number): void {
    const unit = this.#starts.at(index);
    const unitsPerPage = statePageBytes >>> alignBits;
    const page = this.#pages[Math.floor(unit / unitsPerPage)] as Uint8Array;
    const at = (unit % unitsPerPage) << alignBits;
    const first = page[at] as number;
    const isShort = first < shortLengths;
    this.page = page;
    this.start = isShort ? at + 1 : at + 2;
    this.end = this.start + (isShort ? first : ((first & (shortLengths - 1)) << 8) | (page[at + 1] as number));
  }

  /** The state from which `index` was first reached; itself for the initial state. */
  predecessor(index: number): number {
    return this.#predecessors.at(index);
  }

  #equals(index: number, bytes: Uint8Array, length: number): boolean {
    this.locate(index);
    const { page, start } = this;
    if (this.end - start !== length) return false;
    for (let at = 0; at < length; at++) if (page[start + at] !== bytes[at]) return false;
    return true;
  }

  #append(bytes: Uint8Array, length: number): void {
    if (length > lengthMax) throw new StateTooLongError(length, lengthMax);
    const lengthBytes = length < shortLengths ? 1 : 2;
    const needed = length + lengthBytes;
    if (this.#pageUsed + needed > statePageBytes) {
      this.#pages.push(new Uint8Array(statePageBytes));
      this.#pageUsed = 0;
    }
    const page = this.#pages[this.#pages.length - 1] as Uint8Array;
    const at = this.#pageUsed;
    if (lengthBytes === 2) {
      page[at] = shortLengths | (length >>> 8);
      page[at + 1] = length & 0xff;
    } else {
      page[at] = length;
    }
    for (let i = 0; i < length; i++) page[at + lengthBytes + i] = bytes[i] as number;
    this.#starts.push((this.#pages.length - 1) * (statePageBytes >>> alignBits) + (at >>> alignBits));
    const unit = 1 << alignBits;
    this.#pageUsed = (at + needed + unit - 1) & ~(unit - 1);
  }

  #grow(): void {
    const size = (this.#mask + 1) * 2;
    const slots = new Uint32Array(size * slotWords);
    const mask = size - 1;
    for (let index = 0; index < this.length; index++) {
      this.locate(index);
      const hash = hashBytes(this.page, this.start, this.end);
      let slot = hash & mask;
      while (slots[slot * slotWords + 1] !== 0) slot = (slot + 1) & mask;
      slots[slot * slotWords] = secondHash(hash, this.end - this.start);
      slots[slot * slotWords + 1] = index + 1;
    }
    this.#slots = slots;
    this.#mask = mask;
  }
}
