import { NfsHeads, priorities } from '@holdfast/nfs-state';
import { RaidArray } from '@holdfast/raid';
import { Cluster } from '@holdfast/runtime';
import { expect, it } from 'vitest';
import { TestClient } from '../support/nfs-client.ts';
import { scratchDirectory } from '../support/scratch.ts';

it('a lock survives the death of the head that granted it, and a restart of the whole cluster', async () => {
  using scratch = scratchDirectory();
  const heads = ['n0', 'n1'];
  {
    await using cluster = await Cluster.start({ nodes: 3, storage: scratch.path });
    await using array = await RaidArray.create(cluster, { data: 1, extentBlocks: 64 });
    await using nfs = await NfsHeads.start(cluster, { array, heads });
    const [anna, ben] = [new TestClient('anna', nfs.client()), new TestClient('ben', nfs.head('n1').client())];
    await anna.introduce();
    await ben.introduce();
    await anna.open('f');
    await ben.open('f');
    expect(await anna.lock({ file: 'f' })).toMatchObject({ status: 'OK' });
    expect(await ben.lock({ file: 'f' })).toMatchObject({ status: 'DENIED', denied: { client: anna.id } });
    await cluster.kill('n0');
    expect(await ben.lock({ file: 'f' })).toMatchObject({ status: 'DENIED', denied: { client: anna.id } });
    expect(await anna.write('f')).toMatchObject({ status: 'OK' });
    expect(await anna.unlock({ file: 'f' })).toMatchObject({ status: 'OK' });
    expect(await ben.lock({ file: 'f' })).toMatchObject({ status: 'OK' });
    expect(await nfs.appender()).toBe('n1');
  }
  await using cluster = await Cluster.start({ nodes: 3, storage: scratch.path });
  await using array = await RaidArray.open(cluster, { without: ['n0'] });
  await using nfs = await NfsHeads.start(cluster, { array, heads });
  const held = (await nfs.locks()).filter(({ ranges }) => ranges.length > 0);
  expect(held.map(({ owner }) => owner)).toEqual(['ben/locks/f']);
  expect((await nfs.clients()).map(({ name }) => name)).toEqual(['anna', 'ben']);
}, 60_000);

it('a promise is not made volatile by accident', () => {
  expect(() => priorities({ change: { locks: 'volatile' } })).toThrowError(
    expect.objectContaining({ code: 'HF_NFS_OPTIONS' }),
  );
  expect(priorities({ change: { locks: 'volatile' }, unsafe: true }).locks).toBe('volatile');
  expect(priorities({ change: { slot: 'durable' } }).slot).toBe('durable');
});
