import type { DriveDirectory } from '../../src/drive/drive-files.ts';

/** How much of a drive's files was read. */
export interface ReadBytes {
  log: number;
  blocks: number;
}

/** A drive that counts what is read of it. */
export function counting(directory: DriveDirectory, read: ReadBytes): DriveDirectory {
  return {
    ...directory,
    async open(name, options) {
      const file = await directory.open(name, options);
      return {
        name,
        size: () => file.size(),
        async read(parts, at) {
          const bytes = await file.read(parts, at);
          if (name.startsWith('log-')) read.log += bytes;
          if (name === 'blocks') read.blocks += bytes;
          return bytes;
        },
        write: (parts, at) => file.write(parts, at),
        flush: () => file.flush(),
        close: () => file.close(),
      };
    },
  };
}
