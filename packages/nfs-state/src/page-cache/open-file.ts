import { ClosedError } from '@holdfast/runtime/service';
import { LockLostError } from '../errors.ts';
import type { FileId } from '../file-port.ts';
import { readAheadPagesMax, readAheadPagesMin } from '../limits.ts';
import { checkRange } from '../objects/file-objects.ts';
import { blockBytes } from '../objects/object-port.ts';
import type { CachedFile } from './cached-file.ts';
import type { FileLock, FileLocks } from './file-locks.ts';

export interface FileCallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What an open file needs of its cache. */
export interface OpenFileHost {
  readonly locks: FileLocks;
  /** Nothing can be asked of it any more. */
  readonly isClosed: boolean;
  /** In the order asked for; alone, or beside others that share. */
  inTurn<Value>(file: FileId, how: 'shared' | 'alone', work: () => Promise<Value>): Promise<Value>;
  revalidate(file: CachedFile, signal: AbortSignal | undefined): Promise<void>;
  closed(file: CachedFile): Promise<void>;
}

/**
 * A file that is open. Reads see what was written and flushed by others before it was opened, or before the last lock was
 * taken (close-to-open consistency, RFC 8881, 10.3.1), and everything written through the same cache.
 */
export class OpenFile implements AsyncDisposable {
  readonly #file: CachedFile;
  readonly #host: OpenFileHost;
  readonly #owner: string;
  readonly #held = new Set<FileLock>();
  #closing: Promise<void> | undefined;
  /** Where a read begins that goes on from the last one, and how far ahead pages are read for it. */
  #nextOffset = 0;
  #aheadPages = 0;
  #aheadOf = 0;

  constructor(file: CachedFile, host: OpenFileHost, owner: string) {
    this.#file = file;
    this.#host = host;
    this.#owner = owner;
  }

  get file(): FileId {
    return this.#file.id;
  }

  /** As far as this client knows. */
  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }

  /**
   * The bytes from `offset` on, fewer than asked for at the end of the file.
   * @throws BadFileError, NoFileError, FileRefusedError, CacheFullError, ClosedError, the signal's reason
   */
  async read(offset: number, bytes: number, options: FileCallOptions = {}): Promise<Uint8Array> {
    checkRange(offset, bytes);
    const into = new Uint8Array(Math.max(0, Math.min(bytes, this.#file.sizeBytes - offset)));
    return into.subarray(0, await this.readInto(offset, into, options));
  }

  /** As {@link read}, into memory of the caller; the bytes read. */
  async readInto(offset: number, into: Uint8Array, { signal }: FileCallOptions = {}): Promise<number> {
    this.#assertOpen();
    checkRange(offset, into.length);
    const bytes = await this.#file.read(offset, into, signal);
    this.#readAhead(offset, offset + bytes);
    return bytes;
  }

  /**
   * Write into memory; a later flush makes it stable. Part of it may be written when it rejects.
   * @throws BadFileError, CacheFullError, LockLostError, ClosedError, the signal's reason
   */
  async write(offset: number, bytes: Uint8Array, { signal }: FileCallOptions = {}): Promise<void> {
    this.#assertOpen();
    checkRange(offset, bytes.length);
    const lock = this.#lockOf(offset, offset + bytes.length);
    await this.#host.inTurn(this.file, 'shared', async () => {
      if (lock !== undefined && !this.#host.locks.isHeld(lock)) throw new LockLostError(this.file);
      await this.#file.write(offset, bytes, lock !== undefined, signal);
    });
  }

  /**
   * Resolves when everything written so far is stable and known to the metadata server. With a signal the caller stops
   * waiting, and what fails then is reported by the next flush.
   * @throws WriteLostError, once for everything given up since the last flush of the file; ClosedError, the signal's reason
   */
  async fsync({ signal }: FileCallOptions = {}): Promise<void> {
    this.#assertOpen();
    await this.#file.flush(signal);
  }

  /**
   * Cut the file off, or let it grow with zeros.
   * @throws FileRefusedError, BadFileError, ClosedError
   */
  async truncate(sizeBytes: number): Promise<void> {
    this.#assertOpen();
    checkRange(sizeBytes, 0);
    await this.#host.inTurn(this.file, 'alone', () => this.#file.truncate(sizeBytes));
  }

  /**
   * Take a byte-range lock, waiting for others to let go, and look at the file anew. What is written under it while it is
   * held is given up when the lease is lost.
   * @param bytes 0: to the end of the file, however far it grows
   * @throws NoFileError, BadFileError, ClosedError, the signal's reason
   */
  async lock(
    { offset = 0, bytes = 0, type = 'write' }: { offset?: number; bytes?: number; type?: 'read' | 'write' } = {},
    { signal }: FileCallOptions = {},
  ): Promise<FileLock> {
    this.#assertOpen();
    checkRange(offset, bytes);
    const lock = await this.#host.locks.take({ owner: this.#owner, file: this.file, type, offset, bytes }, signal);
    this.#held.add(lock);
    try {
      await this.#host.revalidate(this.#file, signal);
    } catch (error) {
      await this.#letGo(lock);
      throw error;
    }
    return lock;
  }

  /**
   * Flush, then let go of a lock.
   * @throws WriteLostError (the lock is gone all the same), LockLostError
   */
  async unlock(lock: FileLock): Promise<void> {
    if (!this.#held.has(lock))
      throw new RangeError('the lock was taken through another open file, or let go of before');
    const isHeld = this.#host.locks.isHeld(lock);
    try {
      await this.#file.flush();
    } finally {
      await this.#letGo(lock);
    }
    if (!isHeld) throw new LockLostError(this.file);
  }

  /**
   * Flush, let go of locks, and be done with the file.
   * @throws WriteLostError; the file is closed all the same
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    // The cache was closed before: it has flushed the file, or was told not to.
    if (this.#host.isClosed) return;
    try {
      await this.#file.flush();
    } finally {
      for (const lock of this.#held) await this.#letGo(lock);
      await this.#host.closed(this.#file);
    }
  }

  async #letGo(lock: FileLock): Promise<void> {
    this.#held.delete(lock);
    await this.#host.locks.letGo(lock);
  }

  #lockOf(from: number, to: number): FileLock | undefined {
    for (const lock of this.#held) {
      const end = lock.bytes === 0 ? Number.POSITIVE_INFINITY : lock.offset + lock.bytes;
      if (lock.offset < to && from < end) return lock;
    }
    return undefined;
  }

  /** Somebody who reads in order finds the next pages there already. */
  #readAhead(from: number, to: number): void {
    if (from !== this.#nextOffset) this.#aheadPages = 0;
    this.#nextOffset = to;
    if (from !== to && this.#aheadPages === 0) this.#aheadOf = 0;
    const next = Math.ceil(to / blockBytes);
    if (next + this.#aheadPages / 2 < this.#aheadOf) return;
    this.#aheadPages = Math.min(Math.max(this.#aheadPages * 2, readAheadPagesMin), readAheadPagesMax);
    this.#aheadOf = next + this.#aheadPages;
    this.#file.readAhead(next, this.#aheadPages);
  }

  #assertOpen(): void {
    if (this.#closing !== undefined || this.#host.isClosed)
      throw new ClosedError(`The file ${this.file}`, { hint: 'Open it again.' });
  }
}
