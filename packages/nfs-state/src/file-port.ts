import type { ByteRun } from './byte-run.ts';

/**
 * The id of a file, given by whoever makes it and never used for another: 1 to 64 of `a-z`, `0-9`, `.`, `_`, `-`.
 * Names and directories belong to the volume.
 */
export type FileId = string;

/** Tells one life of a server's memory from another: equal verifiers of a WRITE and a COMMIT say that nothing was lost. */
export type Verifier = string;

/**
 * Names one operation for ever. `owner` numbers its operations 1, 2, 3 and has one outstanding at a time, as a slot of a
 * session or an open-owner has (RFC 8881, 2.10.6; RFC 7530, 9.1.7): 1 to 40 characters of ASCII.
 */
export interface OpId {
  readonly owner: string;
  readonly sequence: number;
}

export interface FileAttributes {
  readonly sizeBytes: number;
  /** Rises with every change of content or attributes, also over restarts and losses of memory. */
  readonly change: number;
  readonly modifiedMs: number;
}

/** Changes of a file that happen exactly once. */
export type FileOperation =
  | { readonly type: 'create' }
  /** Cut off or grow. What a file grows by reads as zeros. */
  | { readonly type: 'resize'; readonly sizeBytes: number }
  /** Data up to `endBytes` was made stable past this port (LAYOUTCOMMIT): the file is at least that long. */
  | { readonly type: 'layout-commit'; readonly endBytes: number }
  | { readonly type: 'remove' };

/**
 * What became of an operation. `changeBefore` is the change attribute just before it, so that a client knows whether
 * anybody else changed the file. `superseded`: the owner has gone on to later operations since, nothing was done.
 */
export type FileOutcome =
  | { readonly status: 'ok'; readonly changeBefore: number; readonly attributes: FileAttributes }
  | { readonly status: 'exists' | 'absent' | 'removed' | 'superseded' };

/** `UNSTABLE` may be lost until a commit, `FILE_SYNC` is on stable storage with its attributes (RFC 8881, 18.32.3). */
export type WriteStability = 'UNSTABLE' | 'FILE_SYNC';

/** What a write or a commit did: the verifier, and the file before and after. */
export interface FileWritten {
  readonly verifier: Verifier;
  readonly changeBefore: number;
  readonly attributes: FileAttributes;
}

/**
 * The file system as the state of NFS servers needs it. Calls on one file take effect in the order they were made.
 */
export interface FilePort {
  /**
   * Carry out a change, or answer as before when `id` was carried out already: the file system logs the id together with
   * its effect. Durable when it resolves.
   */
  apply(id: OpId, file: FileId, operation: FileOperation): Promise<FileOutcome>;
  /** Undefined when there is no such file. */
  attributes(file: FileId): Promise<FileAttributes | undefined>;
  /**
   * Fill `into` from `offset` on; the bytes read, fewer at the end of the file.
   * @throws NoFileError
   */
  read(file: FileId, offset: number, into: Uint8Array): Promise<number>;
  /**
   * Write runs of bytes; the file grows when they reach past its end. They may be carried out one by one.
   * @throws NoFileError
   */
  write(file: FileId, runs: readonly ByteRun[], stability: WriteStability): Promise<FileWritten>;
  /**
   * Make everything written so far stable.
   * @throws NoFileError
   */
  commit(file: FileId): Promise<FileWritten>;
}
