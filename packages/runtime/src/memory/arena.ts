import { arenaDefaultBytes, arenaMaxBytes, extentGranuleBytes } from '../limits.ts';
import { ArenaExhaustedError, ArenaFormatError } from './errors.ts';
import { pageBytes } from './types.ts';

/** A part of the arena, in bytes. Plain data: it may be posted to other threads. */
export interface Extent {
  readonly at: number;
  readonly bytes: number;
}

const magic = 0x484f4c44;
const layoutVersion = 2;

const magicWord = 0;
const versionWord = 1;
const granulesWord = 2;
const generationWord = 3;

/** The owner of what no cluster took. */
const nobody = 0;

const bitmapByte = 4096;
const bitmapBytesMax = arenaMaxBytes / extentGranuleBytes / 8;

/** Where the owner words of all pages begin, and what one page takes there. */
export const pageTableByte = bitmapByte + bitmapBytesMax;
export const pageEntryBytes = 32;

const singleton = Symbol.for('holdfast.arena');

/**
 * The one shared memory of a process, cut into extents for clusters.
 *
 * There is one because fresh shared memories are not freed in time (research: node-limits, second round), while one
 * that is recycled stays flat. It opens in another thread from the `WebAssembly.Memory` alone. Extents are found first
 * fit, so that memory given back is touched again before untouched memory is; an extent of a thread that would not end
 * is simply never given back.
 */
export class Arena {
  readonly memory: WebAssembly.Memory;
  /** The whole arena. `words[byte >> 2]` and `bytes[byte]` address the same memory. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly #granules: number;
  /** Where the owners of the granules begin, in words. */
  readonly #owners: number;

  private constructor(memory: WebAssembly.Memory) {
    const buffer = memory.buffer;
    if (!(buffer instanceof SharedArrayBuffer)) throw new ArenaFormatError('the memory is not shared');
    this.memory = memory;
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.#granules = buffer.byteLength / extentGranuleBytes;
    this.#owners = ownersByte(this.#granules) >> 2;
  }

  /**
   * This thread's arena: the one it was given, else made now with `bytes` (default 1 GiB, at most 4 GiB, rounded up to
   * 64 KiB). The first user in a process chooses the size.
   */
  static process(bytes: number = arenaDefaultBytes): Arena {
    const known: unknown = Reflect.get(globalThis, singleton);
    if (known instanceof WebAssembly.Memory) return Arena.open(known);
    const arena = Arena.create(bytes);
    Reflect.set(globalThis, singleton, arena.memory);
    return arena;
  }

  /** A fresh arena of its own. For {@link process} and for tests that need an arena of a known state. */
  static create(bytes: number): Arena {
    if (!Number.isSafeInteger(bytes) || bytes <= 0 || bytes > arenaMaxBytes) {
      throw new RangeError(`an arena has 1 to ${arenaMaxBytes} bytes, not ${bytes}`);
    }
    const granules = Math.ceil(bytes / extentGranuleBytes);
    const memory = new WebAssembly.Memory({ initial: granules, maximum: granules, shared: true });
    const arena = new Arena(memory);
    const reserved = Math.ceil((ownersByte(granules) + granules * 4) / extentGranuleBytes);
    if (reserved >= granules) throw new RangeError(`an arena of ${bytes} bytes has no room beside its own tables`);
    for (let granule = 0; granule < reserved; granule++) arena.#claim(granule);
    arena.words[versionWord] = layoutVersion;
    arena.words[granulesWord] = granules;
    arena.words[generationWord] = 1;
    Atomics.store(arena.words, magicWord, magic);
    return arena;
  }

  /** The arena in `memory`, made by another thread of this process. This thread's {@link process} returns it from now. */
  static open(memory: WebAssembly.Memory): Arena {
    const arena = new Arena(memory);
    if (Atomics.load(arena.words, magicWord) !== magic) throw new ArenaFormatError('the magic number is missing');
    const version = arena.words[versionWord];
    if (version !== layoutVersion) throw new ArenaFormatError(`layout ${version}, this thread knows ${layoutVersion}`);
    if (Reflect.get(globalThis, singleton) === undefined) Reflect.set(globalThis, singleton, memory);
    return arena;
  }

