import * as fs from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { makeStorageDirectory } from '@holdfast/runtime/internals';
import { type DriveDirectory, type DriveFile, ShortWriteError } from './drive-files.ts';
import { lockDrive } from './drive-lock.ts';

const readFrom = promisify(fs.read);
const readPartsFrom = promisify(fs.readv);
const writeTo = promisify(fs.write);
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
      return new NodeFile(name, await openDescriptor(join(path, name), flags, 0o600));
    },
    remove: (name) => rm(join(path, name), { force: true }),
    sync: () => syncDirectory(path),
  };
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

class NodeFile implements DriveFile {
  readonly name: string;
  readonly #descriptor: number;

  constructor(name: string, descriptor: number) {
    this.name = name;
    this.#descriptor = descriptor;
  }

  async size(): Promise<number> {
    return (await statDescriptor(this.#descriptor)).size;
  }

  async read(parts: readonly Uint8Array[], at: number): Promise<number> {
    const expected = parts.reduce((sum, part) => sum + part.byteLength, 0);
    const { bytesRead } = await readPartsFrom(this.#descriptor, parts, at);
    return bytesRead === expected ? bytesRead : this.#readRest(parts, at, bytesRead);
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
    const [only, ...others] = parts;
    if (only === undefined) return;
    const expected = parts.reduce((sum, part) => sum + part.byteLength, 0);
    const { bytesWritten } =
      others.length === 0
        ? await writeTo(this.#descriptor, only, 0, only.byteLength, at)
        : await writePartsTo(this.#descriptor, parts, at);
    if (bytesWritten !== expected) throw new ShortWriteError(this.name, bytesWritten, expected);
  }

  flush(): Promise<void> {
    return flushData(this.#descriptor);
  }

  close(): Promise<void> {
    return closeDescriptor(this.#descriptor);
  }
}
