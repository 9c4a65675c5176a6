import type { FileEntry } from '../tree/entry.ts';
import type { Tree } from '../tree/walk.ts';
import type { FileRecord } from './file-record.ts';

/** What a tree holds, in figures. */
export interface TreeSummary {
  readonly files: number;
  readonly bytes: number;
  readonly directories: number;
  readonly links: number;
  readonly skipped: Readonly<Record<string, number>>;
}

/** What a progress bar counts up to. */
export function totalsOf(records: readonly FileRecord[]): { files: number; bytes: number } {
  return { files: records.length, bytes: records.reduce((sum, { entry }) => sum + entry.stamp.bytes, 0) };
}

export function summarize(tree: Tree, files: readonly FileEntry[]): TreeSummary {
  const skipped: Record<string, number> = {};
  let directories = 0;
  let links = 0;
  for (const entry of tree.entries) {
    if (entry.kind === 'directory') directories++;
    if (entry.kind === 'link') links++;
    if (entry.kind === 'skipped') skipped[entry.why] = (skipped[entry.why] ?? 0) + 1;
  }
  return {
    files: files.length,
    bytes: files.reduce((sum, { stamp }) => sum + stamp.bytes, 0),
    directories,
    links,
    skipped,
  };
}
