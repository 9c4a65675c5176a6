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
