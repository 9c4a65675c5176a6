import type { UnreadableEntry } from '../tree/entry.ts';
import { printable } from '../tree/name.ts';
import type { MendedDrive, RevivedNode } from './bed.ts';
import type { FileRecord } from './file-record.ts';
import type { IndexReport } from './index-chapter.ts';
import type { LockReport } from './lock-chapter.ts';
import type { OverwriteReport } from './overwrite-chapter.ts';

export interface KilledAt {
  readonly node: string;
  /** The file that was being stored. */
  readonly file: string;
  /** What had been done to the block of that file on that node, and what had not. */
  readonly step: string;
  /** Since the demo began. */
  readonly seconds: number;
  /** Bytes of the source that had been handed to the store by then. */
  readonly bytes: number;
}

export type Phase =
  | 'start'
  | 'walk'
  | 'store'
  | 'reopen'
  | 'readBack'
  | 'revive'
  | 'mend'
  | 'processDeath'
  | 'checkSource';

/** What became of overwrites of a process that was killed with SIGKILL, all nodes with it. */
export interface ProcessDeathReport {
  /** Overwrites that were answered before: block, parity and journal on disk. */
  readonly answered: number;
  /** Blocks that came back neither as last answered nor as one that was not answered. */
  readonly different: number;
}

/** The result of one demo, as `--json` prints it. */
export interface DemoReport {
  readonly directory: string;
  readonly seed: number;
  readonly nodes: number;
  /** Data and parity blocks of one group. */
  readonly layout: { readonly data: number; readonly parity: number };
  /** Files of the source, readable or not. */
  readonly files: number;
  /** Bytes stored. */
  readonly bytes: number;
  readonly directories: number;
  /** Recorded with their targets, not followed. */
  readonly links: number;
  /** Whether the list of directories, links and files came back as it was stored. */
  readonly manifest: 'equal' | 'different';
  readonly killedAt: KilledAt;
  readonly bytesStoredAfterKill: number;
  /** The index that the nodes shared; missing in clusters of more than eight nodes. */
  readonly index?: IndexReport;
  /** The lock that two clients of NFS wanted; missing in clusters of more than eight nodes. */
  readonly lock?: LockReport;
  /** The object that was overwritten in small pieces while the files were stored. */
  readonly overwrites?: OverwriteReport;
  /** What the dead node had missed when it came back with its old drive. */
  readonly revived?: RevivedNode;
  /** How an empty drive was filled for it from the others, afterwards. */
  readonly mended?: MendedDrive;
  readonly processDeath?: ProcessDeathReport;
  readonly filesFull: number;
  readonly filesDegraded: number;
  readonly filesVerified: number;
  readonly mismatches: number;
  readonly changedWhileStoring: number;
  readonly unreadable: number;
  /** How many entries were left out, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly seconds: Readonly<Record<Phase, number>>;
  readonly mismatchedFiles: readonly string[];
  readonly changedFiles: readonly { readonly path: string; readonly change: string }[];
  readonly unreadableFiles: readonly { readonly path: string; readonly errno: string }[];
  /** With `--verbose` only. */
  readonly fileList?: readonly ListedFile[];
}

export interface ListedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly stored: 'full' | 'degraded';
  readonly verified: boolean;
}

/** The counts that follow from the records alone. */
export function tally(records: readonly FileRecord[], unreadableEntries: readonly UnreadableEntry[]) {
  const stored = records.flatMap((record) =>
    record.stored.state === 'stored' ? [{ record, stored: record.stored }] : [],
  );
  const unreadable = records.flatMap(({ entry, stored: { ...state } }) =>
    state.state === 'unreadable' ? [{ path: printable(entry.path), errno: state.errno }] : [],
  );
  const unreadableDirectories = unreadableEntries.map(({ path, errno }) => ({ path: printable(path) || '.', errno }));
  const mismatched = stored.filter(({ record }) => record.readBack !== 'equal');
  const changed = records.flatMap(({ entry, change }) =>
    change === undefined ? [] : [{ path: printable(entry.path), change }],
  );
  return {
    files: records.length,
    bytes: stored.reduce((sum, { stored: { bytes } }) => sum + bytes, 0),
    filesFull: stored.filter(({ stored: { degraded } }) => !degraded).length,
    filesDegraded: stored.filter(({ stored: { degraded } }) => degraded).length,
    filesVerified: stored.length - mismatched.length,
    mismatches: mismatched.length,
    changedWhileStoring: changed.length,
    unreadable: unreadable.length + unreadableDirectories.length,
    mismatchedFiles: mismatched.map(({ record }) => printable(record.entry.path)),
    changedFiles: changed,
    unreadableFiles: [...unreadable, ...unreadableDirectories],
  };
}

export function listFiles(records: readonly FileRecord[]): ListedFile[] {
  return records.flatMap(({ entry, stored, readBack }) =>
    stored.state === 'stored'
      ? [
          {
            path: printable(entry.path),
            bytes: stored.bytes,
            sha256: stored.digest,
            stored: stored.degraded ? ('degraded' as const) : ('full' as const),
            verified: readBack === 'equal',
          },
        ]
      : [],
  );
}
