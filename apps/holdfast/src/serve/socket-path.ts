import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { ControlSocketError } from '../errors.ts';

/** What fits in `sun_path` with its closing zero: 108 bytes on Linux, 104 elsewhere. */
const socketPathBytesMax = process.platform === 'linux' ? 107 : 103;

const socketName = 'control.sock';

/**
 * The address of the control socket of a storage directory, however long the directory's path is.
 *
 * A path that does not fit a socket address is shortened on Linux by way of an open directory: `/proc/self/fd/<n>`.
 * Hold the value for as long as the address is in use, and dispose of it after.
 *
 * @throws ControlSocketError when the path is too long and the system offers no shorter one.
 */
export class SocketPath implements AsyncDisposable {
  /** To bind or connect to. */
  readonly address: string;
  /** To show, and for the file system. */
  readonly path: string;
  readonly #directory: FileHandle | undefined;

  private constructor(path: string, address: string, directory: FileHandle | undefined) {
    this.path = path;
    this.address = address;
    this.#directory = directory;
  }

  static async of(storage: string): Promise<SocketPath> {
    const path = join(storage, socketName);
    if (Buffer.byteLength(path) <= socketPathBytesMax) return new SocketPath(path, path, undefined);
    if (process.platform !== 'linux') throw ControlSocketError.pathTooLong(path, socketPathBytesMax);
    const directory = await open(storage, 'r');
    return new SocketPath(path, `/proc/self/fd/${directory.fd}/${socketName}`, directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#directory?.close();
  }
}
