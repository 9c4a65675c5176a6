import { frameBytesMax, recordTargetBytes, retransmitBytesInitial, retransmitBytesMax } from '../limits.ts';
import { frameHeaderBytes, writeFrameHeader } from './frame-layout.ts';
import { sessionHeaderBytes } from './session-header.ts';

const spanBytesMax = sessionHeaderBytes + frameHeaderBytes + frameBytesMax + 8;

/**
 * The records of one class towards one peer, from their first frame until they are acknowledged: the retransmission
 * buffer. Frames are written straight into it, behind room for the session's header, so that a record is sent again
 * without being built again.
 *
 * The buffer is used in a circle; a record lies in one piece, and the oldest is the first to go. It starts small, grows
 * on need up to `retransmitBytesMax`, and then refuses: back-pressure, never loss.
 */
export class RecordLog {
  bytes: Uint8Array<ArrayBuffer>;
  words: Int32Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  readonly #bytesMax: number;
  /** Start and end of sealed records, at `handle % length`. The oldest is `#first`, the next to be sealed `#next`. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #first = 0;
  #next = 0;
  /** Where the next record starts. */
  #tail = 0;
  /** The record being written: where it ends now, and how far it may go. -1: none. */
  #end = -1;
  #spanEnd = 0;
  #frames = 0;

  /**
   * @param recordsMax sealed records kept at the same time: the class's window.
   * @param bytesMax the largest buffer, default `retransmitBytesMax`.
   */
  constructor(recordsMax: number, bytesMax: number = retransmitBytesMax) {
    this.#starts = new Int32Array(recordsMax);
    this.#ends = new Int32Array(recordsMax);
    this.#bytesMax = Math.max(bytesMax, spanBytesMax * 2);
    this.bytes = new Uint8Array(0);
    this.words = new Int32Array(0);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Whether a record is being written. */
  get writing(): boolean {
    return this.#end !== -1;
  }

  /** Frames of the record being written. */
  get frames(): number {
    return this.#frames;
  }

  get full(): boolean {
    return this.#next - this.#first === this.#starts.length;
  }

  /** Bytes from the oldest record to the end of the newest, gaps included. */
  get retainedBytes(): number {
    if (this.#first === this.#next) return 0;
    const head = this.#head;
    return this.#tail > head ? this.#tail - head : this.bytes.length - head + this.#tail;
  }

  /** Whether a frame of up to `bytesMax` fits into the record being written; if not, that one must be sealed first. */
  fits(bytesMax: number): boolean {
    return this.frameStart + bytesMax + 8 <= this.#spanEnd;
  }

  /** Where the payload of the next frame starts. */
  get frameStart(): number {
    return this.#end + frameHeaderBytes;
  }

  /** Begin a record that can take a frame of up to `bytesMax`; false when there is no room now. */
  open(bytesMax: number): boolean {
    if (this.full) return false;
    const span = Math.max(recordTargetBytes, sessionHeaderBytes + frameHeaderBytes + bytesMax + 8);
    let at = this.#find(span);
    while (at === -1 && this.bytes.length < this.#bytesMax) {
      this.#grow();
      at = this.#find(span);
    }
    if (at === -1) return false;
    this.#tail = at;
    this.#end = at + sessionHeaderBytes;
    this.#spanEnd = at + span;
    this.#frames = 0;
    return true;
  }

  /** End the frame at {@link frameStart}: it is for `port` and `length` bytes long. */
  commit(port: number, length: number): void {
    const start = this.frameStart;
    writeFrameHeader(this.words, start, port, length);
    this.#end = (start + length + 3) & ~3;
    this.#frames++;
  }

  /** Where the record being written starts, and ends now. */
  get openStart(): number {
    return this.#tail;
  }

  get openEnd(): number {
    return this.#end;
  }

  /** End the record being written; its handle. */
  seal(): number {
    let end = this.#end;
    if ((end & 7) !== 0) {
      this.words[end >> 2] = 0;
      end += 4;
    }
    const handle = this.#next++;
    const slot = handle % this.#starts.length;
    this.#starts[slot] = this.#tail;
    this.#ends[slot] = end;
    this.#tail = end;
    this.#end = -1;
    return handle;
  }

  startOf(handle: number): number {
    return this.#starts[handle % this.#starts.length] as number;
  }

  endOf(handle: number): number {
    return this.#ends[handle % this.#ends.length] as number;
  }

  /** Forget the oldest record. */
  release(handle: number): void {
    if (handle !== this.#first) throw new RangeError(`record ${handle} is not the oldest, ${this.#first} is`);
    this.#first++;
    if (this.#first === this.#next && this.#end === -1) this.#tail = 0;
  }

  get #head(): number {
    return this.startOf(this.#first);
  }

  /** Where `span` bytes are free in one piece behind the newest record, or -1. */
  #find(span: number): number {
    const capacity = this.bytes.length;
    if (this.#first === this.#next) return span <= capacity ? 0 : -1;
    const head = this.#head;
    if (this.#tail <= head) return this.#tail + span <= head ? this.#tail : -1;
    if (this.#tail + span <= capacity) return this.#tail;
    return span <= head ? 0 : -1;
  }

  /** Twice the room; the records move to the front of it, in order. */
  #grow(): void {
    const capacity = Math.min(Math.max(this.bytes.length * 2, retransmitBytesInitial), this.#bytesMax);
    const bytes = new Uint8Array(capacity);
    let at = 0;
    for (let handle = this.#first; handle < this.#next; handle++) {
      const record = this.bytes.subarray(this.startOf(handle), this.endOf(handle));
      bytes.set(record, at);
      const slot = handle % this.#starts.length;
      this.#starts[slot] = at;
      at += record.length;
      this.#ends[slot] = at;
    }
    this.#tail = at;
    this.bytes = bytes;
    this.words = new Int32Array(bytes.buffer);
    this.view = new DataView(bytes.buffer);
  }
}
