/**
 * What an I/O manager needs of its drive: a directory of few, large, preallocated files. All positions and lengths are
 * bytes. Tests put recording and failing forms in its place; the product runs {@link openDirectory}.
 */
export interface DriveDirectory {
  readonly path: string;
  /** Exclude every other opener until disposed of. @throws DriveInUseError */
  lock(): Disposable;
  /** Names of the files in the directory, in no order. Empty when the directory is missing. */
  names(): Promise<string[]>;
  /** Open a file for reading and writing; with `create` it is made when missing. One descriptor, kept until closed. */
  open(name: string, options: { readonly create: boolean }): Promise<DriveFile>;
  /** Give a file that is there another name, in place of the file that has it. Descriptors stay good. */
  rename(name: string, to: string): Promise<void>;
  /** Remove a file; nothing happens when it is missing. */
  remove(name: string): Promise<void>;
  /** Make creations and removals durable. */
  sync(): Promise<void>;
}

export interface DriveFile {
  readonly name: string;
  /** Why long transfers go through the cache of the kernel; undefined where they go past it. */
  readonly whyBuffered?: string | undefined;
  size(): Promise<number>;
  /** Fill the parts, one after the other, from position `at`; the bytes read, fewer only at the end of the file. */
  read(parts: readonly Uint8Array[], at: number): Promise<number>;
  /** Write all parts, one behind the other, from position `at`. @throws ShortWriteError when fewer bytes went in. */
  write(parts: readonly Uint8Array[], at: number): Promise<void>;
  /** Make every write that completed before this call durable. After a failure the file must not be trusted again. */
  flush(): Promise<void>;
  /** Resolves when what was under way has ended; whatever is asked of it from the call on fails. */
  close(): Promise<void>;
}

/** Fewer bytes were written than given, without an error of the system. */
export class ShortWriteError extends Error {
  override readonly name = 'ShortWriteError';
  constructor(file: string, written: number, expected: number) {
    super(`${file}: ${written} of ${expected} bytes were written`);
  }
}

/** A file was asked for something behind its end. */
export class FileClosedError extends Error {
  override readonly name = 'FileClosedError';
  constructor(file: string) {
    super(`${file} is closed`);
  }
}
