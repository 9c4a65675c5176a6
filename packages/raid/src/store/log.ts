import type { PageIndex, PagePool } from '@holdfast/runtime';
import type { DriveDirectory, DriveFile } from '../drive/drive-files.ts';
import { blockBytes, logBatchPagesMax, logExtentBytes } from '../limits.ts';
import type { Checksums } from './checksums.ts';
import { flush } from './flush.ts';
import { batchBytesMax, batchHeaderBytes, encodeBatchHeader, setBatchChecksum } from './log-batch.ts';
import type { LogRecord } from './log-record.ts';
import type { LogEnd } from './log-scan.ts';
import { preallocate } from './preallocate.ts';
import { RecordQueue } from './record-queue.ts';
import { logFileName, SpareLog } from './spare-log.ts';

export interface LogIdentity {
  readonly logGeneration: number;
  readonly driveId: string;
}

const beginning: LogEnd = { at: 0, sequence: 0, checksum: 0n, lostBatches: 0 };

/** The log of one drive: records are queued, then written in batches, each durable before the next is begun. */
export class Log {
  readonly #file: DriveFile;
  readonly #pages: PagePool;
  readonly #sums: Checksums;
  readonly #identity: LogIdentity;
  readonly #first: PageIndex;
  readonly #buffer: Uint8Array;
  readonly #queue = new RecordQueue();
  #end: LogEnd;
  #fileBytes: number;
  #growing: Promise<void> | undefined;

  private constructor(
    file: DriveFile,
    pages: PagePool,
    sums: Checksums,
    identity: LogIdentity,
    end: LogEnd,
    fileBytes: number,
  ) {
    this.#file = file;
    this.#pages = pages;
    this.#sums = sums;
    this.#identity = identity;
    this.#end = end;
    this.#fileBytes = fileBytes;
    this.#first = pages.take(logBatchPagesMax);
    this.#buffer = pages.bytes(this.#first, logBatchPagesMax);
  }

  /** The log of a new drive, durable when this resolves, though no superblock names it yet. */
  static async create(
    directory: DriveDirectory,
    pages: PagePool,
    sums: Checksums,
    identity: LogIdentity,
  ): Promise<Log> {
    const name = logFileName(identity.logGeneration);
    await directory.remove(name);
    const file = await directory.open(name, { create: true });
    const log = new Log(file, pages, sums, identity, beginning, 0);
    try {
      await log.grow();
      await directory.sync();
    } catch (error) {
      await log.close();
      await directory.remove(name);
      throw error;
    }
    return log;
  }

  /** A log that holds `records`, in the file of the spare one, durable when this resolves, though no superblock names it yet. */
  static async anew(
    { file, bytes }: SpareLog,
    pages: PagePool,
    sums: Checksums,
    identity: LogIdentity,
    records: Iterable<LogRecord>,
  ): Promise<Log> {
    const log = new Log(file, pages, sums, identity, beginning, bytes);
    try {
      for (const record of records) {
        log.append(record);
        if (log.#queue.bytes >= batchBytesMax) await log.#grownFlush();
      }
      await log.#grownFlush();
    } catch (error) {
      pages.give(log.#first, logBatchPagesMax);
      throw error;
    }
    return log;
  }

  /** Go on behind the end that a scan found. */
  static async resume(
    file: DriveFile,
    pages: PagePool,
    sums: Checksums,
    identity: LogIdentity,
    end: LogEnd,
  ): Promise<Log> {
    const size = await file.size();
    return new Log(file, pages, sums, identity, end, size - (size % blockBytes));
  }

  /** Bytes of the batches written so far. */
  get bytes(): number {
    return this.#end.at;
  }

  get fileBytes(): number {
    return this.#fileBytes;
  }

  /**
   * Whether records of so many bytes can be queued, and `spareBytes` more after them, without a flush having to extend
   * the file. Ask, and append in the same turn.
   */
  hasRoom(bytes: number, spareBytes: number): boolean {
    const wanted = this.#queue.bytes + bytes + spareBytes + blockBytes + batchHeaderBytes;
    return this.#fileBytes - this.#end.at >= wanted;
  }

  /**
   * Add an extent of durable zeros; once for all who ask at the same time: zeros written a second time could land on a
   * batch.
   * @throws the system's error when the file cannot grow.
   */
  async grow(): Promise<void> {
    const from = this.#fileBytes;
    this.#growing ??= preallocate(this.#file, from, logExtentBytes)
      .then(() => {
        this.#fileBytes = from + logExtentBytes;
      })
      .finally(() => {
        this.#growing = undefined;
      });
    await this.#growing;
  }

  /** Queue a record for the next flush. */
  append(record: LogRecord): void {
    this.#queue.append(record);
  }

  /** Hand over what is queued to the log that takes this one's place. */
  moveQueueTo(successor: Log): void {
    this.#queue.moveTo(successor.#queue);
  }

  /** Make everything queued durable. Never called again after it failed: what the file holds then is unknown. */
  async flush(): Promise<void> {
    while (this.#queue.bytes > 0) await this.#writeBatch();
  }

  /** Another log has taken the place of this one: its file is spare. */
  retire(): SpareLog {
    this.#pages.give(this.#first, logBatchPagesMax);
    return new SpareLog(this.#file, this.#identity.logGeneration, this.#fileBytes);
  }

  async close(): Promise<void> {
    // Not before: a batch may be under way out of these pages.
    await this.#file.close();
    this.#pages.give(this.#first, logBatchPagesMax);
  }

  async #grownFlush(): Promise<void> {
    while (!this.hasRoom(0, 0)) await this.grow();
    await this.flush();
  }

  async #writeBatch(): Promise<void> {
    this.#buffer.fill(0, 0, batchHeaderBytes);
    const usedBytes = this.#queue.take(this.#buffer, batchHeaderBytes);
    const bytes = Math.ceil(usedBytes / blockBytes) * blockBytes;
    const batch = this.#buffer.subarray(0, bytes);
    batch.fill(0, usedBytes);
    const sequence = this.#end.sequence + 1;
    encodeBatchHeader(batch, { ...this.#identity, bytes, usedBytes, previous: this.#end.checksum, sequence });
    const checksum = this.#sums.whole(this.#first, bytes);
    setBatchChecksum(batch, checksum);
    await this.#file.write([batch], this.#end.at);
    await flush(this.#file);
    this.#end = { at: this.#end.at + bytes, sequence, checksum, lostBatches: 0 };
    this.#fileBytes = Math.max(this.#fileBytes, this.#end.at);
  }
}
