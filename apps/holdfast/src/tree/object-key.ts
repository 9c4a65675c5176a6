import { createHash } from 'node:crypto';
import { objectKeyBytesMax } from '../limits.ts';
import { printable } from './name.ts';

/**
 * The key of a file's object: its path below the root, as it is printed, behind the name of the tree. A path that is too
 * long for a key is cut and ends with a digest of the whole.
 */
export function objectKey(path: Buffer, tree = 'file'): string {
  const key = `${tree}/${printable(path)}`;
  if (Buffer.byteLength(key) <= objectKeyBytesMax) return key;
  const digest = createHash('sha256').update(path).digest('hex');
  const room = objectKeyBytesMax - digest.length - 1;
  // Cutting bytes may split a character; the digest keeps keys apart whatever is lost there.
  return `${Buffer.from(key)
    .subarray(0, room - 3)
    .toString('utf8')}~${digest}`;
}
