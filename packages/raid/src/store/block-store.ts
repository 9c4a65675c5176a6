import { HoldfastError, type PageIndex, type PagePool } from '@holdfast/runtime';
import type { DriveDirectory } from '../drive/drive-files.ts';
import { isSystemError } from '../drive/node-drive.ts';
import { DriveStoppedError, NoSpaceError } from '../errors.ts';
import { flushAheadBytes, logReserveBytes, logRewriteBytesMin } from '../limits.ts';
import type { BlockFile } from './block-file.ts';
import type { BlockSpace } from './block-space.ts';
import type { CatalogCursor } from './catalog.ts';
import type { Checksums } from './checksums.ts';
import type { DriveState, Extent } from './drive-state.ts';
import { GroupCommit } from './group-commit.ts';
import type { ArrayView, DriveIdentity } from './identity.ts';
import { Log, logFileName } from './log.ts';
import {
  type LogRecord,
  type ObjectRecord,
  type RawKey,
  type RunRecord,
  recordBytes,
  runRecordBytes,
} from './log-record.ts';
import type { SuperblockFile } from './superblock-file.ts';
import { joinTransfers, type Transfer } from './transfers.ts';

/** Blocks of one slot, to be stored from pages or read into them. */
export interface SlotPages {
  readonly gfid: number;
  readonly group: number;
  readonly slot: number;
  readonly blocks: number;
  readonly page: PageIndex;
}

/**
 * What became of a read. `damaged`: a block does not have the checksum it was stored with. `missing`: this drive never
 * stored it, or lost the record. `unreadable`: the device says so.
 */
export type FetchOutcome = 'ok' | 'missing' | 'damaged' | 'unreadable';

export interface StoreParts {
  readonly directory: DriveDirectory;
  readonly pages: PagePool;
  readonly sums: Checksums;
  readonly superblock: SuperblockFile;
  readonly log: Log;
  readonly blocks: BlockFile;
  readonly state: DriveState;
  readonly space: BlockSpace;
  readonly lock: Disposable;
  /** Batches the log has lost: it is written anew once the others have made good for them. */
  readonly lostBatches: number;
}

/** How full a drive is. */
export interface DriveUse {
  readonly blocksUsed: number;
  readonly blocksAllocated: number;
  readonly objects: number;
  readonly logBytes: number;
}

/**
 * One open drive. Blocks and records are written as they come and become durable together, by group commit: one flush
 * of the block file and one of the log, in parallel, for everyone who waits.
 *
 * A failed flush, a short write or an error of the device stops the drive for good: after that nothing of what was
 * written since the last good flush is known, and trying again would lie (research: raid 7.4).
 */
