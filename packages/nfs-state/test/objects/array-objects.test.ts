import { ArrayObjects, NfsHeads, PageCache, startPageServers } from '@holdfast/nfs-state';
import { RaidArray } from '@holdfast/raid';
import { Cluster } from '@holdfast/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { filePortSuite } from '../support/file-port-suite.ts';
import { Random } from '../support/random.ts';
import { scratchDirectory } from '../support/scratch.ts';

const stack = new AsyncDisposableStack();
const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 2 ** 31);
const kills = Number(process.env.HOLDFAST_KILLS ?? 4);
/** Nodes without a drive: when one dies the array is whole. */
const dataServers = ['n3', 'n4'];
const heads = ['n0', 'n1'];
const servers = { metadata: heads, dataServers, pagesMax: 1024 };
let cluster: Cluster;
let array: RaidArray;

beforeAll(async () => {
  const storage = stack.use(scratchDirectory()).path;
  cluster = stack.use(await Cluster.start({ nodes: 5, storage }));
  for (const node of dataServers) await cluster.kill(node);
  array = stack.use(await RaidArray.create(cluster, { data: 2, unitBlocks: 4, extentBlocks: 256 }));
  for (const node of dataServers) await cluster.restart(node);
}, 60_000);

afterAll(() => stack.disposeAsync());

let spaces = 0;

filePortSuite({
  name: 'over an array',
  begin: async () => {
    // Names of its own for each test.
    const space = `${++spaces}/`;
    const names = {
      get: (key: string) => cluster.coord.get(space + key),
      compareAndSet: (key: string, expected: number, value: Uint8Array | undefined) =>
        cluster.coord.compareAndSet(space + key, expected, value),
    };
    return { objects: new ArrayObjects({ objects: array.objects, names }), loseMemory: undefined };
  },
});

it('gives the blocks of what is cut off and removed back, and refuses who still writes', async () => {
  const names = cluster.coord;
  const [here, there] = [
    new ArrayObjects({ objects: array.objects, names }),
    new ArrayObjects({ objects: array.objects, names }),
  ];
  const name = 'files/removed/content';
  await here.create(name);
  const bytes = new Uint8Array(50_000).fill(7);
  for (const objects of [here, there]) await objects.write(name, [{ offset: 0, bytes }], 1);
  const gfid = new TextDecoder().decode((await names.get(`nfs-objects/${name}`))!.value);
  await here.truncate(name, 10_000);
  expect((await (await array.objects.open(gfid)).stat()).endBytes).toBeLessThan(16_384);
  const into = new Uint8Array(50_000);
  await there.read(name, 0, into);
  expect(into.indexOf(0)).toBe(10_000);
  expect(await here.remove(name)).toBe(true);
  await expect(there.write(name, [{ offset: 0, bytes }], 1)).rejects.toMatchObject({ code: 'HF_NO_FILE' });
  await expect(array.objects.open(gfid)).rejects.toMatchObject({ code: 'HF_NO_OBJECT' });
  expect(await there.remove(name)).toBe(false);
});

it(`keeps every byte of an fsync while a data server dies, ${kills} times (HOLDFAST_SEED=${seed})`, async () => {
  const random = new Random(seed);
  await using _nfs = await NfsHeads.start(cluster, { array, heads });
  await startPageServers(cluster, servers);
  await using writer = await PageCache.connect(cluster.main, servers);
  await using reader = await PageCache.connect(cluster.main, servers);
  for (let nth = 0; nth < kills; nth++) {
    const name = `file-${nth}`;
    await writer.create(name);
    await using file = await writer.open(name);
    const bytes = Uint8Array.from({ length: 300_000 }, () => random.below(256));
    await file.write(0, bytes.subarray(0, 200_000));
    const fsync = file.fsync();
    const callsBefore = writer.stats().callsTotal;
    for (const calls = random.below(6); writer.stats().callsTotal < callsBefore + calls; ) {
      if (writer.stats().dirtyPages === 0) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const victim = dataServers[random.below(2)]!;
    await cluster.kill(victim);
    await fsync;
    await file.write(200_000, bytes.subarray(200_000));
    await file.write(5000, bytes.subarray(5000, 5100));
    await file.fsync();
    await using copy = await reader.open(name);
    const read = await copy.read(0, 300_001);
    expect({ nth, length: read.length, same: Buffer.compare(read, bytes) }).toEqual({ nth, length: 300_000, same: 0 });
    await file.truncate(70_000);
    await using cut = await reader.open(name);
    expect(Buffer.compare(await cut.read(0, 300_001), bytes.subarray(0, 70_000))).toBe(0);
    await cluster.restart(victim);
  }
}, 60_000);
