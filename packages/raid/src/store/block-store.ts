import type { PageIndex } from '@holdfast/runtime';
import type { DriveDirectory } from '../drive/drive-files.ts';
import { type DriveStoppedError, NoSpaceError } from '../errors.ts';
import {
  clientsPerBlockMax,
  clientsWhenFullMax,
  flushAheadBytes,
  logHeadroomBytes,
  logOverwriteHeadroomBytes,
  logReserveBytes,
  logRewriteBytesMin,
} from '../limits.ts';
import { BlockBatch } from './block-batch.ts';
import { BlockReader, type FetchOutcome } from './block-reader.ts';
import type { PlaceHolder } from './block-space.ts';
import type { CatalogCursor } from './catalog.ts';
import type { ChecksumTable } from './checksum-table.ts';
import type { DriveHealth } from './drive-health.ts';
import type { Extent } from './drive-state.ts';
import { type FlushWaiter, GroupCommit, type Urgency } from './group-commit.ts';
import type { ArrayView, DriveIdentity } from './identity.ts';
import type { JournalRecord } from './journal-record.ts';
import { blockRecordBytesMax, type JournaledBlocks } from './journaled-blocks.ts';
import { Log } from './log.ts';
import { type LogRecord, type ObjectRecord, type RawKey, type RunRecord, recordBytes } from './log-record.ts';
import { ReadBatch } from './read-batch.ts';
import { type SlotPages, slotTransfers } from './slot-pages.ts';
import { SpareLog } from './spare-log.ts';
import type { DriveUse, StoreParts } from './store-parts.ts';

/**
 * One open drive. Blocks and records are written as they come and become durable together, by group commit: one flush
 * of the block file and one of the log, in parallel, for everyone who waits.
 *
 * A failed flush, a short write or an error of the device stops the drive for good: after that nothing of what was
 * written since the last good flush is known, and trying again would lie (research: raid 7.4).
 */
