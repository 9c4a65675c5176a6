import type { DriveDirectory, DriveFile } from '../../src/drive/drive-files.ts';

type Operation = 'read' | 'write' | 'flush';

/** Called before each operation on a file; what it throws is what the operation fails with. */
export type Fault = (operation: Operation, file: string, bytes: number) => void;

/** The error a system call fails with. */
export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** A drive whose operations fail when told to; those that do not fail reach the real files. */
export function faulty(directory: DriveDirectory, fault: Fault): DriveDirectory {
  return {
    ...directory,
    async open(name, options): Promise<DriveFile> {
      const file = await directory.open(name, options);
      return {
        name,
        size: () => file.size(),
        async read(parts, at) {
          fault('read', name, total(parts));
          return file.read(parts, at);
        },
        async write(parts, at) {
          fault('write', name, total(parts));
          await file.write(parts, at);
        },
        async flush() {
          fault('flush', name, 0);
          await file.flush();
        },
        close: () => file.close(),
      };
    },
  };
}

const total = (parts: readonly Uint8Array[]) => parts.reduce((sum, part) => sum + part.byteLength, 0);
