import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RaidArray } from '@holdfast/raid';
import { Cluster } from '@holdfast/runtime';
import { dropCached } from '../peers/page-cache.ts';

export const data = 3;
export const members = data + 1;

export interface ArrayUnderTest {
  readonly cluster: Cluster;
  readonly array: RaidArray;
  /** Let the kernel forget what it has cached of the drives' blocks. */
  readonly dropCached: () => void;
}

/** A fresh array of 3+1 over four nodes, with a directory each on the file system of the temporary files. */
export async function withArray<Answer>(use: (under: ArrayUnderTest) => Promise<Answer>): Promise<Answer> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  try {
    await using cluster = await Cluster.start({ nodes: members });
    await using array = await RaidArray.create(cluster, { data, directory });
    const blocks = Array.from({ length: members }, (_, member) => join(directory, `n${member}`, 'blocks'));
    return await use({ cluster, array, dropCached: () => dropCached(blocks) });
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
  for await (const part of array.get(key)) bytes += part.byteLength;
  return bytes;
}
