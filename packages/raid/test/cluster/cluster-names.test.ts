import { Cluster } from '@holdfast/runtime';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { NameService } from '../support/name-service.ts';
import { smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const service = new URL('../support/name-service.ts', import.meta.url);
const nodes = ['n0', 'n1', 'n2', 'n3'];

it('lets one node win each name, shows all of them everywhere, also when a node is killed among them', async () => {
  await using cluster = await Cluster.start({ nodes: 4, storage: scratchDirectory() });
  await using array = await RaidArray.create(cluster, smallShape);
  await cluster.deploy(service, { on: 'all' });
  const names = (node: string) => cluster.service(NameService, { node });
  const race = async (keys: readonly string[], on: readonly string[]) => {
    for (const won of await Promise.all(keys.map((key) => Promise.all(on.map((node) => names(node).win(key)))))) {
      expect(won.filter(Boolean)).toHaveLength(1);
    }
  };
  await race(['a/1', 'a/2', 'a/3', 'a/4'], nodes);
  for (const node of nodes) expect(await names(node).list('a/')).toEqual(['a/1', 'a/2', 'a/3', 'a/4']);
  const racing = race(['b/1', 'b/2', 'b/3'], ['n0', 'n1', 'n3']);
  await cluster.kill('n2');
  await racing;
  const all = await array.names.list();
  expect(all.map(({ key }) => key)).toEqual(['a/1', 'a/2', 'a/3', 'a/4', 'b/1', 'b/2', 'b/3']);
  for (const { key, gfid } of all) expect(await names('n3').get(key)).toBe(gfid);
});
