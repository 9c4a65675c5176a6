import type { FileEntry } from '../tree/entry.ts';
import type { FileChange } from '../tree/source-file.ts';

/** What became of one file of the source, filled in phase by phase. */
export interface FileRecord {
  readonly entry: FileEntry;
  readonly key: string;
  stored: StoredState;
  /** Differences seen at any time after the walk; undefined when the file stood still. */
  change: FileChange | undefined;
  /** Set by the read-back of stored files. */
  readBack: ReadBack | undefined;
}

export type StoredState =
  | { readonly state: 'waiting' }
  /** `digest` is SHA-256 of the bytes as they were handed to the store. */
  | { readonly state: 'stored'; readonly bytes: number; readonly digest: string; readonly degraded: boolean }
  | { readonly state: 'vanished' }
  | { readonly state: 'unreadable'; readonly errno: string };

export type ReadBack = 'equal' | 'different' | 'lost';

export function recordOf(entry: FileEntry, key: string): FileRecord {
  return { entry, key, stored: { state: 'waiting' }, change: undefined, readBack: undefined };
}