export class BlockStore {
  readonly #parts: StoreParts;
  readonly #commit = new GroupCommit(() => this.#flush());
  readonly #fetches = new Set<Promise<unknown>>();
  #log: Log;
  #epoch: number;
  #dirtyBytes = 0;
  #freed: Extent[] = [];
  #failure: DriveStoppedError | undefined;
  #gapInLog: boolean;
  #rewriteWanted = false;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#log = parts.log;
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
    return this.#failure;
  }

  get use(): DriveUse {
    const { space, state } = this.#parts;
    return {
      blocksUsed: space.used,
      blocksAllocated: space.capacity,
      objects: state.catalog.size,
      logBytes: this.#log.bytes,
    };
  }

  /**
   * Record a new view of the array: durable when this resolves. A view that counts this drive as live ends the need to
   * remember that its log has a gap, so the log is written anew before it.
   */
  async setView(view: ArrayView): Promise<void> {
    if (this.#gapInLog && view.live.includes(this.identity.member)) {
      this.#rewriteWanted = true;
      await this.harden();
    }
    await this.#guarded(() => this.#parts.superblock.update({ view }));
    this.#epoch = view.epoch;
  }

  /**
   * Write slots from pages. Resolves when the pages may be used again; durable after the next {@link harden}.
   * @throws NoSpaceError, DriveStoppedError
   */
  async store(slots: readonly SlotPages[]): Promise<void> {
    await this.#reserveLog(slots.reduce((sum, { blocks }) => sum + runRecordBytes(blocks), 0));
    const places = await this.#allocate(slots.map(({ blocks }) => blocks));
    const records = slots.map((slot, index) => this.#runRecord(slot, places[index]!));
    try {
      await Promise.all(this.#transfers(slots, places).map(({ address, parts }) => this.#write(address, parts)));
    } catch (error) {
      for (const { address, blocks } of records) this.#parts.space.release({ address, blocks });
      throw error;
    }
    for (const record of records) this.#append(record);
  }

  /** Make everything stored and recorded before this call durable. */
  harden(): Promise<void> {
    return this.#guarded(() => this.#commit.request());
  }

  /** Keep an object's metadata: durable when this resolves. */
  async putObject(record: ObjectRecord): Promise<void> {
    await this.#reserveLog(recordBytes(record));
    this.#append(record);
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
    this.#assertRunning();
    const reading = this.#fetch(slots);
    this.#fetches.add(reading);
    try {
      return await reading;
    } finally {
      this.#fetches.delete(reading);
    }
  }

  /** All versions of a key whose metadata is here. */
  versions(key: RawKey): readonly ObjectRecord[] {
    return this.#parts.state.catalog.versions(key);
  }

  objects(prefix: RawKey, after: CatalogCursor | undefined, limit: number): readonly ObjectRecord[] {
    return this.#parts.state.catalog.page(prefix, after, limit);
  }

  /** Ids of objects that have blocks here, ascending, behind `after`. */
  gfids(after: number, limit: number): readonly number[] {
    return this.#parts.state.gfids(after, limit);
  }

  /** Wait for what is under way, then let go of files, pages and lock. Unflushed records are lost, as in a crash. */
  async close(): Promise<void> {
    const { superblock, blocks, space, sums, lock } = this.#parts;
    await Promise.allSettled([this.#commit.request(), space.idle(), ...this.#fetches]);
    await Promise.allSettled([this.#log.close(), blocks.close(), superblock.close()]);
    sums.close();
    lock[Symbol.dispose]();
  }

  async #let(records: readonly LogRecord[]): Promise<void> {
    if (records.length === 0) return;
    await this.#reserveLog(0);
    for (const record of records) this.#append(record);
    await this.harden();
  }

  #runRecord({ page, gfid, group, slot, blocks }: SlotPages, address: number): RunRecord {
    const checksums = this.#parts.sums.ofPages(page, blocks).slice();
    const sequence = this.#parts.state.nextSequence();
    return { type: 'run', gfid, group, slot, blocks, address, sequence, epoch: this.#epoch, checksums };
  }

  #append(record: LogRecord): void {
    this.#freed.push(...this.#parts.state.apply(record));
    this.#log.append(record);
  }

  /** Room in the log for records that keep space; records that free space may use the reserve. */
  async #reserveLog(bytes: number): Promise<void> {
    this.#assertRunning();
    try {
      await this.#log.reserve(bytes, bytes === 0 ? 0 : logReserveBytes);
    } catch (error) {
      throw this.#spaceOr(error);
    }
  }

  async #allocate(blocks: readonly number[]): Promise<number[]> {
    try {
      return await this.#parts.space.allocate(blocks);
    } catch (error) {
      throw this.#spaceOr(error);
    }
  }

  async #write(address: number, parts: readonly Uint8Array[]): Promise<void> {
    try {
      await this.#parts.blocks.write(address, parts);
    } catch (error) {
      throw this.#spaceOr(error);
    }
    this.#dirtyBytes += parts.reduce((sum, part) => sum + part.byteLength, 0);
    // Waiters come later; a failure stops the drive and reaches them then.
    if (this.#dirtyBytes > flushAheadBytes) void this.harden().catch(() => undefined);
  }

  #transfers(slots: readonly SlotPages[], places: readonly number[]): Transfer[] {
    const blocks = slots.map((slot) => slot.blocks);
    const parts = slots.map((slot) => this.#parts.pages.bytes(slot.page, slot.blocks));
    return joinTransfers(places, blocks, parts);
  }

  async #fetch(slots: readonly SlotPages[]): Promise<FetchOutcome[]> {
    const outcomes = slots.map((): FetchOutcome => 'missing');
    const found = slots.flatMap((slot, index) => {
      const run = this.#parts.state.run(slot.gfid, slot.group);
      return run !== undefined && run.slot === slot.slot && run.blocks === slot.blocks
        ? [{ index, slot, address: run.address }]
        : [];
    });
    const wanted = found.map(({ slot }) => slot);
    const places = found.map(({ address }) => address);
    await Promise.all(
      this.#transfers(wanted, places).map(async ({ address, parts, slots: members }) => {
        const readable = await this.#read(address, parts);
        for (const member of members) {
          const { index, slot } = found[member]!;
          outcomes[index] = readable ? this.#verify(slot, places[member]!) : 'unreadable';
        }
      }),
    );
    return outcomes;
  }

  /** A read that fails says nothing about the rest of the drive: the caller restores the slot from the others. */
  async #read(address: number, parts: readonly Uint8Array[]): Promise<boolean> {
    try {
      return await this.#parts.blocks.read(address, parts);
    } catch {
      return false;
    }
  }

  #verify({ page, blocks }: SlotPages, address: number): FetchOutcome {
    const { sums, state } = this.#parts;
    return state.checksums.matches(address, blocks, sums.ofPages(page, blocks)) ? 'ok' : 'damaged';
  }

  async #flush(): Promise<void> {
    this.#assertRunning();
    const { blocks } = this.#parts;
    const freed = this.#freed;
    const dirty = this.#dirtyBytes > 0;
    this.#freed = [];
    this.#dirtyBytes = 0;
    try {
      await Promise.all([dirty ? blocks.flush() : undefined, this.#log.flush()]);
    } catch (error) {
      throw this.#stop(error);
    }
    this.#release(freed);
    await this.#rewriteLog();
  }

  /** Space that a read under way may still look at is given back when those reads are over. */
  #release(freed: readonly Extent[]): void {
    const { space } = this.#parts;
    const give = () => {
      for (const extent of freed) space.release(extent);
    };
    if (this.#fetches.size === 0) give();
    else void Promise.allSettled(this.#fetches).then(give);
  }

  /** Replace a log that is mostly history by one that holds only what is true. Runs inside a flush, never beside one. */
  async #rewriteLog(): Promise<void> {
    const { directory, pages, sums, state, superblock } = this.#parts;
    const mostlyHistory = this.#log.bytes >= Math.max(logRewriteBytesMin, state.liveBytes * 2);
    if (!mostlyHistory && !this.#rewriteWanted) return;
    this.#rewriteWanted = false;
    const old = superblock.current.logGeneration;
    const identity = { logGeneration: old + 1, driveId: this.identity.driveId };
    const records = function* (epoch: number): Generator<LogRecord> {
      yield* state.runRecords(epoch);
      yield* state.catalog.values();
    };
    let next: Log;
    try {
      next = await Log.create(directory, pages, sums, identity, records(this.#epoch));
    } catch (error) {
      // Without room for a second log, on the drive or in memory, the first one serves on.
      if (isFull(error) || isRetryable(error)) return;
      throw this.#stop(error);
    }
    await this.#guarded(() => superblock.update({ logGeneration: identity.logGeneration }));
    const finished = this.#log;
    finished.moveQueueTo(next);
    this.#log = next;
    await next.reserve(0, logReserveBytes);
    await finished.close();
    await directory.remove(logFileName(old));
    this.#gapInLog = false;
  }

  #assertRunning(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    this.#assertRunning();
    try {
      return await work();
    } catch (error) {
      throw this.#stop(error);
    }
  }

  #spaceOr(error: unknown): Error {
    return isFull(error) ? new NoSpaceError(this.path, error) : this.#stop(error);
  }

  #stop(error: unknown): Error {
    if (error instanceof NoSpaceError || error instanceof DriveStoppedError) return error;
    this.#failure ??= new DriveStoppedError(this.path, error);
    return this.#failure;
  }
}

const isFull = (error: unknown) => isSystemError(error) && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
const isRetryable = (error: unknown) => error instanceof HoldfastError && error.retryable;