export class BlockStore {
  readonly #parts: StoreParts;
  readonly #health: DriveHealth;
  readonly #reader: BlockReader;
  readonly #commit = new GroupCommit(() => this.#flush());
  readonly #batch: BlockBatch;
  readonly #reads: ReadBatch;
  #log: Log;
  #spareLog: SpareLog | undefined;
  #epoch: number;
  #dirtyBytes = 0;
  #freed: Extent[] = [];
  #gapInLog: boolean;
  #rewriteWanted = false;
  #journalEnd: Promise<void> = Promise.resolve();
  #journalsWaiting = 0;
  #makingSpare: Promise<void> | undefined;
  #rewriting: Promise<unknown> = Promise.resolve();

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#health = parts.health;
    this.#reader = new BlockReader(parts);
    this.#batch = new BlockBatch(parts.pages, parts.blocks);
    this.#reads = new ReadBatch(parts.pages, parts.blocks);
    this.#log = parts.log;
    this.#spareLog = parts.spareLog;
    this.#epoch = parts.superblock.current.view.epoch;
    this.#gapInLog = parts.lostBatches > 0;
  }

  get identity(): DriveIdentity {
    return this.#parts.superblock.current.identity;
  }

  get view(): ArrayView {
    return this.#parts.superblock.current.view;
  }

  get path(): string {
    return this.#parts.directory.path;
  }

  /** Why the drive stopped, when it did. */
  get failure(): DriveStoppedError | undefined {
    return this.#health.failure;
  }

  /** Resolves when the drive stops, with why. */
  get stopped(): Promise<DriveStoppedError> {
    return this.#health.stopped;
  }

  get use(): DriveUse {
    const { space, state, blocks } = this.#parts;
    return {
      blocksUsed: space.used,
      blocksAllocated: space.capacity,
      objects: state.catalog.size,
      logBytes: this.#log.bytes,
      whyBuffered: blocks.whyBuffered,
    };
  }

  /**
   * Record a new view of the array: durable when this resolves. A view that counts this drive as live ends the need to
   * remember that its log has a gap, so the log is written anew before it.
   */
  async setView({ epoch, live, returning, members = this.identity.members }: ArrayView): Promise<void> {
    const view = { epoch, live, ...(returning !== undefined && { returning }) };
    const identity = { ...this.identity, members };
    if (this.#gapInLog && view.live.includes(this.identity.member)) {
      this.#rewriteWanted = true;
      await this.harden();
    }
    const counted = live.includes(this.identity.member) ? { empty: false } : {};
    await this.#health.critical(() => this.#parts.superblock.update({ identity, view, ...counted }));
    this.#epoch = epoch;
  }

  /** Its member is about to work by the view that is recorded: resolves when that is durable. */
  async workBy(epoch: number): Promise<void> {
    await this.#health.critical(() => this.#parts.superblock.update({ workedBy: epoch }));
  }

  /**
   * Write slots from pages. Resolves when the pages may be used again; durable after the next {@link harden}.
   * @throws NoSpaceError, DriveStoppedError
   */
  async store(slots: readonly SlotPages[]): Promise<void> {
    const { pages, space } = this.#parts;
    const places = await this.#health.mayBeFull(() => space.allocate(slots.map(({ blocks }) => blocks)));
    const records = slots.map((slot, index) => this.#runRecord(slot, places[index]!));
    const writes = slotTransfers(pages, slots, places).map(({ address, parts }) => this.#write(address, parts));
    try {
      // All must be over before the places can be given up: a write still under way would land in another's block.
      for (const write of await Promise.allSettled(writes)) if (write.status === 'rejected') throw write.reason;
      await this.#record(records, logReserveBytes);
    } catch (error) {
      for (const { address, blocks } of records) space.release({ address, blocks });
      throw error;
    }
  }

  /** Make everything stored and recorded before this call durable. */
  harden(): Promise<void> {
    return this.#health.critical(() => this.#commit.request());
  }

  /** Let nobody be patient any longer who waits for a flush now. */
  hurry(): void {
    this.#commit.hurry();
  }

  /** Let nobody wait any longer who is in no hurry: tells them too when the drive has stopped. */
  hardenRest(): Promise<void> {
    return this.#commit.request();
  }

  /** Keep an object's metadata: durable when this resolves. */
  async putObject(record: ObjectRecord): Promise<void> {
    if (record.geometry.parity !== 1 || record.moved !== undefined) await this.#enable('techniques');
    await this.#record([record], logReserveBytes);
    await this.harden();
  }

  /** Let go of the metadata of objects: durable when this resolves. */
  forget(gfids: readonly number[]): Promise<void> {
    return this.#let(gfids.map((gfid) => ({ type: 'forget', gfid })));
  }

  /** Let go of the blocks of objects; their space is used again once that is durable. */
  drop(gfids: readonly number[]): Promise<void> {
    return this.#let(gfids.map((gfid) => ({ type: 'drop', gfid })));
  }

  /** Read slots into pages; each block is held against its checksum. */
  async fetch(slots: readonly SlotPages[]): Promise<readonly FetchOutcome[]> {
    this.#health.assertRunning();
    return this.#reader.fetch(slots);
  }

  /** All versions of a key whose metadata is here. */
  versions(key: RawKey): readonly ObjectRecord[] {
    return this.#parts.state.catalog.versions(key);
  }

  objects(prefix: RawKey, after: CatalogCursor | undefined, limit: number): readonly ObjectRecord[] {
    return this.#parts.state.catalog.page(prefix, after, limit);
  }

  /** Where the journaled blocks are, and what is open of them. */
  get journaled(): JournaledBlocks {
    return this.#parts.state.journaled;
  }

  get checksums(): ChecksumTable {
    return this.#parts.state.checksums;
  }

  /** {@link journalThen} as a promise. */
  async journal(record: JournalRecord, spareBytes: number): Promise<void> {
    if (record.type === 'layout' && record.parity !== 1) await this.#enable('techniques');
    if (record.type === 'reserve') await this.#enable('reserves');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.journalThen(record, spareBytes, 'now', { done: resolve, failed: reject });
    await promise;
  }

  /**
   * Append a record of the journaled write, behind all that were appended before, and tell `waiter` when it is durable.
   * `spareBytes` of the log are left to others.
   */
  journalThen(record: JournalRecord, spareBytes: number, urgency: Urgency, waiter: FlushWaiter): void {
    // Known at once, so that whoever asks for a block never sees it where it was.
    this.#parts.state.apply(record);
    const bytes = recordBytes(record);
    const { journaledBlocks } = this.#parts.superblock.current;
    if (this.#journalsWaiting === 0 && journaledBlocks && this.#hasLogRoom(bytes, spareBytes)) {
      this.#log.append(record);
      this.#commit.wait(waiter, urgency);
    } else {
      this.#appendInTurn(record, bytes, spareBytes).then(
        () => this.#commit.wait(waiter, urgency),
        (error: unknown) => waiter.failed(error),
      );
    }
  }

  /** Have a block written from its page, which must not change meanwhile: durable when this resolves. */
  hardenBlock(driveBlock: number, page: PageIndex): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.hardenBlockThen(driveBlock, page, 'now', { done: resolve, failed: reject });
    return promise;
  }

  /** The same, and tell `waiter` when it is durable. */
  hardenBlockThen(driveBlock: number, page: PageIndex, urgency: Urgency, waiter: FlushWaiter): void {
    this.#health.assertRunning();
    this.#batch.add(driveBlock, page);
    this.#commit.wait(waiter, urgency);
  }

  /** Read one block into a page; false when it cannot be read. */
  async readBlock(driveBlock: number, page: PageIndex): Promise<boolean> {
    this.#health.assertRunning();
    return this.#reads.read(driveBlock, page);
  }

  /**
   * Places for up to so many single blocks, on a drive that is full fewer, `left` of them to others.
   * @throws NoSpaceError when there is none, DriveStoppedError
   */
  takeBlocks(count: number, left = 0, urgency: 'needed' | 'ahead' = 'needed'): Promise<number[]> {
    return this.#health.mayBeFull(() => this.#parts.space.take(count, left, urgency));
  }

  /** Whether there are places for overwriting, though somebody else may hold them now. */
  get hasPlaces(): boolean {
    return this.#parts.space.hasSome;
  }

  /** Who takes places ahead of need, and gives them back when there are no others. */
  addHolder(holder: PlaceHolder): void {
    this.#parts.space.addHolder(holder);
  }

  /** Whether log and block file have room for so many new blocks; 0: to overwrite what is there. */
  hasRoomFor(newBlocks: number): boolean {
    const { space } = this.#parts;
    if (newBlocks === 0) return this.#isProvisioned(logOverwriteHeadroomBytes);
    return this.#isProvisioned(this.#bytesFor(newBlocks)) && space.has(newBlocks);
  }

  /** Promise places for so many new blocks, and room in the log; 0: to overwrite. @throws NoSpaceError, DriveStoppedError */
  async promise(newBlocks: number): Promise<void> {
    if (newBlocks === 0) return this.#provision(logOverwriteHeadroomBytes);
    await this.#health.mayBeFull(() => this.#parts.space.promise(newBlocks));
    try {
      await this.#provision(this.#bytesFor(0));
    } catch (error) {
      this.unpromise(newBlocks);
      throw error;
    }
  }

  /** Promise places that were promised in a life before: whoever wants new ones waits until there are that many. */
  promiseAgain(newBlocks: number): void {
    this.#parts.space.promiseAgain(newBlocks);
  }

  /** So many promised places were taken, or are not wanted any more. */
  unpromise(newBlocks: number): void {
    this.#parts.space.unpromise(newBlocks);
  }

  /** Bytes that the log must have beyond what is true in it for so many new blocks and those that are promised. */
  #bytesFor(newBlocks: number): number {
    return (this.#parts.space.promised + newBlocks) * blockRecordBytesMax + logHeadroomBytes;
  }

  /** Take a particular place; false when it is in use, or there is no such place. */
  claimBlock(driveBlock: number): boolean {
    return this.#parts.space.claim(driveBlock);
  }

  /** Give a place back whose content nobody needs any more. */
  giveBlock(driveBlock: number): void {
    this.#reader.afterReads(() => this.#parts.space.release({ address: driveBlock, blocks: 1 }));
  }

  /** Stop the drive: something happened that must not. */
  stop(cause: unknown): Error {
    return this.#health.stop(cause);
  }

  /** Ids of objects that have blocks here, ascending, behind `after`. */
  gfids(after: number, limit: number): readonly number[] {
    return this.#parts.state.gfids(after, limit);
  }

  /** Flush what is queued, unless the drive has stopped, then let go of files, pages and lock. */
  async close(): Promise<void> {
    const { superblock, blocks, space, sums, lock } = this.#parts;
    await Promise.allSettled([this.#commit.request(), space.idle(), this.#reader.idle()]);
    await Promise.allSettled([this.#log.close(), this.#spareLog?.close(), blocks.close(), superblock.close()]);
    sums.close();
    lock[Symbol.dispose]();
  }

  async #let(records: readonly LogRecord[]): Promise<void> {
    if (records.length === 0) return;
    await this.#record(records, 0);
    await this.harden();
  }

  #runRecord({ page, gfid, group, slot, blocks }: SlotPages, address: number): RunRecord {
    const checksums = this.#parts.sums.ofPages(page, blocks).slice();
    const sequence = this.#parts.state.nextSequence();
    return { type: 'run', gfid, group, slot, blocks, address, sequence, epoch: this.#epoch, checksums };
  }

  /** Append when everything before was appended and there is room. */
  async #appendInTurn(record: JournalRecord, bytes: number, spareBytes: number): Promise<void> {
    this.#journalsWaiting++;
    const appended = this.#journalEnd.then(async () => {
      await this.#enable('journaledBlocks');
      // Room for it was there when what it belongs to began.
      while (!this.#hasLogRoom(bytes, spareBytes)) {
        await this.#health.promised(() => this.#makeLogRoom(bytes, spareBytes));
      }
      this.#log.append(record);
    });
    this.#journalEnd = appended.catch(() => undefined);
    try {
      await appended;
    } finally {
      this.#journalsWaiting--;
    }
  }

  /** Before the first record that an older version does not know, the superblock says that there may be some. */
  #enable(feature: 'journaledBlocks' | 'techniques' | 'reserves'): Promise<void> | undefined {
    const { superblock } = this.#parts;
    if (superblock.current[feature]) return undefined;
    return this.#health.critical(() => superblock.update({ [feature]: true }));
  }

  /**
   * Take records in and queue them, together. Records that keep space leave `spareBytes` of the log to those that free
   * it, so that a full drive can be emptied.
   */
  async #record(records: readonly LogRecord[], spareBytes: number): Promise<void> {
    const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
    const needed = spareBytes > 0 ? bytes + logHeadroomBytes : undefined;
    // Asked, and appended in the same turn.
    while (!this.#hasLogRoom(bytes, spareBytes) || (needed !== undefined && !this.#isProvisioned(needed))) {
      if (needed !== undefined) await this.#provision(needed);
      await this.#makeLogRoom(bytes, spareBytes);
    }
    for (const record of records) {
      this.#freed.push(...this.#parts.state.apply(record));
      this.#log.append(record);
    }
  }

  /** Ask, and append in the same turn. */
  #hasLogRoom(bytes: number, spareBytes: number): boolean {
    this.#health.assertRunning();
    return this.#log.hasRoom(bytes, spareBytes);
  }

  /** @throws NoSpaceError when the log cannot grow, and has no room when it is written anew. */
  async #makeLogRoom(bytes: number, spareBytes: number): Promise<void> {
    for (let attempt = 0; !this.#hasLogRoom(bytes, spareBytes); attempt++) {
      try {
        await this.#health.mayBeFull(() => this.#log.grow());
      } catch (error) {
        if (!(error instanceof NoSpaceError) || attempt > 0 || this.#hasLogRoom(bytes, spareBytes)) throw error;
        this.#rewriteWanted = true;
        await this.harden();
      }
    }
  }

  /** Whether both log files hold all that is true, and so many bytes more. */
  #isProvisioned(moreBytes: number): boolean {
    const bytes = Math.min(this.#log.fileBytes, this.#spareLog?.bytes ?? 0);
    return bytes >= this.#parts.state.boundBytes + moreBytes;
  }

  /** Have both log files hold so many bytes more than what is true. @throws NoSpaceError, DriveStoppedError */
  async #provision(moreBytes: number): Promise<void> {
    const { directory, state } = this.#parts;
    while (!this.#isProvisioned(moreBytes)) {
      // Into the spare one the log may be written anew just now.
      await this.#rewriting;
      if (this.#isProvisioned(moreBytes)) return;
      await this.#health.mayBeFull(async () => {
        const wanted = state.boundBytes + moreBytes;
        if (this.#log.fileBytes < wanted) await this.#log.grow();
        else if (this.#spareLog !== undefined) await this.#spareLog.grow();
        else {
          this.#makingSpare ??= this.#makeSpare(directory);
          await this.#makingSpare;
        }
      });
    }
  }

  async #makeSpare(directory: DriveDirectory): Promise<void> {
    try {
      this.#spareLog = await SpareLog.create(directory, this.#parts.superblock.current.logGeneration + 1);
    } finally {
      this.#makingSpare = undefined;
    }
  }

  async #write(address: number, parts: readonly Uint8Array[]): Promise<void> {
    await this.#health.mayBeFull(() => this.#parts.blocks.write(address, parts));
    this.#dirtyBytes += parts.reduce((sum, part) => sum + part.byteLength, 0);
    // Waiters come later; a failure stops the drive and reaches them then.
    if (this.#dirtyBytes > flushAheadBytes) void this.harden().catch(() => undefined);
  }

  async #flush(): Promise<void> {
    this.#health.assertRunning();
    const { space } = this.#parts;
    const freed = this.#freed;
    const dirty = this.#dirtyBytes > 0 || !this.#batch.isEmpty;
    this.#freed = [];
    this.#dirtyBytes = 0;
    await this.#health.critical(() => Promise.all([dirty ? this.#flushBlocks() : undefined, this.#log.flush()]));
    // A read under way may still look at what is free now.
    this.#reader.afterReads(() => {
      for (const extent of freed) space.release(extent);
    });
    const mostlyHistory = this.#log.bytes >= Math.max(logRewriteBytesMin, this.#parts.state.liveBytes * 2);
    if (mostlyHistory || this.#rewriteWanted) await this.#rewriteLog();
  }

  async #flushBlocks(): Promise<void> {
    if (!this.#batch.isEmpty) await this.#batch.write();
    await this.#parts.blocks.flush();
  }

  /** Replace the log by one that holds only what is true. Runs inside a flush, never beside one. */
  async #rewriteLog(): Promise<void> {
    const { directory, pages, sums, state, superblock } = this.#parts;
    this.#rewriteWanted = false;
    if (this.#spareLog === undefined) {
      this.#makingSpare ??= this.#makeSpare(directory);
      await this.#health.whenRoom(() => this.#makingSpare!);
    }
    const spare = this.#spareLog;
    if (spare === undefined) return;
    const logGeneration = Math.max(superblock.current.logGeneration, spare.logGeneration) + 1;
    const identity = { logGeneration, driveId: this.identity.driveId };
    const fits = state.liveBytes + logHeadroomBytes <= spare.bytes;
    const records = state.records(this.#epoch, fits ? clientsPerBlockMax : clientsWhenFullMax);
    const writing = this.#health.whenRoom(async () => {
      await spare.renumber(directory, logGeneration);
      return Log.anew(spare, pages, sums, identity, records);
    });
    this.#rewriting = Promise.allSettled([writing]);
    const next = await writing;
    if (next === undefined) return;
    await this.#health.critical(() => superblock.update({ logGeneration }));
    const finished = this.#log;
    finished.moveQueueTo(next);
    this.#log = next;
    this.#spareLog = finished.retire();
    this.#gapInLog = false;
  }
}
