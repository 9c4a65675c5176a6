import { PageCache, startPageServers } from '@holdfast/nfs-state';
import { expect, it } from 'vitest';
import { drives, HeadCluster, heads } from '../support/head-cluster.ts';
import { Random } from '../support/random.ts';

const kills = Number(process.env.HOLDFAST_KILLS ?? 3);
const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 2 ** 31);
const fileBytes = 200_000;

/** The node whose metadata server serves. */
async function servingNode({ cluster }: HeadCluster): Promise<string> {
  for (;;) {
    const entry = await cluster.coord.get('holdfast-nfs-files/server');
    if (entry !== undefined) return `n${JSON.parse(new TextDecoder().decode(entry.value)).slot}`;
  }
}

it(`a head that is killed takes no lock, no layout and no byte along, ${kills} times (HOLDFAST_SEED=${seed})`, async () => {
  const random = new Random(seed);
  await using at = await HeadCluster.start();
  const servers = { metadata: heads, dataServers: drives, pagesMax: 1024 };
  await startPageServers(at.cluster, servers);
  await using writer = await PageCache.connect(at.cluster.main, servers);
  await using other = await PageCache.connect(at.cluster.main, servers);
  for (let nth = 0; nth < kills; nth++) {
    const name = `file-${nth}`;
    await writer.create(name);
    await using file = await writer.open(name);
    await using theirs = await other.open(name);
    const bytes = Uint8Array.from({ length: fileBytes }, () => random.below(256));
    const lock = await file.lock({ offset: 0, bytes: fileBytes });
    await file.write(0, bytes);
    const fsync = file.fsync();
    for (let turns = random.below(8); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    await at.kill(await servingNode(at));
    let isTheirs = false;
    const waiting = theirs.lock({ offset: 10, bytes: 1 }).then((held) => {
      isTheirs = true;
      return held;
    });
    await fsync;
    const held = (await at.nfs.locks()).filter(({ ranges }) => ranges.length > 0);
    expect(held).toMatchObject([{ file: name, ranges: [{ type: 'write', start: 0n, end: BigInt(fileBytes) }] }]);
    await file.write(5, bytes.subarray(5, 10));
    expect(isTheirs).toBe(false);
    await file.unlock(lock);
    const theirLock = await waiting;
    const read = await theirs.read(0, fileBytes + 1);
    expect({ nth, length: read.length, same: Buffer.compare(read, bytes) }).toEqual({
      nth,
      length: fileBytes,
      same: 0,
    });
    await theirs.unlock(theirLock);
  }
  expect(writer.stats()).toMatchObject({ dirtyPages: 0, leasesLostTotal: 0 });
  expect(other.stats()).toMatchObject({ leasesLostTotal: 0 });
}, 900_000);
