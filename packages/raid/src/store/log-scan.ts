import type { PageIndex, PagePool } from '@holdfast/runtime';
import type { DriveFile } from '../drive/drive-files.ts';
import { blockBytes, logBatchPagesMax } from '../limits.ts';
import type { Checksums } from './checksums.ts';
import { type BatchHeader, batchHeaderBytes, decodeBatchHeader, setBatchChecksum } from './log-batch.ts';
import { decodeRecord, type LogRecord, recordBytesAt } from './log-record.ts';

/** Where a log ends and what was found on the way. */
export interface LogEnd {
  /** Position behind the last valid batch. */
  readonly at: number;
  readonly sequence: number;
  readonly checksum: bigint;
  /** Batches in the middle of the log that are not readable although later ones are: rot, never a torn write. */
  readonly lostBatches: number;
}

export interface LogSource {
  readonly file: DriveFile;
  readonly fileBytes: number;
  readonly logGeneration: number;
  readonly driveId: string;
}

/**
 * Read a log from its start and hand every record to `apply`, in order.
 *
 * A batch is written only after the one before is durable. So an unreadable place with a later valid batch behind it is
 * damage to something that was durable, while one with nothing valid behind it is the torn end of the last write,
 * which nobody was told of.
 */
export async function scanLog(
  source: LogSource,
  pages: PagePool,
  sums: Checksums,
  apply: (record: LogRecord) => void,
): Promise<LogEnd> {
  const window = new LogWindow(source, pages, sums);
  try {
    let end: LogEnd = { at: 0, sequence: 0, checksum: 0n, lostBatches: 0 };
    let at = 0;
    let skipping = false;
    while (at < source.fileBytes) {
      const batch = await window.batchAt(at);
      // Behind a gap the chain cannot be followed, but the sequence must go on.
      const follows =
        batch !== undefined &&
        (skipping
          ? batch.header.sequence > end.sequence + 1
          : batch.header.sequence === end.sequence + 1 && batch.header.previous === end.checksum);
      if (!follows) {
        skipping = true;
        at += blockBytes;
        continue;
      }
      const { header, bytes } = batch;
      const lost = header.sequence - end.sequence - 1;
      applyBatch(bytes, header, apply);
      at += header.bytes;
      skipping = false;
      end = {
        at,
        sequence: header.sequence,
        checksum: header.checksum,
        lostBatches: end.lostBatches + lost,
      };
    }
    return end;
  } finally {
    window.close();
  }
}

function applyBatch(bytes: Uint8Array, header: BatchHeader, apply: (record: LogRecord) => void): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = batchHeaderBytes; at < header.usedBytes; at += recordBytesAt(view, at)) {
    const record = decodeRecord(view, at, header.usedBytes);
    if (record === undefined) throw new Error(`A log batch with a valid checksum holds no record at byte ${at}.`);
    apply(record);
  }
}

/** A sliding window over the file, in pages, so that checksums are computed in place. */
class LogWindow {
  readonly #source: LogSource;
  readonly #pages: PagePool;
  readonly #sums: Checksums;
  readonly #first: PageIndex;
  readonly #bytes: Uint8Array;
  #at = 0;
  #length = 0;

  constructor(source: LogSource, pages: PagePool, sums: Checksums) {
    this.#source = source;
    this.#pages = pages;
    this.#sums = sums;
    this.#first = pages.take(logBatchPagesMax);
    this.#bytes = pages.bytes(this.#first, logBatchPagesMax);
  }

  async batchAt(at: number): Promise<{ readonly header: BatchHeader; readonly bytes: Uint8Array } | undefined> {
    if (!this.#holds(at, blockBytes)) await this.#load(at);
    if (!this.#holds(at, blockBytes)) return undefined;
    const { logGeneration, driveId } = this.#source;
    const header = decodeBatchHeader(this.#bytes.subarray(at - this.#at), logGeneration, driveId);
    if (header === undefined) return undefined;
    if (!this.#holds(at, header.bytes)) await this.#load(at);
    if (!this.#holds(at, header.bytes)) return undefined;
    const offset = at - this.#at;
    const bytes = this.#bytes.subarray(offset, offset + header.bytes);
    setBatchChecksum(bytes, 0n);
    const checksum = this.#sums.whole(this.#first + offset / blockBytes, header.bytes);
    setBatchChecksum(bytes, header.checksum);
    return checksum === header.checksum ? { header, bytes } : undefined;
  }

  close(): void {
    this.#pages.give(this.#first, logBatchPagesMax);
  }

  #holds(at: number, bytes: number): boolean {
    return at >= this.#at && at + bytes <= this.#at + this.#length;
  }

  async #load(at: number): Promise<void> {
    const read = await this.#source.file.read([this.#bytes], at);
    this.#at = at;
    this.#length = read - (read % blockBytes);
  }
}