  /** Pages the arena spans, its own tables included. */
  get pages(): number {
    return this.bytes.length / pageBytes;
  }

  get freeBytes(): number {
    let free = 0;
    for (let granule = 0; granule < this.#granules; granule++) if (!this.#claimed(granule)) free++;
    return free * extentGranuleBytes;
  }

  /** A number no ring or block of this process had before: a stale reader can tell its memory from a successor's. */
  nextGeneration(): number {
    return (Atomics.add(this.words, generationWord, 1) + 1) >>> 0;
  }

  /**
   * Take the first free run of at least `bytes` bytes. The content is what the last holder left.
   * @param owner the cluster that takes it, by the tag of its block, so that {@link giveAllOf} finds it. @default nobody
   * @throws ArenaExhaustedError (HF_ARENA_EXHAUSTED, retryable).
   */
  take(bytes: number, owner = nobody): Extent {
    if (!Number.isSafeInteger(bytes) || bytes <= 0)
      throw new RangeError(`an extent has at least one byte, not ${bytes}`);
    const wanted = Math.ceil(bytes / extentGranuleBytes);
    // Claims are made granule by granule without a lock: a thread terminated in here can leak a run, never block others.
    // For the same reason an owner is written down after the claim, and wiped before the granule is free.
    for (let first = 0; first + wanted <= this.#granules; ) {
      let taken = 0;
      while (taken < wanted && this.#claim(first + taken)) taken++;
      if (taken === wanted) {
        this.words.fill(owner, this.#owners + first, this.#owners + first + wanted);
        return { at: first * extentGranuleBytes, bytes: wanted * extentGranuleBytes };
      }
      for (let granule = first; granule < first + taken; granule++) this.#unclaim(granule);
      first += taken + 1;
    }
    throw new ArenaExhaustedError(bytes, this.freeBytes);
  }

  /** Give an extent back. Nobody may touch it any more: an extent a stuck thread can reach is never given back. */
  give(extent: Extent): void {
    const first = extent.at / extentGranuleBytes;
    const count = extent.bytes / extentGranuleBytes;
    for (let granule = first; granule < first + count; granule++) {
      if (!this.#claimed(granule)) throw new RangeError(`the extent at ${extent.at} was given back before`);
      this.words[this.#owners + granule] = nobody;
      this.#unclaim(granule);
    }
  }

  /**
   * Give back all that a cluster took, whoever took it and whether or not anybody remembers. Every thread of it but the
   * caller's has ended.
   */
  giveAllOf(owner: number): void {
    for (let granule = 0; granule < this.#granules; granule++) {
      const word = this.#owners + granule;
      if (Atomics.compareExchange(this.words, word, owner, nobody) === (owner | 0)) this.#unclaim(granule);
    }
  }

  #claimed(granule: number): boolean {
    return (Atomics.load(this.words, wordOf(granule)) & (1 << (granule & 31))) !== 0;
  }

  #claim(granule: number): boolean {
    const bit = 1 << (granule & 31);
    return !this.#claimed(granule) && (Atomics.or(this.words, wordOf(granule), bit) & bit) === 0;
  }

  #unclaim(granule: number): boolean {
    const bit = 1 << (granule & 31);
    return (Atomics.and(this.words, wordOf(granule), ~bit) & bit) !== 0;
  }
}

/** Where the owner words of the granules begin: behind the entries of all pages and a bit for each. */
function ownersByte(granules: number): number {
  const pages = (granules * extentGranuleBytes) / pageBytes;
  return pageTableByte + pages * pageEntryBytes + Math.ceil(pages / 32) * 4;
}

function wordOf(granule: number): number {
  return (bitmapByte >> 2) + (granule >> 5);
}
