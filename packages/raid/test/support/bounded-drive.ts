import type { DriveDirectory, DriveFile } from '../../src/drive/drive-files.ts';
import { systemError } from './faulty-drive.ts';

/**
 * A drive on a file system with so much room: a write that makes a file longer takes of it, a file that is removed gives
 * its bytes back. Also fails the n-th write that makes a file longer, counted from 0, as a file system that others fill.
 */
export class BoundedDrive {
  /** Bytes of all files at most. */
  capacity: number;
  /** Which growth fails; none when undefined. */
  failsAt: number | undefined;
  growths = 0;
  refusals = 0;
  readonly #sizes = new Map<string, number>();

  constructor(capacity = Number.POSITIVE_INFINITY) {
    this.capacity = capacity;
  }

  get bytes(): number {
    return [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  /** No file gets longer any more. */
  fill(): void {
    this.capacity = this.bytes;
  }

  wrap(directory: DriveDirectory): DriveDirectory {
    return {
      ...directory,
      open: async (name, options) => {
        const file = await directory.open(name, options);
        this.#sizes.set(name, await file.size());
        // The file may have another name by then.
        const now = { name };
        this.#names.set(name, now);
        return this.#bounded(file, now);
      },
      rename: async (name, to) => {
        await directory.rename(name, to);
        this.#sizes.set(to, this.#sizes.get(name) ?? 0);
        this.#sizes.delete(name);
        const now = this.#names.get(name);
        this.#names.delete(name);
        if (now === undefined) return;
        now.name = to;
        this.#names.set(to, now);
      },
      remove: async (name) => {
        await directory.remove(name);
        this.#sizes.delete(name);
      },
    };
  }

  readonly #names = new Map<string, { name: string }>();

  #bounded(file: DriveFile, now: { readonly name: string }): DriveFile {
    return {
      name: file.name,
      size: () => file.size(),
      read: (parts, at) => file.read(parts, at),
      write: async (parts, at) => {
        const end = at + parts.reduce((sum, part) => sum + part.byteLength, 0);
        const grown = Math.max(0, end - (this.#sizes.get(now.name) ?? 0));
        if (grown > 0) {
          const isRefused = this.growths++ === this.failsAt || this.bytes + grown > this.capacity;
          if (isRefused) {
            this.refusals++;
            throw systemError('ENOSPC');
          }
          this.#sizes.set(now.name, end);
        }
        await file.write(parts, at);
      },
      flush: () => file.flush(),
      close: () => file.close(),
    };
  }
}
