import { existsSync } from 'node:fs';
import { Cluster } from '@holdfast/runtime';
import { expect, it } from 'vitest';
import type { ArrayEvent } from '../../src/array/events.ts';
import { RaidArray } from '../../src/array/raid-array.ts';
import { bytesOf, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const sizes = [0, 1, 5000, 200_000, 3_000_000];

it('stores on threads while one is killed between a block and its flush, and opens again without that one', async () => {
  const storage = scratchDirectory();
  {
    await using cluster = await Cluster.start({ nodes: 4, storage });
    await using array = await RaidArray.create(cluster, smallShape);
    const events: ArrayEvent[] = [];
    array.events$.subscribe((event) => events.push(event));
    await Promise.all(sizes.map((size) => array.put(`before/${size}`, bytesOf(size, 1))));
    const hold = await array.hold('n2', 'block-written', { key: 'held' });
    const putting = array.put('held', bytesOf(400_000, 3));
    await hold.reached;
    await cluster.kill('n2');
    expect(await putting).toMatchObject({ degraded: true, bytes: 400_000 });
    expect(events[0]).toMatchObject({ type: 'degraded', node: 'n2' });
    expect(events.filter(({ type }) => type === 'degraded')).toHaveLength(1);
    const stored = await Promise.all(sizes.map((size) => array.put(`after/${size}`, bytesOf(size, 2))));
    expect(stored.at(-1)).toMatchObject({ degraded: true });
    for (const size of sizes) expect(await verdict(array, `before/${size}`, bytesOf(size, 1))).toBe('right');
  }
  await using cluster = await Cluster.start({ nodes: 4, storage });
  await using array = await RaidArray.open(cluster, { without: ['n2'] });
  expect(await verdict(array, 'held', bytesOf(400_000, 3))).toBe('right');
  for (const size of sizes) {
    expect(await verdict(array, `before/${size}`, bytesOf(size, 1))).toBe('right');
    expect(await verdict(array, `after/${size}`, bytesOf(size, 2))).toBe('right');
  }
});

it('stores on threads while two are killed, one between a block and its flush, and opens again without both', async () => {
  const storage = scratchDirectory();
  const put = { technique: '3+2' } as const;
  {
    await using cluster = await Cluster.start({ nodes: 5, storage });
    await using array = await RaidArray.create(cluster, { ...smallShape, parity: 2 });
    await Promise.all(sizes.map((size) => array.put(`before/${size}`, bytesOf(size, 1))));
    const hold = await array.hold('n1', 'block-written', { key: 'held' });
    const putting = array.put('held', bytesOf(400_000, 3), put);
    await hold.reached;
    await Promise.all([cluster.kill('n1'), cluster.kill('n3')]);
    expect(await putting).toMatchObject({ degraded: true, technique: '3+2' });
    for (const size of sizes) expect(await verdict(array, `before/${size}`, bytesOf(size, 1))).toBe('right');
    await array.put('after', bytesOf(70_000, 4), put);
  }
  await using cluster = await Cluster.start({ nodes: 5, storage });
  await using array = await RaidArray.open(cluster, { without: ['n1', 'n3'] });
  expect(await verdict(array, 'held', bytesOf(400_000, 3))).toBe('right');
  expect(await verdict(array, 'after', bytesOf(70_000, 4))).toBe('right');
  for (const size of sizes) expect(await verdict(array, `before/${size}`, bytesOf(size, 1))).toBe('right');
});

it('grows by a node on threads, changes techniques, and has spare members take what a killed node held', async () => {
  const directory = scratchDirectory();
  const keys = sizes.map((size) => `${size}`);
  {
    await using cluster = await Cluster.start({ nodes: 4 });
    await using array = await RaidArray.create(cluster, { ...smallShape, data: 2, directory });
    for (const size of sizes) await array.put(`${size}`, bytesOf(size, 1));
  }
  await using cluster = await Cluster.start({ nodes: 5 });
  await using array = await RaidArray.open(cluster, { directory, grow: ['n4'] });
  expect((await array.status()).members).toHaveLength(5);
  for (const key of keys) expect(await array.change(key, '3+1')).toMatchObject({ technique: '3+1', degraded: false });
  await cluster.kill('n1');
  expect(await array.rehome().done).toMatchObject({ lostGroups: 0 });
  await cluster.kill('n4');
  for (const size of sizes) expect(await verdict(array, `${size}`, bytesOf(size, 1))).toBe('right');
});

it('lets no second array onto the drives of a first, and none onto a cluster without storage', async () => {
  const directory = scratchDirectory();
  await using first = await Cluster.start({ nodes: 2 });
  await using array = await RaidArray.create(first, { ...smallShape, data: 1, directory });
  await using second = await Cluster.start({ nodes: 2 });
  await expect(RaidArray.open(second, { directory })).rejects.toMatchObject({ code: 'HF_DRIVE_IN_USE' });
  await expect(RaidArray.create(second, { data: 1 })).rejects.toMatchObject({ code: 'HF_GEOMETRY' });
  await array.put('k', bytesOf(10_000));
  expect(await verdict(array, 'k', bytesOf(10_000))).toBe('right');
});

it('reads and lists round a paused node, and stores on it again when it goes on', async () => {
  await using cluster = await Cluster.start({ nodes: 4, storage: scratchDirectory() });
  await using array = await RaidArray.create(cluster, smallShape);
  for (const size of sizes) await array.put(`${size}`, bytesOf(size, 1));
  await cluster.pause('n1');
  for (const size of sizes) expect(await verdict(array, `${size}`, bytesOf(size, 1))).toBe('right');
  let listed = 0;
  for await (const _ of array.list()) listed += 1;
  expect(listed).toBe(sizes.length);
  await cluster.resume('n1');
  expect(await array.put('after', bytesOf(5000, 2))).toMatchObject({ degraded: false });
});

it.runIf(existsSync('/proc/self'))(
  'refuses a directory that the file system does not make, at once',
  async () => {
    await using cluster = await Cluster.start({ nodes: 2 });
    for (const directory of ['/proc/holdfast', '/proc/holdfast/array']) {
      const creating = RaidArray.create(cluster, { ...smallShape, data: 1, directory });
      await expect(creating).rejects.toMatchObject({ code: 'HF_STORAGE' });
    }
  },
  20_000,
);
