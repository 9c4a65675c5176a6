/*
 * A process that is made to be killed. It starts a cluster on the array in a directory, overwrites and trims ranges of its
 * objects and puts and removes others, while one node after the other is killed and comes back. One line for each call,
 * before it is made and after it was acknowledged: `INDEX begin OFFSET LENGTH SEED TOUGHNESS` and `INDEX acked ...` for
 * the object of that place, `key begin KEY SEED BYTES` and `key acked ...` (BYTES -1: removed).
 *
 * argv: directory, seed, ids of the objects.
 */
import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Cluster } from '@holdfast/runtime';
import { RaidArray } from '../../src/array/raid-array.ts';
import { randomNumbers } from '../../src/crash/crash-images.ts';
import { bytesOf } from './objects.ts';
import { overwrite } from './overwrite-lanes.ts';

const [directory = '', seed = '1', ...gfids] = process.argv.slice(2);
const nodes = ['n0', 'n1', 'n2', 'n3'] as const;
const random = randomNumbers(Number(seed));

/** Worker threads make the pipe one that does not block: whoever finds it full tries again. */
function say(line: string): void {
  for (let left = Buffer.from(`${line}\n`); left.length > 0; ) {
    try {
      left = left.subarray(writeSync(1, left));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

const cluster = await Cluster.start({ nodes: 4, restart: { strategy: 'one-for-one', max: 1000, within: '10s' } });
const array = await RaidArray.open(cluster, { directory });

async function ranges(gfid: string, index: number): Promise<void> {
  await overwrite(await array.objects.open(gfid), {
    lanes: 3,
    writesEach: 100_000,
    random,
    note: (verb, write) => say(`${index} ${verb} ${write.offset} ${write.length} ${write.seed} ${write.toughness}`),
  });
}

async function keys(): Promise<void> {
  for (;;) {
    const key = `key${random(5)}`;
    const call = `${key} ${random(1_000_000)} ${random(5) === 0 ? -1 : random(100_000)}`;
    const [, seedOf, bytes] = call.split(' ').map(Number);
    say(`key begin ${call}`);
    if (bytes! < 0) await array.remove(key);
    else await array.put(key, bytesOf(bytes!, seedOf));
    say(`key acked ${call}`);
  }
}

async function deaths(): Promise<void> {
  for (;;) {
    while ((await array.status()).degraded) await pause(20);
    await pause(random(100));
    await cluster.kill(nodes[random(nodes.length)]!);
  }
}

await Promise.all([...gfids.map(ranges), keys(), deaths()]);
