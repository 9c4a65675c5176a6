import type { DriveDirectory, DriveFile } from '../drive/drive-files.ts';
import { DriveInUseError } from '../errors.ts';
import { SparseBytes } from './sparse-bytes.ts';

/** Called before and after each operation of a {@link memoryDrive}, so that operations overlap as the caller likes. */
export type Delay = () => Promise<void> | undefined;

/** A drive directory whose files are in memory: what a crash image is opened as. */
export function memoryDrive(
  path: string,
  files: Map<string, SparseBytes> = new Map(),
  delay: Delay = () => undefined,
): DriveDirectory {
  let locked = false;
  return {
    path,
    lock() {
      if (locked) throw new DriveInUseError(path);
      locked = true;
      return {
        [Symbol.dispose]() {
          locked = false;
        },
      };
    },
    names: async () => [...files.keys()],
    async open(name, { create }) {
      await delay();
      let content = files.get(name);
      if (content === undefined) {
        if (!create) throw Object.assign(new Error(`ENOENT: ${path} has no ${name}`), { code: 'ENOENT' });
        content = new SparseBytes();
        files.set(name, content);
      }
      return memoryFile(name, content, delay);
    },
    async rename(name, to) {
      await delay();
      const content = files.get(name);
      if (content === undefined) throw Object.assign(new Error(`ENOENT: ${path} has no ${name}`), { code: 'ENOENT' });
      files.delete(name);
      files.set(to, content);
    },
    async remove(name) {
      await delay();
      files.delete(name);
    },
    sync: async () => delay(),
  };
}

function memoryFile(name: string, content: SparseBytes, delay: Delay): DriveFile {
  return {
    name,
    size: async () => content.size,
    async read(parts, at) {
      await delay();
      let done = 0;
      for (const part of parts) done += content.read(part, at + done);
      return done;
    },
    async write(parts, at) {
      await delay();
      let done = 0;
      for (const part of parts) {
        content.write(part, at + done);
        done += part.byteLength;
      }
      await delay();
    },
    flush: async () => delay(),
    close: async () => undefined,
  };
}
