import { createHash } from 'node:crypto';
import type { TreeEntry } from '../tree/entry.ts';
import type { FileRecord } from './file-record.ts';

/** The key of the object that describes the tree itself. */
export const manifestKey = 'manifest';

export interface Manifest {
  /** SHA-256 in hex. */
  readonly digest: string;
  chunks(): AsyncGenerator<Uint8Array, void, undefined>;
}

/**
 * The shape of the tree as lines of JSON: directories, links with their targets, and which object holds which file.
 * Names and targets are base64, because they are bytes.
 */
export function manifestOf(entries: readonly TreeEntry[], records: readonly FileRecord[]): Manifest {
  const lines: string[] = [];
  for (const entry of entries) {
    const name = entry.path.toString('base64');
    if (entry.kind === 'directory') lines.push(JSON.stringify({ kind: entry.kind, name, mode: entry.mode }));
    if (entry.kind === 'link')
      lines.push(JSON.stringify({ kind: entry.kind, name, target: entry.target.toString('base64') }));
  }
  for (const { entry, key, stored } of records) {
    if (stored.state !== 'stored') continue;
    const { bytes, digest: sha256 } = stored;
    lines.push(
      JSON.stringify({ kind: 'file', name: entry.path.toString('base64'), mode: entry.mode, key, bytes, sha256 }),
    );
  }
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  return {
    digest: createHash('sha256').update(text).digest('hex'),
    async *chunks() {
      yield text;
    },
  };
}
