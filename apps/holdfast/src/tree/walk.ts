import type { BigIntStats } from 'node:fs';
import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { errnoOf } from '../errno.ts';
import { SourceError } from '../errors.ts';
import { lstatsInFlight, treeEntriesMax } from '../limits.ts';
import type { FileStamp, SkipReason, TreeEntry } from './entry.ts';
import type { Excludes } from './exclude.ts';
import { joinBytes, printable } from './name.ts';

export interface WalkOptions {
  readonly excludes?: Excludes;
  /** Directories that are left out whatever their name: the store itself, when it lies in the tree. */
  readonly leaveOut?: readonly Buffer[];
  readonly entriesMax?: number;
  readonly signal?: AbortSignal;
  /** Called with the number of entries found so far, once per directory. */
  readonly onProgress?: (entries: number) => void;
}

export interface Tree {
  /** The real path of the root, links resolved. */
  readonly root: Buffer;
  /** Parents before children, the names of one directory in byte order. */
  readonly entries: readonly TreeEntry[];
}

interface Level {
  readonly path: Buffer;
  readonly names: readonly Buffer[];
  next: number;
}

/**
 * Reads the shape of a tree: every entry below `root` once, nothing followed, nothing opened but directories.
 *
 * Links are recorded with their target and not followed, so a loop of links ends where it begins. Directories of
 * another file system are left out (a tree that holds `/proc` would have no end). An entry that vanishes between
 * being listed and being looked at was never part of the tree.
 *
 * @throws SourceError when the root is missing, not a directory or not readable, or the tree has too many entries.
 */
export async function walkTree(root: Buffer, options: WalkOptions = {}): Promise<Tree> {
  const top = await resolveRoot(root);
  const rootStat = await stat(top, { bigint: true });
  const entries: TreeEntry[] = [];
  const entriesMax = options.entriesMax ?? treeEntriesMax;
  const pending: Buffer[] = [Buffer.alloc(0)];
  const leaveOut = options.leaveOut ?? [];

  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    options.signal?.throwIfAborted();
    const names = await listDirectory(top, path, entries);
    if (names === undefined) continue;
    if (entries.length + names.length > entriesMax) throw SourceError.tooManyEntries(printable(top), entriesMax);
    const directories: Buffer[] = [];
    for (const entry of await lookAtAll({ path, names, next: 0 }, top, rootStat.dev, options.excludes)) {
      if (entry.kind === 'directory' && leaveOut.some((left) => left.equals(joinBytes(top, entry.path)))) {
        entries.push({ kind: 'skipped', path: entry.path, why: 'store' });
        continue;
      }
      if (entry.kind === 'directory') directories.push(entry.path);
      entries.push(entry);
    }
    pending.push(...directories.reverse());
    options.onProgress?.(entries.length);
  }
  return { root: top, entries };
}

async function resolveRoot(root: Buffer): Promise<Buffer> {
  const shown = printable(root);
  try {
    const top = await realpath(root, { encoding: 'buffer' });
    if (!(await stat(top)).isDirectory()) throw SourceError.notADirectory(shown);
    await readdir(top);
    return top;
  } catch (error) {
    throw error instanceof SourceError ? error : SourceError.fromSystem(shown, error);
  }
}

async function listDirectory(top: Buffer, path: Buffer, entries: TreeEntry[]): Promise<Buffer[] | undefined> {
  try {
    const names = await readdir(path.length === 0 ? top : joinBytes(top, path), { encoding: 'buffer' });
    return names.sort(Buffer.compare);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== 'ENOENT') entries.push({ kind: 'unreadable', path, errno });
    return undefined;
  }
}

/** Looks at every name of one directory, a bounded number at a time, and keeps their order. */
async function lookAtAll(level: Level, top: Buffer, device: bigint, excludes?: Excludes): Promise<TreeEntry[]> {
  const found = new Array<TreeEntry | undefined>(level.names.length);
  const lane = async () => {
    while (level.next < level.names.length) {
      const index = level.next++;
      const name = level.names[index];
      if (name === undefined) return;
      const path = joinBytes(level.path, name);
      found[index] = excludes?.(path) ? { kind: 'skipped', path, why: 'excluded' } : await lookAt(top, path, device);
    }
  };
  await Promise.all(Array.from({ length: Math.min(lstatsInFlight, level.names.length) }, lane));
  return found.filter((entry) => entry !== undefined);
}

async function lookAt(top: Buffer, path: Buffer, device: bigint): Promise<TreeEntry | undefined> {
  const full = joinBytes(top, path);
  try {
    const about = await lstat(full, { bigint: true });
    if (about.isFile()) return { kind: 'file', path, mode: modeOf(about), stamp: stampOf(about) };
    if (about.isDirectory()) {
      if (about.dev !== device) return { kind: 'skipped', path, why: 'other-file-system' };
      return { kind: 'directory', path, mode: modeOf(about) };
    }
    if (about.isSymbolicLink()) return { kind: 'link', path, target: await readlink(full, { encoding: 'buffer' }) };
    return { kind: 'skipped', path, why: specialKind(about) };
  } catch (error) {
    const errno = errnoOf(error);
    return errno === 'ENOENT' ? undefined : { kind: 'unreadable', path, errno };
  }
}

function specialKind(about: BigIntStats): SkipReason {
  if (about.isSocket()) return 'socket';
  return about.isFIFO() ? 'fifo' : 'device';
}

function modeOf(about: BigIntStats): number {
  return Number(about.mode & 0o7777n);
}

export function stampOf(about: BigIntStats): FileStamp {
  return {
    bytes: Number(about.size),
    device: about.dev,
    inode: about.ino,
    modifiedNs: about.mtimeNs,
    changedNs: about.ctimeNs,
  };
}
