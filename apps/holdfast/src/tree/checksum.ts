import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
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
 * SHA-256 of a file of the source, by a pass of its own that shares no code with the one that stored it: small files
 * in one piece, others as a stream, to the end they have now.
 */
export async function checksumApart(
  root: Buffer,
  entry: FileEntry,
  onBytes?: (bytes: number) => void,
): Promise<SourceChecksum> {
  const path = joinBytes(root, entry.path);
  try {
    if (!(await lstat(path)).isFile()) return { state: 'vanished' };
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { bytes, digest } = await digestOf(handle, entry.stamp.bytes, onBytes);
    const after = stampOf(await lstat(path, { bigint: true }));
    return { state: 'hashed', digest, change: changeBetween(entry.stamp, after, bytes) };
  } catch (error) {
    const errno = errnoOf(error);
    return errno === 'ENOENT' || errno === 'ENOTDIR' ? { state: 'vanished' } : { state: 'unreadable', errno };
  }
}

async function digestOf(
  handle: FileHandle,
  expectedBytes: number,
  onBytes?: (bytes: number) => void,
): Promise<{ bytes: number; digest: string }> {
  if (expectedBytes <= wholeFileBytesMax && (await handle.stat()).size <= wholeFileBytesMax) {
    const whole = await handle.readFile();
    onBytes?.(whole.byteLength);
    return { bytes: whole.byteLength, digest: createHash('sha256').update(whole).digest('hex') };
  }
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: wholeFileBytesMax })) {
    hash.update(chunk);
    bytes += chunk.length;
    onBytes?.(chunk.length);
    // It grew: how far does not matter, and it may grow as fast as it is read.
    if (bytes > expectedBytes) break;
  }
  return { bytes, digest: hash.digest('hex') };
}

const wholeFileBytesMax = 512 * 1024;
