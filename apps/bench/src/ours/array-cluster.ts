import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlockObject, RaidArray } from '@holdfast/raid';
import { Cluster } from '@holdfast/runtime';
import type { Budget } from '../harness/question.ts';
import { arrayWarmUpMsDefault, arrayWarmUpMsQuick } from '../limits.ts';
import { dropCached } from '../peers/page-cache.ts';

export const data = 3;
export const members = data + 1;

export interface ArrayUnderTest {
  readonly cluster: Cluster;
  readonly array: RaidArray;
  /** The directories of the drives. */
  readonly drives: readonly string[];
  /** Let the kernel forget what it has cached of the drives' blocks. */
  readonly dropCached: () => void;
}

/** Time for an array: as much to measure as the peers have, and as much before that as its threads need to be compiled. */
export const arrayBudget = (budget: Budget): Budget => ({
  ...budget,
  warmUpMs: budget.quick ? arrayWarmUpMsQuick : arrayWarmUpMsDefault,
});

/** A fresh array of 3+1 over four nodes, with a directory each on the file system of the temporary files. */
export async function withArray<Answer>(use: (under: ArrayUnderTest) => Promise<Answer>): Promise<Answer> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  try {
    await using cluster = await Cluster.start({ nodes: members });
    await using array = await RaidArray.create(cluster, { data, directory });
    const drives = Array.from({ length: members }, (_, member) => join(directory, `n${member}`));
    const files = drives.map((drive) => join(drive, 'blocks'));
    return await use({ cluster, array, drives, dropCached: () => dropCached(files) });
  } finally {
    await rm(directory, { recursive: true });
  }
}

const chunk = new Uint8Array(1 << 20).fill(0x5a);

/** Store an object of so many MiB, from chunks of one. */
export async function putMebibytes(array: RaidArray, key: string, mebibytes: number): Promise<void> {
  await array.put(
    key,
    Array.from({ length: mebibytes }, () => chunk),
  );
}

/** Read an object; the bytes it had. */
export async function readAll(array: RaidArray, key: string): Promise<number> {
  let bytes = 0;
  for await (const part of array.get(key, { reuseChunks: true })) bytes += part.byteLength;
  return bytes;
}

export interface ObjectUnderTest extends ArrayUnderTest {
  readonly object: BlockObject;
}

/** A fresh array with one object of so many MiB in it, written in ranges. */
export function withObject<Answer>(
  mebibytes: number,
  use: (under: ObjectUnderTest) => Promise<Answer>,
): Promise<Answer> {
  return withArray(async (under) => {
    const { objects } = under.array;
    const object = await objects.open(await objects.create());
    await fill(object, mebibytes << 20);
    return await use({ ...under, object });
  });
}

const pieceBytes = 64 << 10;
const piecesInFlight = 4;

async function fill(object: BlockObject, bytes: number): Promise<void> {
  let next = 0;
  const walk = async () => {
    while (next < bytes) {
      const at = next;
      next += pieceBytes;
      await object.write(at, chunk.subarray(0, pieceBytes));
    }
  };
  await Promise.all(Array.from({ length: piecesInFlight }, walk));
}
