import type { Arena, Extent } from '../memory/arena.ts';

/*
 * A ring carries records one way, from one thread to one other. The tail and the head, written all the time by
 * different threads, lie 128 bytes apart, two cache lines, because processors fetch lines in pairs. The words that
 * hardly ever change share one line, so that looking at all of them costs one.
 *
 * A record is a check word (the position it starts at), its payload, and a commit word in front of both, written last:
 * the generation's low bits and the length in units of 8 bytes. The reader believes a record only when both words are
 * what they must be at this place, so that a torn record, one of an earlier lap or one of an earlier generation is
 * never read.
 */
export const ringHeaderBytes = 512;
export const recordHeaderBytes = 8;

const tailWord = 0;
const headWord = 32;
const writerGenerationWord = 64;
const readerGenerationWord = 65;
const wantedGenerationWord = 66;
const roomWantedWord = 67;
const formatWord = 68;

const format = 0x52494e47;
const lengthBits = 15;
const lengthMask = (1 << lengthBits) - 1;
/** In place of a length: the rest up to the end of the ring is skipped. */
const skip = lengthMask;

/** What the words before a record must be. */
export function commitWord(generation: number, units: number): number {
  return (generation << lengthBits) | units;
}

/** Make fresh memory a ring that is up, in a generation nobody had before. */
export function formatRing(arena: Arena, ring: Extent): void {
  const base = ring.at >> 2;
  const dataBytes = ring.bytes - ringHeaderBytes;
  if (dataBytes <= 0 || (dataBytes & (dataBytes - 1)) !== 0 || ring.at % 8 !== 0) {
    throw new RangeError(`a ring's data is a power of two of bytes, not ${dataBytes}`);
  }
  const generation = arena.nextGeneration() | 0;
  arena.words.fill(0, base, base + ringHeaderBytes / 4);
  for (const word of [writerGenerationWord, readerGenerationWord, wantedGenerationWord]) {
    arena.words[base + word] = generation;
  }
  Atomics.store(arena.words, base + formatWord, format);
}

/** Names a ring to the other side: the index of the word that says what it is. */
export function ringHandle(ring: Extent): number {
  return (ring.at >> 2) + formatWord;
}

/** A one-sided look through a ring's handle. */
export function isRing(arena: Arena, handle: number): boolean {
  return Atomics.load(arena.words, handle) === format;
}

/** The words both ends agree on, and the memory behind them. */
export class Ring {
  readonly arena: Arena;
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  /** Index in `words` of the header, and byte offset of the data. */
  readonly base: number;
  readonly data: number;
  readonly dataBytes: number;

  constructor(arena: Arena, extent: Extent) {
    this.arena = arena;
    this.words = arena.words;
    this.bytes = arena.bytes;
    this.base = extent.at >> 2;
    this.data = extent.at + ringHeaderBytes;
    this.dataBytes = extent.bytes - ringHeaderBytes;
    if (Atomics.load(this.words, this.base + formatWord) !== format) throw new RangeError(`no ring at ${extent.at}`);
  }

  load(word: number): number {
    return Atomics.load(this.words, this.base + word);
  }

  /** A look that orders nothing, for words that are looked at again and again: a tenth of the cost of `load`. */
  glance(word: number): number {
    return this.words[this.base + word] as number;
  }

  store(word: number, value: number): void {
    Atomics.store(this.words, this.base + word, value);
  }

  /** Tell both ends to stop: a generation that nobody had becomes the wanted one. */
  replace(): void {
    this.store(wantedGenerationWord, this.arena.nextGeneration() | 0);
  }
}

/** The producer's end. */
export class RingWriter {
  readonly ring: Ring;
  #generation: number;
  /** Where the next record goes, and where the reader was when last looked at: positions grow and wrap at 2^32. */
  #tail: number;
  #head: number;
  #published: number;

  constructor(ring: Ring) {
    this.ring = ring;
    this.#generation = ring.load(writerGenerationWord);
    this.#tail = ring.load(tailWord);
    this.#published = this.#tail;
    this.#head = ring.load(headWord);
  }

  /** Whether the generation this end writes in is still wanted, and the reader reads it. */
  get current(): boolean {
    return (
      this.ring.glance(wantedGenerationWord) === this.#generation &&
      this.ring.glance(readerGenerationWord) === this.#generation
    );
  }

  get pending(): boolean {
    return this.#tail !== this.#published;
  }

