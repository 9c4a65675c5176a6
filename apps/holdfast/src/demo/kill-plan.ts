import { createHash } from 'node:crypto';
import type { FileRecord } from './file-record.ts';

export interface KillPlan {
  readonly node: string;
  /** The file in whose store the node dies: an index into the records. */
  readonly file: number;
}

/** Where the chosen file may begin, as a share of all bytes: late enough to have stored something, and before half. */
const earliestShare = 0.2;
const latestShare = 0.5;

/**
 * Chooses which node dies, and while which file is being stored. The same seed on the same tree gives the same plan.
 *
 * The file begins between a fifth and a half of the whole, and is a large one among those: a large file has blocks on
 * every node. The node dies at one of its first blocks, before any byte of it is safe, so about half of all bytes or
 * more are stored by a cluster that has lost a node.
 */
export function planKill(records: readonly FileRecord[], nodes: number, seed: number): KillPlan {
  const [nodeShare, fileShare] = shares(seed);
  return { node: `n${Math.floor(nodeShare * nodes)}`, file: chooseFile(records, fileShare) };
}

function chooseFile(records: readonly FileRecord[], share: number): number {
  const total = records.reduce((sum, { entry }) => sum + entry.stamp.bytes, 0);
  const candidates: { file: number; bytes: number }[] = [];
  let before = 0;
  let lastBefore = 0;
  for (const [file, { entry }] of records.entries()) {
    const { bytes } = entry.stamp;
    if (bytes > 0 && before <= total * latestShare) {
      lastBefore = file;
      if (before >= total * earliestShare) candidates.push({ file, bytes });
    }
    before += bytes;
  }
  // No file begins in that span: one large file lies over it.
  if (candidates.length === 0) return lastBefore;
  candidates.sort((a, b) => b.bytes - a.bytes || a.file - b.file);
  const large = candidates.slice(0, Math.ceil(candidates.length / 4));
  return (large[Math.floor(share * large.length)] as { file: number }).file;
}

/** Two numbers in [0, 1) drawn from the seed. */
function shares(seed: number): [number, number] {
  const digest = createHash('sha256').update(`holdfast demo ${seed}`).digest();
  return [digest.readUIntBE(0, 6) / 2 ** 48, digest.readUIntBE(6, 6) / 2 ** 48];
}
