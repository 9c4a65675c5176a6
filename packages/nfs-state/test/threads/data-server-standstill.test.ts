import { PageCache } from '@holdfast/nfs-state';
import { Cluster } from '@holdfast/runtime';
import { expect, it } from 'vitest';
import { Standstill } from '../fixtures/standstill-service.ts';
import { Random } from '../support/random.ts';

const rounds = Number(process.env.HOLDFAST_ROUNDS ?? 2);
const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 2 ** 31);
const fileBytes = 400_000;
const smallBytes = 16_384;
const dataServers = ['n1', 'n2', 'n3'];

const fixture = (name: string): URL => new URL(`../fixtures/${name}-service.ts`, import.meta.url);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it(`loses no byte of an fsync while a data server stands still, and takes none twice, ${rounds} times (HOLDFAST_SEED=${seed})`, async () => {
  const random = new Random(seed);
  const gate = new SharedArrayBuffer(8);
  const words = new Int32Array(gate);
  await using cluster = await Cluster.start({ nodes: 4 });
  await cluster.deploy(fixture('stable-objects'), { on: 'n0' });
  await cluster.deploy(fixture('data-server'), { on: dataServers });
  await cluster.deploy(fixture('metadata-server'), { on: 'n0' });
  await cluster.deploy(fixture('standstill'), { on: dataServers, options: gate });
  const servers = { metadata: ['n0'], dataServers, pagesMax: 1024 };
  await using writer = await PageCache.connect(cluster.main, servers);
  await using reader = await PageCache.connect(cluster.main, servers);
  for (let nth = 0; nth < rounds; nth++) {
    const [name, small] = [`file-${nth}`, `small-${nth}`];
    await writer.create(name);
    await writer.create(small);
    await using file = await writer.open(name);
    const bytes = Uint8Array.from({ length: fileBytes }, () => random.below(256));
    await file.write(0, bytes);
    const callsBefore = writer.stats().callsTotal;
    const first = file.fsync();
    // Anywhere in the middle of it.
    for (
      const calls = random.below(8);
      writer.stats().callsTotal < callsBefore + calls && writer.stats().dirtyPages > 0;
    )
      await turn();
    // The first unit of every file is on n1, which goes on.
    const victim = dataServers[1 + random.below(2)]!;
    const standing = cluster.service(Standstill, { node: victim }).stand();
    while (Atomics.load(words, 0) === 0) await turn();

    // What is written anew meanwhile counts, and not what the server still has of before.
    const newer = Uint8Array.from({ length: 100_000 }, () => random.below(256));
    const at = random.below(fileBytes - newer.length);
    bytes.set(newer, at);
    await file.write(at, newer);
    const second = file.fsync();
    await using other = await writer.open(small);
    await other.write(0, bytes.subarray(0, smallBytes));
    await other.fsync();

    Atomics.store(words, 1, 1);
    Atomics.notify(words, 1);
    await Promise.all([standing, first, second]);
    words.fill(0);
    for (const [what, length] of [
      [name, fileBytes],
      [small, smallBytes],
    ] as const) {
      await using copy = await reader.open(what);
      const read = await copy.read(0, length + 1);
      expect({ what, same: Buffer.compare(read, bytes.subarray(0, length)) === 0 }).toEqual({ what, same: true });
    }
  }
  expect(writer.stats()).toMatchObject({ dirtyPages: 0, leasesLostTotal: 0 });
}, 120_000);
