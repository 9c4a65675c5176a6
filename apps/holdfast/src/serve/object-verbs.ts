import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errnoOf } from '../errno.ts';
import { UsageError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import type { Streams } from '../streams.ts';
import { showBytes } from '../terminal/figures.ts';
import { Terminal } from '../terminal/terminal.ts';
import { printable } from '../tree/name.ts';
import { type Ask, askOnce } from './control-client.ts';
import type { ObjectArguments, PutArguments } from './object-arguments.ts';
import { listObjects, objectBytes, type StoredReport, storeBytes } from './object-bytes.ts';
import { runPutTree } from './tree-verbs.ts';

/** `holdfast put KEY [FILE]`: stores a file, a directory, or what comes on standard input, under a key. */
export async function runPutVerb(
  key: string,
  file: string | undefined,
  given: PutArguments,
  streams: Streams,
): Promise<number> {
  if (file !== undefined && file !== '-' && (await isDirectory(file))) return runPutTree(key, given, streams, file);
  return await answering(given, streams, async (terminal) => {
    const bytes = file === undefined || file === '-' ? streams.stdin : await openSource(file);
    const stored = await storeBytes(resolve(given.store), key, bytes as AsyncIterable<Uint8Array>, given.technique);
    const how = stored.degraded ? 'degraded: a node is down, so without a spare' : 'full';
    terminal.line(`${showKey(key)}  ${showBytes(stored.bytes)}  ${how}`);
    return stored;
  });
}

/** `holdfast get KEY [FILE]`: writes an object to a file, or to standard output. */
export async function runGetVerb(
  key: string,
  file: string | undefined,
  given: Pick<ObjectArguments, 'store'>,
  streams: Streams,
): Promise<number> {
  try {
    const bytes = Readable.from(objectBytes(resolve(given.store), key));
    if (file === undefined || file === '-') await pipeline(bytes, streams.stdout, { end: false });
    else await writeWhole(file, bytes);
    return exitCodes.ok;
  } catch (error) {
    return reportFailure(streams, error, false);
  }
}

/** `holdfast ls`: the objects of a store. */
export async function runListVerb(given: ObjectArguments, streams: Streams): Promise<number> {
  return await answering(given, streams, async (terminal) => {
    const objects: StoredReport[] = [];
    for await (const object of listObjects(resolve(given.store))) {
      objects.push(object);
      terminal.line(
        `${object.degraded ? 'degraded' : 'full    '}  ${showBytes(object.bytes).padStart(10)}  ${showKey(object.key)}`,
      );
    }
    return objects;
  });
}

/** Verbs that answer with nothing: `rm`, `kill`, `revive`. */
export async function runPlainVerb(
  request: Ask,
  done: string,
  given: ObjectArguments,
  streams: Streams,
): Promise<number> {
  return await answering(given, streams, async (terminal) => {
    await askOnce(resolve(given.store), request);
    terminal.line(done);
    return { done: true };
  });
}

/** Prints lines as they come, or one JSON document at the end. */
async function answering(
  given: ObjectArguments,
  streams: Streams,
  work: (terminal: Pick<Terminal, 'line'>) => Promise<unknown>,
): Promise<number> {
  const json = given.json ?? false;
  try {
    const document = await work(json ? { line: () => {} } : new Terminal(streams.stdout));
    if (json) streams.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
    return exitCodes.ok;
  } catch (error) {
    return reportFailure(streams, error, json);
  }
}

/** Under another name until it is whole: a broken-off get leaves neither half a file nor harms the one that was there. */
async function writeWhole(file: string, bytes: Readable): Promise<void> {
  const partial = `${file}.holdfast-${process.pid}`;
  try {
    await pipeline(bytes, createWriteStream(partial, { flags: 'wx' }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw asUsage(file, error);
  }
}

/** What is no directory is looked at again where it is opened. */
const isDirectory = (file: string): Promise<boolean> =>
  stat(file).then(
    (about) => about.isDirectory(),
    () => false,
  );

async function openSource(file: string): Promise<Readable> {
  try {
    if (!(await stat(file)).isFile())
      throw new UsageError(`${file} is not a file.`, 'Name a file, or - for standard input.');
    return createReadStream(file);
  } catch (error) {
    throw asUsage(file, error);
  }
}

function asUsage(file: string, error: unknown): unknown {
  const errno = errnoOf(error);
  return /^E[A-Z]+$/.test(errno) && errno !== 'EUNKNOWN'
    ? new UsageError(`${file} cannot be used (${errno}).`, 'Check the path and its permissions.')
    : error;
}

const showKey = (key: string) => printable(Buffer.from(key));
