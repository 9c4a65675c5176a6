import { NoFileError, WriteLostError } from '../errors.ts';
import type { FileAttributes, FileId } from '../file-port.ts';
import type { PageNotice, PageStatus } from '../kernel/page-sync-types.ts';
import { dirtyRangesMax, gatherPages } from '../limits.ts';
import { blockBytes } from '../objects/object-port.ts';
import { covers, gaps, noBytes, withBytes } from './byte-ranges.ts';
import type { CachedPage, PageOwner } from './cached-page.ts';
import { FileSync, type SyncedPages } from './file-sync.ts';
import { type Frame, isAtRest } from './frames.ts';
import { orAborted } from './or-aborted.ts';
import { OwnChanges } from './own-changes.ts';
import type { PageMemory } from './page-memory.ts';
import { PageReader, type ReadPages } from './page-reader.ts';
import type { ServerLinks } from './server-links.ts';
import type { PageWrite, WriteRequest } from './write-batch.ts';

/** One file of a cache: its pages in memory, and what is known of it. */
export class CachedFile implements PageOwner, SyncedPages, ReadPages {
  readonly id: FileId;
  readonly #memory: PageMemory;
  readonly #sync: FileSync;
  readonly #reader: PageReader;
  readonly #pages = new Map<number, CachedPage>();
  readonly #known = new OwnChanges();
  /** End of what was written here and may not be known to the metadata server. */
  #ownEndBytes = 0;
  /** Changes when what was read before must not be shown any more. */
  #reading = 0;
  #lastContent = 0;
  /** Pages that were written and not sent, while somebody writes on. */
  #gathered: number[] = [];
  #pushing = false;
  /** Pages that failed and that no caller of a flush was told of. */
  #unreported = 0;
  dirtyPages = 0;
  /** Handles that are open. */
  users = 0;
  /** The lease under which the metadata server knows that the file is open; 0: it does not. */
  openLease = 0;
  hits = 0;

  constructor(id: FileId, memory: PageMemory, links: ServerLinks, owner: string) {
    this.id = id;
    this.#memory = memory;
    this.#sync = new FileSync(id, links, this, owner);
    this.#reader = new PageReader(id, memory, links, this.#sync, this);
  }

  get sizeBytes(): number {
    return Math.max(this.#known.sizeBytes, this.#ownEndBytes);
  }

  get isEmpty(): boolean {
    return this.#pages.size === 0 && this.#sync.isAllClean;
  }

  get pagesRead(): number {
    return this.#reader.pagesRead;
  }

  /** Names the state of the file that reads under way were begun in. */
  get reading(): number {
    return this.#reading;
  }

  countStates(into: Record<PageStatus, number>): void {
    this.#sync.countStates(into);
  }

  /**
   * Close-to-open consistency: what others changed since is not shown from memory any more.
   * @throws NoFileError
   */
  revalidate(attributes: FileAttributes | undefined): void {
    if (attributes === undefined) throw new NoFileError(this.id);
    if (this.#known.asked(attributes)) return;
    this.#reading++;
    for (const page of this.#pages.values()) {
      if (page.clean) this.#drop(page);
      else page.valid = page.dirty;
    }
  }

  /** Fill `into`; the bytes read, fewer at the end of the file. */
  async read(offset: number, into: Uint8Array, signal: AbortSignal | undefined): Promise<number> {
    const end = Math.min(offset + into.length, this.sizeBytes);
    for (let at = offset; at < end; ) {
      const number = Math.floor(at / blockBytes);
      const from = at - number * blockBytes;
      const to = Math.min(blockBytes, end - number * blockBytes);
      const page = this.#pages.get(number);
      if (page !== undefined && covers(page.valid, from, to)) {
        into.set(page.frame.bytes.subarray(from, to), at - offset);
        this.#memory.touch(page);
        this.hits++;
        at += to - from;
      } else {
        await this.#reader.fetch(number, Math.ceil(end / blockBytes) - number, signal);
        if (this.sizeBytes < end) return this.read(offset, into, signal);
      }
    }
    return Math.max(0, end - offset);
  }

  /** Read pages that somebody will ask for soon. What cannot be had without waiting is left. */
  readAhead(first: number, count: number): void {
    this.#reader.fetchAhead(first, Math.min(count, Math.ceil(this.sizeBytes / blockBytes) - first));
  }

  /** Whether all of a page is known, or is being read. */
  hasPage(number: number): boolean {
    const page = this.#pages.get(number);
    return page !== undefined && covers(page.valid, 0, blockBytes);
  }

  /** Keep what was read of a page, where nothing newer is known. */
  keepRead(number: number, frame: Frame): void {
    const page = this.#pages.get(number);
    if (page === undefined) {
      this.#add(number, frame, [0, blockBytes]);
      this.#memory.becameClean(this.#pages.get(number)!);
      return;
    }
    const missing = gaps(page.valid, blockBytes);
    for (let at = 0; at < missing.length; at += 2) {
      page.frame.bytes.set(frame.bytes.subarray(missing[at]!, missing[at + 1]!), missing[at]!);
    }
    page.valid = [0, blockBytes];
    this.#memory.frames.give(frame);
  }

  async write(offset: number, bytes: Uint8Array, locked: boolean, signal: AbortSignal | undefined): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const number = Math.floor((offset + at) / blockBytes);
      const from = offset + at - number * blockBytes;
      const to = Math.min(blockBytes, from + bytes.length - at);
      let page = this.#writablePage(number, from, to);
      while (page === undefined) {
        await this.#memory.room(signal);
        page = this.#writablePage(number, from, to);
      }
      page.frame.bytes.set(bytes.subarray(at, at + to - from), from);
      page.valid = withBytes(page.valid, from, to);
      page.dirty = withBytes(page.dirty, from, to);
      page.fresh = withBytes(page.fresh, from, to);
      page.locked ||= locked;
      at += to - from;
      this.#ownEndBytes = Math.max(this.#ownEndBytes, offset + at);
      this.#sync.write(number, ++this.#lastContent, page.locked);
      if (page.clean) {
        this.dirtyPages++;
        this.#memory.becameDirty(page);
      }
      this.#gather(number);
    }
  }

