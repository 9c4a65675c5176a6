import * as fs from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { makeStorageDirectory } from '@holdfast/runtime/internals';
import { blockBytes, directBytesMin, inlineWriteBytesMax } from '../limits.ts';
import { type DriveDirectory, type DriveFile, FileClosedError, ShortWriteError } from './drive-files.ts';
import { lockDrive } from './drive-lock.ts';

const readFrom = promisify(fs.read);
const readPartsFrom = promisify(fs.readv);
const writePartsTo = promisify(fs.writev);
const flushData = promisify(fs.fdatasync);
const closeDescriptor = promisify(fs.close);
const openDescriptor = promisify(fs.open);
const statDescriptor = promisify(fs.fstat);

/** A directory of the file system, made when `create` is set. */
export async function openDirectory(path: string, options: { readonly create: boolean }): Promise<DriveDirectory> {
  if (options.create) await makeDirectory(path);
  return {
    path,
    lock: () => lockDrive(path),
    async names() {
      try {
        return await readdir(path);
      } catch (error) {
        if (isSystemError(error) && error.code === 'ENOENT') return [];
        throw error;
      }
    },
    async open(name, { create }) {
      const flags = fs.constants.O_RDWR | (create ? fs.constants.O_CREAT : 0);
      const descriptor = await openDescriptor(join(path, name), flags, 0o600);
      return new NodeFile(name, descriptor, await openDirect(join(path, name)));
    },
    rename: (name, to) => rename(join(path, name), join(path, to)),
    remove: (name) => rm(join(path, name), { force: true }),
    sync: () => syncDirectory(path),
  };
}

/** The same file past the cache of the kernel; undefined where the file system knows no such thing. */
async function openDirect(path: string): Promise<number | undefined> {
  try {
    return await openDescriptor(path, fs.constants.O_RDWR | fs.constants.O_DIRECT);
  } catch (error) {
    if (isSystemError(error) && error.code === 'EINVAL') return undefined;
    throw error;
  }
}

/** Make a directory and those above it that are missing, durably. */
async function makeDirectory(path: string): Promise<void> {
  const missing = missingFrom(resolve(path));
  makeStorageDirectory(path);
  for (const made of missing) await syncDirectory(dirname(made));
}

/** The directory and those above it that are not there, the deepest first. */
function missingFrom(path: string): string[] {
  const parent = dirname(path);
  return parent === path || fs.existsSync(path) ? [] : [path, ...missingFrom(parent)];
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, fs.constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';

/**
 * Long transfers go past the cache of the kernel, straight between the drive and the pages (measured: half the CPU time of
 * a copy through it); short ones through it, in the calling thread.
 */
class NodeFile implements DriveFile {
  readonly name: string;
  readonly #descriptor: number;
  readonly #direct: number | undefined;
  /** The file system refused a transfer past the cache. */
  #refusesDirect = false;
  #underWay = 0;
  /** Resolves when nothing is under way any more. */
  #closing: PromiseWithResolvers<void> | undefined;

  constructor(name: string, descriptor: number, direct: number | undefined) {
    this.name = name;
    this.#descriptor = descriptor;
    this.#direct = direct;
  }

  get whyBuffered(): string | undefined {
    if (this.#direct === undefined) return 'the file system knows no O_DIRECT';
    return this.#refusesDirect ? 'the file system refused a transfer with O_DIRECT' : undefined;
  }

  async size(): Promise<number> {
    return (await this.#whileOpen(() => statDescriptor(this.#descriptor))).size;
  }

  async read(parts: readonly Uint8Array[], at: number): Promise<number> {
    const expected = totalOf(parts);
    return this.#whileOpen(async () => {
      const { bytesRead } = await this.#aside(parts, at, expected, readPartsFrom);
      return bytesRead === expected ? bytesRead : this.#readRest(parts, at, bytesRead);
    });
  }

  /** A read may end early without being at the end of the file: go on until it is, or all is there. */
  async #readRest(parts: readonly Uint8Array[], at: number, alreadyRead: number): Promise<number> {
    let done = alreadyRead;
    let partAt = 0;
    for (const part of parts) {
      while (done < partAt + part.byteLength) {
        const offset = done - partAt;
        const { bytesRead } = await readFrom(this.#descriptor, part, offset, part.byteLength - offset, at + done);
        if (bytesRead === 0) return done;
        done += bytesRead;
      }
      partAt += part.byteLength;
    }
    return done;
  }

  async write(parts: readonly Uint8Array[], at: number): Promise<void> {
    const expected = totalOf(parts);
    const written =
      expected <= inlineWriteBytesMax
        ? this.#writeInline(parts, at)
        : (await this.#whileOpen(() => this.#aside(parts, at, expected, writePartsTo))).bytesWritten;
    if (written !== expected) throw new ShortWriteError(this.name, written, expected);
  }

  /** In this thread: what goes to the cache of the kernel takes a fraction of what a hand-over to another thread does. */
  #writeInline(parts: readonly Uint8Array[], at: number): number {
    this.#assertOpen();
    const [only] = parts;
    if (parts.length === 1) return fs.writeSync(this.#descriptor, only!, 0, only!.byteLength, at);
    return fs.writevSync(this.#descriptor, parts, at);
  }

  /** In another thread, past the cache where that is worth it and possible. */
  async #aside<Done>(parts: readonly Uint8Array[], at: number, bytes: number, transfer: Transfer<Done>): Promise<Done> {
    const direct = bytes >= directBytesMin && !this.#refusesDirect && isAligned(parts, at) ? this.#direct : undefined;
    if (direct === undefined) return transfer(this.#descriptor, parts, at);
    try {
      return await transfer(direct, parts, at);
    } catch (error) {
      // Nothing was moved.
      if (!isSystemError(error) || error.code !== 'EINVAL') throw error;
      this.#refusesDirect = true;
      return transfer(this.#descriptor, parts, at);
    }
  }

  flush(): Promise<void> {
    return this.#whileOpen(() => flushData(this.#descriptor));
  }

  /** A descriptor that is closed may be another file's at once: nothing is under way then, and nothing begins. */
  async close(): Promise<void> {
    this.#assertOpen();
    this.#closing = Promise.withResolvers();
    if (this.#underWay > 0) await this.#closing.promise;
    if (this.#direct !== undefined) await closeDescriptor(this.#direct);
    await closeDescriptor(this.#descriptor);
  }

  async #whileOpen<Done>(work: () => Promise<Done>): Promise<Done> {
    this.#assertOpen();
    this.#underWay++;
    try {
      return await work();
    } finally {
      if (--this.#underWay === 0) this.#closing?.resolve();
    }
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new FileClosedError(this.name);
  }
}

type Transfer<Done> = (descriptor: number, parts: readonly Uint8Array[], at: number) => Promise<Done>;

const totalOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.byteLength, 0);

/** Whether a transfer may go past the cache: whole pages of the shared memory, at a place on the drive like that. */
const isAligned = (parts: readonly Uint8Array[], at: number): boolean =>
  at % blockBytes === 0 &&
  parts.every(
    ({ buffer, byteOffset, byteLength }) =>
      buffer instanceof SharedArrayBuffer && byteOffset % blockBytes === 0 && byteLength % blockBytes === 0,
  );
