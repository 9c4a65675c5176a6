/** Objects with parity on the drives of four nodes: put, lose a node, get, open again without its drive. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RaidArray } from '@holdfast/raid';
import { Cluster } from '@holdfast/runtime';

const storage = await mkdtemp(join(tmpdir(), 'holdfast-example-'));
try {
  {
    await using cluster = await Cluster.start({ nodes: 4, storage });
    await using array = await RaidArray.create(cluster, { data: 3, parity: 1 });
    const { bytes, degraded } = await array.put('letters', Buffer.alloc(1_000_000, 'abcdefg'));
    console.log(`stored ${bytes} bytes, ${degraded ? 'degraded' : 'full'}`);

    await cluster.kill('n1');
    console.log('read with n1 dead:', await text(array, 'letters', 14));
    console.log('stored with n1 dead:', (await array.put('more', Buffer.from('hello'))).degraded ? 'degraded' : 'full');
  }
  {
    await using cluster = await Cluster.start({ nodes: 4, storage });
    await using array = await RaidArray.open(cluster, { without: ['n1'] });
    console.log('read after a restart, without the drive of n1:', await text(array, 'letters', 14));
  }
} finally {
  await rm(storage, { recursive: true });
}

async function text(array: RaidArray, key: string, length: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of array.get(key)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8', 0, length);
}
