import { Decoder, Encoder } from '@holdfast/kernel';
import { decodeEntry, encodeEntry } from '../kernel/object-entry.ts';
import { type ObjectStatus, objectStatuses } from '../kernel/object-types.ts';
import { readable } from '../kernel/valid-copies.ts';
import { packedValueBytesMax } from '../limits.ts';
import type { MapKey } from './key-form.ts';
import { ObjectSlot } from './object-slot.ts';
import { copyOf } from './value-bytes.ts';

const chunkBytes = 64 * 1024;
/** Records begin at multiples of this, so that a place is a small integer and freed ones fit others of their size. */
const grainBytes = 16;
const grainsPerChunk = chunkBytes / grainBytes;
/** Bytes of the entry and of the value, 2 each; the value of an object without one has this length. */
const headerBytes = 4;
const noValue = 0xffff;
/** In the upper byte of the first: somebody looked at the value where it lies. */
const lookedAt = 0x80;

/** Bytes of a value where it lies packed. */
export interface PackedValue {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/**
 * Objects nobody uses, each as the bytes of its entry and value in a few large buffers: some 90 bytes beyond key and
 * value, where an object at work takes 600. A place given up is kept for the next object of the same size, so that
 * memory stays what the most objects at rest at one time needed.
 */
export class PackedObjects {
  readonly #places = new Map<MapKey, number>();
  readonly #chunks: Uint8Array[] = [];
  /** Places given up, by their size in grains. */
  readonly #free: number[][] = [];
  #nextGrain = 0;
  readonly #encoder = new Encoder();
  readonly #decoder = new Decoder(new Uint8Array(0));

  get size(): number {
    return this.#places.size;
  }

  /** Buffers in use. */
  get chunks(): number {
    return this.#chunks.length;
  }

  keys(): IterableIterator<MapKey> {
    return this.#places.keys();
  }

  /** Pack an object; false where its value is too large to be worth it. */
  put({ key, entry, bytes }: ObjectSlot): boolean {
    const valueBytes = bytes?.length ?? 0;
    if (valueBytes > packedValueBytesMax) return false;
    this.#encoder.reset();
    encodeEntry(entry, this.#encoder);
    const entryBytes = this.#encoder.length;
    if (entryBytes > packedValueBytesMax) return false;
    const place = this.#place(grainsFor(entryBytes, valueBytes));
    const { chunk, at } = this.#at(place);
    chunk[at] = entryBytes & 0xff;
    chunk[at + 1] = entryBytes >> 8;
    const length = bytes === undefined ? noValue : valueBytes;
    chunk[at + 2] = length & 0xff;
    chunk[at + 3] = length >> 8;
    chunk.set(this.#encoder.view(), at + headerBytes);
    if (bytes !== undefined) chunk.set(bytes, at + headerBytes + entryBytes);
    this.#places.set(key, place);
    return true;
  }

  /** The object as it was, no longer packed. */
  take(key: MapKey): ObjectSlot | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    this.#places.delete(key);
    const { chunk, at } = this.#at(place);
    const { entryBytes, valueBytes } = lengthsAt(chunk, at);
    const entryEnd = at + headerBytes + entryBytes;
    this.#decoder.reset(chunk, at + headerBytes, entryEnd);
    const slot = new ObjectSlot(key, decodeEntry(this.#decoder));
    if (valueBytes !== noValue) slot.bytes = copyOf(chunk, entryEnd, entryEnd + valueBytes);
    const grains = grainsFor(entryBytes, valueBytes === noValue ? 0 : valueBytes);
    this.#free[grains] ??= [];
    this.#free[grains].push(place);
    return slot;
  }

  /** A valid copy to look at, the first time since it was packed: whoever looks twice is better off with the object. */
  firstLook(key: MapKey): PackedValue | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const { chunk, at } = this.#at(place);
    if ((chunk[at + 1]! & lookedAt) !== 0 || !readable.has(objectStatuses[chunk[at + headerBytes]!]!)) return undefined;
    chunk[at + 1]! |= lookedAt;
    const { entryBytes, valueBytes } = lengthsAt(chunk, at);
    const start = at + headerBytes + entryBytes;
    return { bytes: chunk, start, end: start + valueBytes };
  }

  /** The state of every object here. */
  *statuses(): Generator<ObjectStatus> {
    for (const place of this.#places.values()) {
      const { chunk, at } = this.#at(place);
      // An entry begins with its status.
      yield objectStatuses[chunk[at + headerBytes]!]!;
    }
  }

  #place(grains: number): number {
    const freed = this.#free[grains]?.pop();
    if (freed !== undefined) return freed;
    // A record lies in one chunk: what is left of the last one is given up where it does not fit.
    const leftInChunk = grainsPerChunk - (this.#nextGrain % grainsPerChunk);
    if (this.#nextGrain % grainsPerChunk !== 0 && leftInChunk < grains) this.#nextGrain += leftInChunk;
    if (this.#nextGrain % grainsPerChunk === 0) this.#chunks.push(new Uint8Array(chunkBytes));
    const place = this.#nextGrain;
    this.#nextGrain += grains;
    return place;
  }

  #at(place: number): { readonly chunk: Uint8Array; readonly at: number } {
    return {
      chunk: this.#chunks[Math.floor(place / grainsPerChunk)]!,
      at: (place % grainsPerChunk) * grainBytes,
    };
  }
}

const grainsFor = (entryBytes: number, valueBytes: number): number =>
  Math.ceil((headerBytes + entryBytes + valueBytes) / grainBytes);

function lengthsAt(chunk: Uint8Array, at: number): { readonly entryBytes: number; readonly valueBytes: number } {
  return {
    entryBytes: chunk[at]! | ((chunk[at + 1]! & ~lookedAt) << 8),
    valueBytes: chunk[at + 2]! | (chunk[at + 3]! << 8),
  };
}
