import { PageCache } from '@holdfast/nfs-state';
import { Cluster } from '@holdfast/runtime';
import { expect, it } from 'vitest';
import { Random } from '../support/random.ts';

const kills = Number(process.env.HOLDFAST_KILLS ?? 8);
const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 2 ** 31);
const fileBytes = 400_000;
const dataServers = ['n1', 'n2', 'n3'];

const fixture = (name: string): URL => new URL(`../fixtures/${name}-service.ts`, import.meta.url);

/** The next turn of the event loop: what arrived meanwhile has been handled. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it(`loses no byte of an fsync when a data server dies under it, ${kills} times (HOLDFAST_SEED=${seed})`, async () => {
  const random = new Random(seed);
  await using cluster = await Cluster.start({ nodes: 4 });
  await cluster.deploy(fixture('stable-objects'), { on: 'n0' });
  await cluster.deploy(fixture('data-server'), { on: dataServers });
  await cluster.deploy(fixture('metadata-server'), { on: 'n0' });
  const servers = { metadata: ['n0'], dataServers, pagesMax: 1024 };
  await using writer = await PageCache.connect(cluster.main, servers);
  await using reader = await PageCache.connect(cluster.main, servers);
  const restarting = new Map<string, Promise<void>>();
  let rewritten = 0;
  for (let nth = 0; nth < kills; nth++) {
    const name = `file-${nth}`;
    await writer.create(name);
    await using file = await writer.open(name);
    const bytes = Uint8Array.from({ length: fileBytes }, () => random.below(256));
    await file.write(0, bytes);
    const callsBefore = writer.stats().callsTotal;
    const fsync = file.fsync();
    // Anywhere from before the first request to after the last one.
    for (
      const calls = random.below(10);
      writer.stats().callsTotal < callsBefore + calls && writer.stats().dirtyPages > 0;
    )
      await turn();
    const victim = dataServers[random.below(3)]!;
    await restarting.get(victim);
    await cluster.kill(victim);
    restarting.set(victim, cluster.restart(victim));
    await fsync;
    await using copy = await reader.open(name);
    const read = await copy.read(0, fileBytes + 1);
    expect({ nth, same: Buffer.compare(read, bytes) === 0, length: read.length }).toEqual({
      nth,
      same: true,
      length: fileBytes,
    });
    if (writer.stats().callsTotal - callsBefore > 8) rewritten++;
  }
  await Promise.all(restarting.values());
  // Some died with what they had not made stable.
  expect(rewritten).toBeGreaterThan(0);
  expect(writer.stats()).toMatchObject({ dirtyPages: 0, leasesLostTotal: 0 });
}, 900_000);
