import { createHash } from 'node:crypto';
import type { FileRecord } from './file-record.ts';

export interface KillPlan {
  readonly node: string;
  /** The file in whose store the node dies: an index into the records. */
  readonly file: number;
  /** Stores of that file which the node answers before the one it dies in: a file that is most of the tree dies inside. */
  readonly passes: number;
}

/** Where the chosen file may begin, as a share of all bytes: late enough to have stored something, and before half. */
const earliestShare = 0.2;
const latestShare = 0.5;

/**
 * Chooses which node dies, and while which file is being stored. The same seed on the same tree gives the same plan.
 *
 * The file begins between a fifth and a half of the whole, and is a large one among those: a large file has blocks on
 * every node. The node dies at one of its first blocks, before any byte of it is safe, so about half of all bytes or
 * more are stored by a cluster that has lost a node. Where one file lies over that whole span, the node dies in the middle
 * of that file.
 *
 * @param storeBytes bytes of a file that one store request to a node stands for.
 */
export function planKill(
  records: readonly FileRecord[],
  nodes: number,
  seed: number,
  storeBytes = Number.POSITIVE_INFINITY,
): KillPlan {
  const [nodeShare, placeShare] = shares(seed);
  return { node: `n${Math.floor(nodeShare * nodes)}`, ...choosePlace(records, placeShare, storeBytes) };
}

function choosePlace(records: readonly FileRecord[], share: number, storeBytes: number): Omit<KillPlan, 'node'> {
  const total = records.reduce((sum, { entry }) => sum + entry.stamp.bytes, 0);
  const candidates: { file: number; bytes: number }[] = [];
  let before = 0;
  let last = { file: 0, before: 0 };
  for (const [file, { entry }] of records.entries()) {
    const { bytes } = entry.stamp;
    if (bytes > 0 && before <= total * latestShare) {
      last = { file, before };
      if (before >= total * earliestShare) candidates.push({ file, bytes });
    }
    before += bytes;
  }
  if (candidates.length === 0) {
    const inside = total * (earliestShare + (latestShare - earliestShare) * share) - last.before;
    return { file: last.file, passes: Math.max(0, Math.floor(inside / storeBytes)) };
  }
  candidates.sort((a, b) => b.bytes - a.bytes || a.file - b.file);
  const large = candidates.slice(0, Math.ceil(candidates.length / 4));
  return { file: (large[Math.floor(share * large.length)] as { file: number }).file, passes: 0 };
}

/** Two numbers in [0, 1) drawn from the seed. */
function shares(seed: number): [number, number] {
  const digest = createHash('sha256').update(`holdfast demo ${seed}`).digest();
  return [digest.readUIntBE(0, 6) / 2 ** 48, digest.readUIntBE(6, 6) / 2 ** 48];
}