  /**
   * Everything written so far is stable.
   * @throws WriteLostError when something was given up since it was last said
   */
  async flush(signal?: AbortSignal): Promise<void> {
    this.#gathered = [];
    await orAborted(this.#flush(), signal);
    if (this.#unreported === 0) return;
    const error = new WriteLostError(this.id, this.#unreported, [...this.#sync.failureCodes]);
    this.#unreported = 0;
    this.#sync.failureCodes.clear();
    throw error;
  }

  /** Cut off or grow. Nobody writes meanwhile. */
  async truncate(sizeBytes: number): Promise<void> {
    const first = Math.ceil(sizeBytes / blockBytes);
    const tail = Math.floor(sizeBytes / blockBytes);
    if (tail < first && !this.#sync.isClean(tail)) await this.#flush();
    this.#reading++;
    this.#gathered = this.#gathered.filter((number) => number < first);
    for (const page of [...this.#pages.values()]) {
      if (page.number >= tail) this.#drop(page);
    }
    this.#ownEndBytes = Math.min(this.#ownEndBytes, sizeBytes);
    await this.#sync.truncate(sizeBytes);
    this.#reading++;
  }

  push(): void {
    if (this.#pushing || this.dirtyPages === 0) return;
    this.#pushing = true;
    this.#gathered = [];
    const pushed = (): void => {
      this.#pushing = false;
      this.#memory.wake();
    };
    // It fails only when the cache is closed, and then nobody writes any more.
    this.#flush().then(pushed, pushed);
  }

  recall(): void {
    this.#sync.recall();
  }

  leaseLost(lease: number): void {
    this.#sync.leaseLost(lease);
  }

  /** Forget everything; what is not stable is lost. */
  close(): void {
    this.#sync.close();
    for (const page of [...this.#pages.values()]) this.#drop(page);
  }

  forget(page: CachedPage): void {
    this.#pages.delete(page.number);
    this.#reader.spoil(page.number);
  }

  send(asked: WriteRequest): PageWrite {
    const page = this.#pages.get(asked.page)!;
    page.fresh = noBytes;
    this.#memory.frames.pin(page.frame);
    return { asked, frame: page.frame, ranges: page.dirty };
  }

  letGo({ frame }: PageWrite, answered: boolean): void {
    if (answered) this.#memory.frames.unpin(frame);
    else this.#memory.frames.abandon(frame);
    this.#memory.wake();
  }

  changed(before: number, attributes: FileAttributes): void {
    this.#known.saw(before, attributes);
  }

  noticed({ type, page: number }: PageNotice): void {
    if (this.#sync.isAllClean) this.#ownEndBytes = 0;
    const page = this.#pages.get(number);
    if (page === undefined) return;
    if (type === 'failed') {
      this.#drop(page);
    } else if (type === 'overtaken') {
      page.dirty = page.fresh;
    } else {
      page.dirty = noBytes;
      page.fresh = noBytes;
      page.locked = false;
      this.dirtyPages--;
      this.#memory.becameClean(page);
    }
  }

  /** The page with a frame that may be written; undefined when room has to be made first. */
  #writablePage(number: number, from: number, to: number): CachedPage | undefined {
    const page = this.#pages.get(number);
    if (page !== undefined && isAtRest(page.frame)) {
      if (page.dirty.length < 2 * dirtyRangesMax || withBytes(page.dirty, from, to).length <= page.dirty.length) {
        return page;
      }
      this.push();
      return undefined;
    }
    const frame = this.#memory.tryTake();
    if (frame === undefined) return undefined;
    const now = this.#pages.get(number);
    if (now === undefined) return this.#add(number, frame, noBytes);
    // A server has the old frame: it keeps what it was sent.
    frame.bytes.set(now.frame.bytes);
    this.#memory.frames.give(now.frame);
    now.frame = frame;
    return now;
  }

  #add(number: number, frame: Frame, valid: readonly number[]): CachedPage {
    const page: CachedPage = {
      file: this,
      number,
      frame,
      valid,
      dirty: noBytes,
      fresh: noBytes,
      locked: false,
      clean: true,
      listed: false,
      older: undefined,
      newer: undefined,
    };
    this.#pages.set(number, page);
    return page;
  }

  #drop(page: CachedPage): void {
    this.forget(page);
    if (!page.clean) this.dirtyPages--;
    this.#memory.drop(page);
  }

  /** Many pages written one after the other go out together, without waiting for a flush. */
  #gather(number: number): void {
    if (this.#gathered.at(-1) === number) return;
    this.#gathered.push(number);
    if (this.#gathered.length < gatherPages) return;
    const numbers = this.#gathered;
    this.#gathered = [];
    for (const each of numbers) this.#sync.writeBack(each);
  }

  async #flush(): Promise<void> {
    this.#unreported += (await this.#sync.flush()).failures;
  }
}
