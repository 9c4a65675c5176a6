import { basename, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import { treeFilesInFlight } from '../limits.ts';
import type { Streams } from '../streams.ts';
import { showBytes, showMany } from '../terminal/figures.ts';
import { Terminal } from '../terminal/terminal.ts';
import type { FileEntry, TreeEntry } from '../tree/entry.ts';
import { firstDifference } from '../tree/first-difference.ts';
import { inLanes } from '../tree/lanes.ts';
import { printable } from '../tree/name.ts';
import { objectKey } from '../tree/object-key.ts';
import { FileUnreadableError, FileVanishedError, SourceFile } from '../tree/source-file.ts';
import { walkTree } from '../tree/walk.ts';
import type { ObjectArguments, PutArguments } from './object-arguments.ts';
import { listObjects, objectBytes, storeBytes } from './object-bytes.ts';

/** A file of a tree, or an object of the store, that is not as it should be. */
interface Finding {
  readonly path: string;
  readonly why: string;
}

interface TreeReport {
  readonly directory: string;
  readonly key: string;
  files: number;
  bytes: number;
  /** Links, directories and what is no file: nothing of them is stored. */
  readonly leftOut: number;
  /** Could not be read in the directory. */
  readonly unreadable: Finding[];
}

interface StoredTree extends TreeReport {
  degraded: number;
}

interface VerifiedTree extends TreeReport {
  readonly different: Finding[];
}

/** `holdfast put KEY DIR`: stores every file below a directory, under its path behind KEY. */
export async function runPutTree(key: string, given: PutArguments, streams: Streams, tree: string): Promise<number> {
  return reporting(given, streams, async (terminal) => {
    const { report, files, root } = await lookAt(tree, key);
    const stored: StoredTree = { ...report, degraded: 0 };
    await eachFile(files, root, stored, async (file) => {
      const { bytes, degraded } = await storeBytes(
        resolve(given.store),
        objectKey(file.entry.path, key),
        file.chunks(),
        given.technique,
      );
      stored.files++;
      stored.bytes += bytes;
      if (degraded) stored.degraded++;
    });
    const spare = stored.degraded === 0 ? '' : `, ${stored.degraded} of them degraded`;
    terminal.line(`${showMany(stored.files, 'file')} (${showBytes(stored.bytes)}) stored under ${key}/${spare}`);
    return { report: stored, exitCode: exitCodes.ok };
  });
}

/** `holdfast verify DIR [KEY]`: holds every file below a directory against what is stored, byte by byte. */
export async function runVerifyVerb(
  directory: string,
  key: string | undefined,
  given: ObjectArguments,
  streams: Streams,
): Promise<number> {
  return reporting(given, streams, async (terminal) => {
    const storage = resolve(given.store);
    const { report, files, root } = await lookAt(directory, key ?? basename(resolve(directory)));
    const verified: VerifiedTree = { ...report, different: [] };
    const stored = new Map<string, number>();
    for await (const object of listObjects(storage, `${verified.key}/`)) stored.set(object.key, object.bytes);
    await eachFile(files, root, verified, async (file) => {
      const name = objectKey(file.entry.path, verified.key);
      const why = stored.has(name) ? await difference(file, objectBytes(storage, name)) : 'is not stored';
      stored.delete(name);
      verified.files++;
      verified.bytes += file.bytes;
      if (why !== undefined) verified.different.push({ path: printable(file.entry.path), why });
    });
    for (const { path } of verified.unreadable) stored.delete(`${verified.key}/${path}`);
    for (const name of stored.keys()) {
      verified.different.push({ path: name.slice(verified.key.length + 1), why: 'is stored and not in the directory' });
    }
    for (const { path, why } of verified.different) terminal.line(`✗ ${path} ${why}`);
    const verdict = verified.different.length === 0 ? 'all as they are stored' : `${verified.different.length} differ`;
    terminal.line(
      `${showMany(verified.files, 'file')} (${showBytes(verified.bytes)}) compared byte by byte: ${verdict}`,
    );
    return { report: verified, exitCode: verified.different.length === 0 ? exitCodes.ok : exitCodes.failed };
  });
}

async function difference(file: SourceFile, object: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const at = await firstDifference(file.chunks(), object);
  return at === undefined ? undefined : `differs from byte ${at}`;
}

async function lookAt(directory: string, key: string) {
  if (key === '') throw new UsageError('A tree needs a name in the store.', 'Give a KEY.');
  const { root, entries } = await walkTree(Buffer.from(directory));
  const files = entries.filter((entry) => entry.kind === 'file');
  const unreadable = entries.flatMap((entry) => unreadableOf(entry));
  const leftOut = entries.length - files.length - unreadable.length;
  const report: TreeReport = { directory: resolve(directory), key, files: 0, bytes: 0, leftOut, unreadable };
  return { report, files, root };
}

const unreadableOf = (entry: TreeEntry): Finding[] =>
  entry.kind === 'unreadable' ? [{ path: printable(entry.path), why: entry.errno }] : [];

/** One file after the other in some lanes; those that cannot be read are noted, those that are gone were never there. */
async function eachFile(
  files: readonly FileEntry[],
  root: Buffer,
  report: TreeReport,
  work: (file: SourceFile) => Promise<void>,
): Promise<void> {
  await inLanes(files, treeFilesInFlight, async (entry) => {
    try {
      await work(new SourceFile(root, entry));
    } catch (error) {
      if (error instanceof FileUnreadableError)
        report.unreadable.push({ path: printable(entry.path), why: error.errno });
      else if (!(error instanceof FileVanishedError)) throw error;
    }
  });
}

/** Prints lines, or one JSON document; what could not be read is named, and makes the exit code at least 3. */
async function reporting(
  given: ObjectArguments,
  streams: Streams,
  work: (terminal: Pick<Terminal, 'line'>) => Promise<{ readonly report: TreeReport; readonly exitCode: number }>,
): Promise<number> {
  const json = given.json ?? false;
  try {
    const terminal = new Terminal(streams.stdout);
    const { report, exitCode } = await work(json ? { line: () => {} } : terminal);
    if (json) streams.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    else for (const { path, why } of report.unreadable) terminal.line(`! ${path} cannot be read (${why})`);
    return exitCode === exitCodes.ok && report.unreadable.length > 0 ? exitCodes.incomplete : exitCode;
  } catch (error) {
    return reportFailure(streams, error, json);
  }
}
