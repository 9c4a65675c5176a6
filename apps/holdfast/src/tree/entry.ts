/** What a file was when the tree was walked; a difference later means that it changed under us. */
export interface FileStamp {
  readonly bytes: number;
  readonly device: bigint;
  readonly inode: bigint;
  readonly modifiedNs: bigint;
  readonly changedNs: bigint;
}

export interface FileEntry {
  readonly kind: 'file';
  /** Below the root, as the file system spells it: bytes, not text. */
  readonly path: Buffer;
  readonly mode: number;
  readonly stamp: FileStamp;
}

export interface DirectoryEntry {
  readonly kind: 'directory';
  readonly path: Buffer;
  readonly mode: number;
}

/** A symbolic link: its target is recorded, never followed. */
export interface LinkEntry {
  readonly kind: 'link';
  readonly path: Buffer;
  readonly target: Buffer;
}

export type SkipReason = 'socket' | 'fifo' | 'device' | 'other-file-system' | 'store' | 'excluded';

/** Left out on purpose: it holds no bytes of the tree, or the caller asked for it. */
export interface SkippedEntry {
  readonly kind: 'skipped';
  readonly path: Buffer;
  readonly why: SkipReason;
}

/** Should have been stored and could not be read: the tree that was stored is incomplete. */
export interface UnreadableEntry {
  readonly kind: 'unreadable';
  readonly path: Buffer;
  /** The system's error code, such as EACCES. */
  readonly errno: string;
}

export type TreeEntry = FileEntry | DirectoryEntry | LinkEntry | SkippedEntry | UnreadableEntry;
