import { createHash } from 'node:crypto';
import type { FileRecord } from './file-record.ts';

export interface KillPlan {
  readonly node: string;
  /** The file in whose store the node dies: an index into the records. */
  readonly file: number;
}

/** The span of the whole, in bytes, in which the kill may land: late enough to have stored something, and before half. */
const earliestShare = 0.2;
const latestShare = 0.5;

/**
 * Chooses which node dies, and while which file is being stored. The same seed on the same tree gives the same plan.
 *
 * The file is the one that holds a byte between a fifth and a half of the whole. The node dies at that file's first
 * block, before any byte of it is safe, so at least half of all bytes are stored by a cluster that has lost a node.
 */
export function planKill(records: readonly FileRecord[], nodes: number, seed: number): KillPlan {
  const [nodeShare, placeShare] = shares(seed);
  const total = records.reduce((sum, record) => sum + record.entry.stamp.bytes, 0);
  const target = total * (earliestShare + (latestShare - earliestShare) * placeShare);
  let before = 0;
  let file = 0;
  for (const [index, { entry }] of records.entries()) {
    if (entry.stamp.bytes === 0) continue;
    if (before > target) break;
    file = index;
    before += entry.stamp.bytes;
  }
  return { node: `n${Math.floor(nodeShare * nodes)}`, file };
}

/** Two numbers in [0, 1) drawn from the seed. */
function shares(seed: number): [number, number] {
  const digest = createHash('sha256').update(`holdfast demo ${seed}`).digest();
  return [digest.readUIntBE(0, 6) / 2 ** 48, digest.readUIntBE(6, 6) / 2 ** 48];
}
