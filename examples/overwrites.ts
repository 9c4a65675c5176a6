/** An object that is written in ranges: counters under a name, overwritten in place, kept through a death and a restart. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RaidArray } from '@holdfast/raid';
import { Cluster } from '@holdfast/runtime';

const storage = await mkdtemp(join(tmpdir(), 'holdfast-example-'));
const blockBytes = 4096;
/** A unit: the next one lies on another node. */
const apartBytes = 16 * blockBytes;
try {
  {
    await using cluster = await Cluster.start({ nodes: 4, storage });
    await using array = await RaidArray.create(cluster, { data: 3, parity: 1 });
    const gfid = await array.objects.create();
    await array.names.bind('counters/visits', gfid);
    const counters = await array.objects.open(gfid);

    // Toughness 1: on two nodes in memory, on disk soon. sync() brings everything before it to the disks.
    for (let page = 0; page < 8; page++) await counters.write(page * apartBytes, count(page), { toughness: 1 });
    await counters.sync();
    console.log('eight counters on disk');

    await cluster.kill('n2');
    let short = 0;
    for (let page = 0; page < 8; page++) {
      const written = await counters.write(page * apartBytes, count(1000 + page));
      if (written.degraded) short++;
    }
    console.log(`all overwritten with n2 dead, ${short > 0 ? 'some' : 'none'} on one disk less`);
  }
  {
    await using cluster = await Cluster.start({ nodes: 4, storage });
    await using array = await RaidArray.open(cluster);
    const [name] = await array.names.list({ prefix: 'counters/' });
    const counters = await array.objects.open(name!.gfid);
    const values: number[] = [];
    for (let page = 0; page < 8; page++)
      values.push(Buffer.from(await counters.read(page * apartBytes, 4)).readUInt32LE());
    console.log(`${name!.key} after a restart: ${values.join(' ')}`);
  }
} finally {
  await rm(storage, { recursive: true });
}

function count(value: number): Uint8Array {
  const block = Buffer.alloc(blockBytes);
  block.writeUInt32LE(value);
  return block;
}
