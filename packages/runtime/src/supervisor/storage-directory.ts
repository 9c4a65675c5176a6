import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StorageError } from '../errors.ts';

/**
 * Make a directory and its parents, for this user only. Not by Node's own `recursive`, which never comes back where the
 * file system answers ENOENT for a directory whose parent exists, as /proc does.
 * @throws StorageError (HF_STORAGE)
 */
export function makeStorageDirectory(path: string): string {
  try {
    if (!isDirectory(path)) makeWithParents(path);
    return path;
  } catch (cause) {
    throw new StorageError(`The directory ${path} cannot be made.`, {
      hint: 'Check its parent and its rights.',
      cause,
    });
  }
}

function makeWithParents(path: string): void {
  const parent = dirname(path);
  if (parent !== path && !isDirectory(parent)) makeWithParents(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!isDirectory(path)) throw error;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
