import { Cluster } from '@holdfast/runtime';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { bytesOf, smallShape } from '../support/objects.ts';
import { RangeService } from '../support/range-service.ts';
import { scratchDirectory } from '../support/scratch.ts';

const service = new URL('../support/range-service.ts', import.meta.url);
const nodes = ['n0', 'n1', 'n2', 'n3'];

it('reads and writes ranges of one object from every node and from the main thread', async () => {
  await using cluster = await Cluster.start({ nodes: 4, storage: scratchDirectory() });
  await using array = await RaidArray.create(cluster, smallShape);
  await cluster.deploy(service, { on: 'all' });
  const ranges = (node: string) => cluster.service(RangeService, { node });
  for (const technique of ['parity', 'mirror'] as const) {
    const gfid = await ranges('n2').create({ technique });
    const object = await array.objects.open(gfid);
    const length = 30_000;
    await Promise.all(
      nodes.map((node, index) =>
        ranges(node).write({ gfid, offset: index * length, length, seed: index, toughness: 2 }),
      ),
    );
    await object.write(4 * length, bytesOf(length, 4));
    for (const reader of nodes) {
      for (let index = 0; index < 5; index++) {
        expect(await ranges(reader).differsAt({ gfid, offset: index * length, length, seed: index })).toBe(-1);
      }
    }
    for (let index = 0; index < 5; index++)
      expect(await object.read(index * length, length)).toEqual(bytesOf(length, index));
  }
});

it.each(['parity', 'mirror'] as const)(
  'goes on writing from a node when another is killed between "delta sent" and "hardened", technique %s',
  async (technique) => {
    await using cluster = await Cluster.start({ nodes: 4, storage: scratchDirectory() });
    await using array = await RaidArray.create(cluster, smallShape);
    await cluster.deploy(service, { on: ['n0', 'n3'] });
    const ranges = (node: string) => cluster.service(RangeService, { node });
    const gfid = await ranges('n0').create({ technique });
    const length = 100_000;
    const write = (node: string, part: number, seed: number) =>
      ranges(node).write({ gfid, offset: part * length, length, seed, toughness: 2 });
    await Promise.all([write('n0', 0, 1), write('n3', 1, 2)]);
    const holds = await Promise.all(['n1', 'n2'].map((node) => array.hold(node, 'delta-sent')));
    const writing = Promise.all([write('n0', 0, 3), write('n3', 1, 4)]);
    // Of a mirror one of the two has only copies, and never comes to that step.
    const victim = await Promise.race([
      ...holds.map(({ reached }, index) => reached.then(() => ['n1', 'n2'][index]!)),
      writing.then(() => 'n1'),
    ]);
    await cluster.kill(victim);
    for (const hold of holds) await hold.release();
    await writing;
    expect(await write('n0', 2, 5)).toMatchObject({ degraded: true });

    for (const [part, seed] of [3, 4, 5].entries()) {
      for (const node of ['n0', 'n3']) {
        expect(await ranges(node).differsAt({ gfid, offset: part * length, length, seed })).toBe(-1);
      }
    }
    const object = await array.objects.open(gfid);
    expect(await object.read(0, length)).toEqual(bytesOf(length, 3));
  },
);
