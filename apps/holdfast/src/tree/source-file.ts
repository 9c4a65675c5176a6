import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { errnoOf } from '../errno.ts';
import { readChunkBytes } from '../limits.ts';
import type { FileEntry, FileStamp } from './entry.ts';
import { joinBytes } from './name.ts';
import { stampOf } from './walk.ts';

/** How a file differs from what it was when the tree was walked. */
export type FileChange = 'vanished' | 'replaced' | 'grew' | 'shrank' | 'touched' | 'content';

/** A file of the source could not be read to its end. */
export class FileUnreadableError extends Error {
  override readonly name = 'FileUnreadableError';
  readonly errno: string;
  constructor(errno: string, cause: unknown) {
    super(`a source file could not be read: ${errno}`, { cause });
    this.errno = errno;
  }
}

/** A file of the source was gone, or no longer a regular file, before its first byte was read. */
export class FileVanishedError extends Error {
  override readonly name = 'FileVanishedError';
}

// A name may have become a link or a FIFO since the walk: neither is followed, neither may block the open.
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * One pass over one file of the source: yields its bytes once, hashing them on the way.
 *
 * At most the bytes the file had when it was opened are read, so that a file that grows faster than it is read still
 * ends. Every chunk is a buffer of its own: the consumer may keep it.
 */
export class SourceFile {
  readonly entry: FileEntry;
  /** Bytes yielded so far. */
  bytes = 0;
  /** Set at the end of the pass, when the file is not what it was when the tree was walked. */
  change: FileChange | undefined;
  readonly #path: Buffer;
  readonly #hash: Hash = createHash('sha256');
  #digest: string | undefined;

  constructor(root: Buffer, entry: FileEntry) {
    this.entry = entry;
    this.#path = joinBytes(root, entry.path);
  }

  /** SHA-256 of the bytes yielded, in hex. Only after the pass ended. */
  get digest(): string {
    if (this.#digest === undefined) throw new Error('the digest of a source file is known once it was read to its end');
    return this.#digest;
  }

  /**
   * @param onBytes called with the size of each chunk as it is handed over.
   * @throws FileVanishedError when there is no such regular file any more.
   * @throws FileUnreadableError when the system refuses to open or read it.
   */
  async *chunks(onBytes?: (bytes: number) => void): AsyncGenerator<Uint8Array, void, undefined> {
    await using handle = await this.#open();
    const about = await handle.stat({ bigint: true });
    if (!about.isFile()) throw new FileVanishedError();
    const opened = stampOf(about);
    while (this.bytes < opened.bytes) {
      const chunk = await this.#read(handle, Math.min(readChunkBytes, opened.bytes - this.bytes));
      if (chunk.byteLength === 0) break;
      this.#hash.update(chunk);
      this.bytes += chunk.byteLength;
      onBytes?.(chunk.byteLength);
      yield chunk;
    }
    this.#digest = this.#hash.digest('hex');
    this.change = changeBetween(this.entry.stamp, stampOf(await handle.stat({ bigint: true })), this.bytes);
  }

  async #open(): Promise<FileHandle> {
    try {
      return await open(this.#path, openFlags);
    } catch (error) {
      const errno = errnoOf(error);
      // ELOOP is what O_NOFOLLOW answers when the name is a link now; ENXIO is a socket.
      if (errno === 'ENOENT' || errno === 'ELOOP' || errno === 'ENXIO' || errno === 'ENOTDIR') {
        throw new FileVanishedError('', { cause: error });
      }
      throw new FileUnreadableError(errno, error);
    }
  }

  async #read(handle: FileHandle, length: number): Promise<Uint8Array> {
    try {
      const buffer = Buffer.allocUnsafeSlow(length);
      const { bytesRead } = await handle.read(buffer, 0, length, this.bytes);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      throw new FileUnreadableError(errnoOf(error), error);
    }
  }
}

/** What happened to a file between two looks, given the bytes a reader got in between; undefined when nothing did. */
export function changeBetween(before: FileStamp, after: FileStamp, bytesRead: number): FileChange | undefined {
  if (before.device !== after.device || before.inode !== after.inode) return 'replaced';
  if (bytesRead < before.bytes || after.bytes < before.bytes) return 'shrank';
  if (bytesRead > before.bytes || after.bytes > before.bytes) return 'grew';
  if (before.modifiedNs !== after.modifiedNs) return 'touched';
  return undefined;
}