  /** Write a record behind the others, unseen until {@link publish}; false when there is no room. */
  write(bytes: Uint8Array, words: Int32Array, start: number, end: number): boolean {
    const { dataBytes } = this.ring;
    const length = end - start;
    if (length <= 0 || length % 8 !== 0 || length > dataBytes / 4 - recordHeaderBytes)
      throw new RangeError(`a record of ${length} bytes`);
    const recordBytes = recordHeaderBytes + length;
    let offset = this.#tail & (dataBytes - 1);
    const untilEnd = dataBytes - offset;
    const wantedBytes = recordBytes > untilEnd ? untilEnd + recordBytes : recordBytes;
    if (!this.#room(wantedBytes)) return false;
    if (recordBytes > untilEnd) {
      this.#commit(offset, skip);
      this.#tail = (this.#tail + untilEnd) | 0;
      offset = 0;
    }
    this.copyIn(bytes, words, start, end, this.ring.data + offset + recordHeaderBytes);
    this.#commit(offset, length >> 3);
    this.#tail = (this.#tail + recordBytes) | 0;
    return true;
  }

  /** Whether a record of the largest size would find room. When not, the reader will signal that it made some. */
  writable(): boolean {
    return this.#room(this.ring.dataBytes / 2);
  }

  publish(): void {
    this.ring.store(tailWord, this.#tail);
    this.#published = this.#tail;
  }

  /**
   * Acknowledge the wanted generation: this end writes nothing older any more, and nothing at all until `current`.
   * @returns whether that is news.
   */
  follow(): boolean {
    const wanted = this.ring.load(wantedGenerationWord);
    if (wanted === this.#generation) return false;
    // The reader starts the new generation where this end stopped.
    this.publish();
    this.#generation = wanted;
    this.ring.store(writerGenerationWord, wanted);
    return true;
  }

  /** The payload's way into the ring; the record does not exist yet. */
  protected copyIn(bytes: Uint8Array, words: Int32Array, start: number, end: number, at: number): void {
    if (end - start <= wordCopyBytesMax) {
      const target = this.ring.words;
      const shift = (at - start) >> 2;
      for (let word = start >> 2; word < end >> 2; word++) target[word + shift] = words[word] as number;
    } else {
      this.ring.bytes.set(bytes.subarray(start, end), at);
    }
  }

  #room(wantedBytes: number): boolean {
    if (this.ring.dataBytes - ((this.#tail - this.#head) >>> 0) >= wantedBytes) return true;
    this.#head = this.ring.load(headWord);
    if (this.ring.dataBytes - ((this.#tail - this.#head) >>> 0) >= wantedBytes) return true;
    // Ask to be told, then look again: the reader may have moved in between.
    this.ring.store(roomWantedWord, 1);
    this.#head = this.ring.load(headWord);
    return this.ring.dataBytes - ((this.#tail - this.#head) >>> 0) >= wantedBytes;
  }

  #commit(offset: number, units: number): void {
    const word = (this.ring.data + offset) >> 2;
    this.ring.words[word + 1] = this.#tail;
    this.ring.words[word] = commitWord(this.#generation, units);
  }
}

/** Up to this length a loop over words beats making a view and calling `set`. */
const wordCopyBytesMax = 256;

/** What a reader found at its position. */
export type RingRead = 'record' | 'empty' | 'corrupt';

/** The consumer's end. */
export class RingReader {
  readonly ring: Ring;
  #generation: number;
  #head: number;
  #tail: number;
  /** Byte offsets in the arena of the record found last. */
  start = 0;
  end = 0;

  constructor(ring: Ring) {
    this.ring = ring;
    this.#generation = ring.load(readerGenerationWord);
    this.#head = ring.load(headWord);
    this.#tail = this.#head;
  }

  /** Whether the generation this end reads is still wanted, and the writer writes it. */
  get current(): boolean {
    return (
      this.ring.glance(wantedGenerationWord) === this.#generation &&
      this.ring.glance(writerGenerationWord) === this.#generation
    );
  }

  get readable(): boolean {
    return this.#head !== this.#tail || this.ring.load(tailWord) !== this.#head;
  }

  /** Look at the next record; `start` and `end` say where it is. It stays in place until {@link release}. */
  next(): RingRead {
    const { dataBytes, words } = this.ring;
    for (;;) {
      if (this.#head === this.#tail) {
        this.#tail = this.ring.load(tailWord);
        if (this.#head === this.#tail) return 'empty';
      }
      const available = (this.#tail - this.#head) >>> 0;
      const offset = this.#head & (dataBytes - 1);
      const word = (this.ring.data + offset) >> 2;
      const commit = words[word] as number;
      const units = commit & lengthMask;
      const recordBytes = units === skip ? dataBytes - offset : recordHeaderBytes + units * 8;
      const believable =
        commit === commitWord(this.#generation, units) &&
        words[word + 1] === this.#head &&
        units > 0 &&
        recordBytes <= available &&
        recordBytes <= dataBytes - offset;
      if (!believable) return 'corrupt';
      this.#head = (this.#head + recordBytes) | 0;
      if (units === skip) continue;
      this.start = this.ring.data + offset + recordHeaderBytes;
      this.end = this.start + units * 8;
      return 'record';
    }
  }

  /** Give the room of everything read so far back to the writer; true when the writer asked to be told. */
  release(): boolean {
    this.ring.store(headWord, this.#head);
    if (this.ring.load(roomWantedWord) === 0) return false;
    this.ring.store(roomWantedWord, 0);
    return true;
  }

  /**
   * Move to the wanted generation once the writer itself has: everything unread is dropped.
   * @returns whether it moved.
   */
  follow(): boolean {
    const wanted = this.ring.load(wantedGenerationWord);
    if (wanted === this.#generation || this.ring.load(writerGenerationWord) !== wanted) return false;
    this.#tail = this.ring.load(tailWord);
    this.#head = this.#tail;
    this.ring.store(headWord, this.#head);
    this.#generation = wanted;
    this.ring.store(readerGenerationWord, wanted);
    return true;
  }
}
