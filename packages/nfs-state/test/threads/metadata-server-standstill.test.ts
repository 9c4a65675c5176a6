import { PageCache, startPageServers } from '@holdfast/nfs-state';
import { expect, it } from 'vitest';
import { Standstill } from '../fixtures/standstill-service.ts';
import { drives, HeadCluster, heads } from '../support/head-cluster.ts';
import { SessionClient } from '../support/session-client.ts';

const fileBytes = 100_000;

interface Holder {
  readonly slot: number;
  readonly epoch: number;
  readonly past: readonly { readonly slot: number }[];
}

async function holderOf({ cluster }: HeadCluster): Promise<Holder> {
  for (;;) {
    const entry = await cluster.coord.get('holdfast-nfs-files/server');
    if (entry !== undefined) return JSON.parse(new TextDecoder().decode(entry.value)) as Holder;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('a node that stands still is replaced as a metadata server and as a head, and does nothing more when it goes on', async () => {
  await using at = await HeadCluster.start();
  const gate = new SharedArrayBuffer(8);
  const words = new Int32Array(gate);
  const fixture = new URL('../fixtures/standstill-service.ts', import.meta.url);
  await at.cluster.deploy(fixture, { on: [...heads], options: gate });
  const servers = { metadata: heads, dataServers: drives, pagesMax: 1024 };
  await startPageServers(at.cluster, servers);
  await using writer = await PageCache.connect(at.cluster.main, servers);
  await using other = await PageCache.connect(at.cluster.main, servers);
  await writer.create('kept');
  await using file = await writer.open('kept');
  await using theirs = await other.open('kept');
  const bytes = Uint8Array.from({ length: fileBytes }, (_, nth) => (nth * 7) % 251);
  const lock = await file.lock({ offset: 0, bytes: fileBytes });
  await file.write(0, bytes);
  const before = await holderOf(at);
  const victim = `n${before.slot}`;
  const [survivor] = heads.filter((head) => head !== victim);
  const carl = new SessionClient('carl', at.nfs.head(victim).client());
  await carl.introduce();
  const { stateid } = await carl.ask(carl.open('other'));
  const standing = at.cluster.service(Standstill, { node: victim }).stand();
  while (Atomics.load(words, 0) === 0) await turn();

  let isTheirs = false;
  const waiting = theirs.lock({ offset: 10, bytes: 1 }).then((held) => {
    isTheirs = true;
    return held;
  });
  await file.fsync();
  const during = await holderOf(at);
  expect(during.epoch).toBeGreaterThan(before.epoch);
  expect(during.past).toMatchObject([{ slot: before.slot }]);
  expect([isTheirs, writer.stats().leasesLostTotal]).toEqual([false, 0]);
  // Closed at another head; the one that granted it is asked first thing when it goes on.
  const elsewhere = at.nfs.head(survivor!).client();
  expect(await carl.ask({ type: 'close', stateid: stateid!, seqid: 0 }, {}, elsewhere)).toMatchObject({ status: 'OK' });
  const asked = at.nfs.head(victim).client().ask({ type: 'io', file: 'other', stateid: stateid!, write: true });

  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
  await standing;
  expect(['BAD_STATEID', 'DELAY']).toContain((await asked).status);
  // It says that nothing of before is under way, and leaves the place to who has it.
  while ((await holderOf(at)).past.length > 0);
  expect(await holderOf(at)).toMatchObject({ slot: during.slot, epoch: during.epoch });
  await file.write(5, bytes.subarray(5, 10));
  await file.unlock(lock);
  const theirLock = await waiting;
  expect(Buffer.compare(await theirs.read(0, fileBytes + 1), bytes)).toBe(0);
  await theirs.unlock(theirLock);
  expect(other.stats().leasesLostTotal).toBe(0);
}, 60_000);
