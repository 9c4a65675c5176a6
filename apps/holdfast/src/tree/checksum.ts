import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { errnoOf } from '../errno.ts';
import type { FileEntry } from './entry.ts';
import { joinBytes } from './name.ts';
import { changeBetween, type FileChange } from './source-file.ts';
import { stampOf } from './walk.ts';

export type SourceChecksum =
  | { readonly state: 'hashed'; readonly digest: string; readonly change: FileChange | undefined }
  | { readonly state: 'vanished' }
  | { readonly state: 'unreadable'; readonly errno: string };

/**
 * SHA-256 of a file of the source, by a pass of its own that shares no code with the one that stored it: a stream of
 * the file system's, opened anew, to the end it has now.
 */
export async function checksumApart(
  root: Buffer,
  entry: FileEntry,
  onBytes?: (bytes: number) => void,
): Promise<SourceChecksum> {
  const path = joinBytes(root, entry.path);
  try {
    if (!(await lstat(path)).isFile()) return { state: 'vanished' };
    const hash = createHash('sha256');
    let bytes = 0;
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark })) {
      hash.update(chunk);
      bytes += chunk.length;
      onBytes?.(chunk.length);
      if (bytes > entry.stamp.bytes) break;
    }
    const after = stampOf(await lstat(path, { bigint: true }));
    return { state: 'hashed', digest: hash.digest('hex'), change: changeBetween(entry.stamp, after, bytes) };
  } catch (error) {
    const errno = errnoOf(error);
    return errno === 'ENOENT' || errno === 'ENOTDIR' ? { state: 'vanished' } : { state: 'unreadable', errno };
  }
}

const highWaterMark = 512 * 1024;
