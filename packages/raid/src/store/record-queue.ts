import { encodeRecord, type LogRecord, recordBytes } from './log-record.ts';

const firstBytes = 16 << 10;

/** Records that wait for a batch of the log, encoded one behind the other. */
export class RecordQueue {
  #buffer = new Uint8Array(firstBytes);
  #bytes = 0;

  /** Of all records. */
  get bytes(): number {
    return this.#bytes;
  }

  append(record: LogRecord): void {
    const bytes = recordBytes(record);
    this.#reserve(this.#bytes + bytes);
    const end = this.#bytes + bytes;
    encodeRecord(record, this.#buffer.subarray(this.#bytes, end).fill(0));
    this.#bytes = end;
  }

  /** Move all records into another queue, behind those that are there. */
  moveTo(other: RecordQueue): void {
    other.#reserve(other.#bytes + this.#bytes);
    other.#buffer.set(this.#buffer.subarray(0, this.#bytes), other.#bytes);
    other.#bytes += this.#bytes;
    this.#bytes = 0;
  }

  /** Move as many records, the first first, as have room from `at` on; where they end. */
  take(into: Uint8Array, at: number): number {
    const room = into.byteLength - at;
    const taken = this.#bytes <= room ? this.#bytes : this.#recordsWithin(room);
    into.set(this.#buffer.subarray(0, taken), at);
    this.#buffer.copyWithin(0, taken, this.#bytes);
    this.#bytes -= taken;
    return at + taken;
  }

  /** Bytes of the first records that are together no more than `room`. */
  #recordsWithin(room: number): number {
    const view = new DataView(this.#buffer.buffer);
    let at = 0;
    for (let next = view.getUint32(4, true); next <= room; next += view.getUint32(next + 4, true)) at = next;
    return at;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#buffer.byteLength) return;
    const grown = new Uint8Array(Math.max(bytes, this.#buffer.byteLength * 2));
    grown.set(this.#buffer.subarray(0, this.#bytes));
    this.#buffer = grown;
  }
}
