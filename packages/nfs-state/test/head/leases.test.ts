import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { HeadCluster, heads } from '../support/head-cluster.ts';
import { TestClient } from '../support/nfs-client.ts';

const leaseMs = 8000;
/** More than a lease by any head's count. */
const leaseAndMore = 1.5 * leaseMs;

let at: HeadCluster;
let anna: TestClient;
let ben: TestClient;
let files = 0;
let file: string;

beforeAll(async () => {
  at = await HeadCluster.start({ leaseMs, steersClock: true });
}, 60_000);

afterAll(() => at[Symbol.asyncDispose]());

/** Anna asks n2 and holds the lock, ben asks n3 and wants it. */
beforeEach(async () => {
  file = `f${++files}`;
  anna = new TestClient(`anna ${files}`, at.nfs.head('n2').client());
  ben = new TestClient(`ben ${files}`, at.nfs.head('n3').client());
  for (const client of [anna, ben]) {
    await client.introduce();
    await client.open(file);
  }
  expect(await anna.lock({ file })).toMatchObject({ status: 'OK' });
});

const turn = async (ms: number, of: readonly string[] = heads): Promise<void> => {
  await Promise.all(of.map((head) => at.nfs.head(head).turn(ms)));
};

it('keeps what a client has past its lease, until somebody is in the way', async () => {
  await turn(leaseAndMore);
  expect(await anna.write(file)).toMatchObject({ status: 'OK' });
  expect(await ben.lock({ file })).toMatchObject({ status: 'DENIED' });
  await turn(leaseAndMore);
  expect(await ben.lock({ file })).toMatchObject({ status: 'OK' });
  expect(await anna.write(file)).toMatchObject({ status: 'BAD_STATEID' });
  expect((await at.nfs.clients()).map(({ name }) => name)).not.toContain(`anna ${files}`);
});

it('expires nobody whom another head heard of within a lease, though it never heard that', async () => {
  await turn(leaseAndMore, ['n3', 'n4']);
  expect(await ben.lock({ file })).toMatchObject({ status: 'DENIED', denied: { client: anna.id } });
  expect(await anna.write(file)).toMatchObject({ status: 'OK' });
});

const leftAt = async (head: string): Promise<number | undefined> =>
  (await at.nfs.head(head).leases()).find(({ client }) => client === anna.id)?.leftMs;

it('hears of renewals at other heads', async () => {
  await turn(0.75 * leaseMs);
  expect(await leftAt('n4')).toBeLessThan(leaseMs / 2);
  expect(await anna.renew()).toMatchObject({ status: 'OK' });
  while ((await leftAt('n4')) !== leaseMs);
});

it('begins leases anew after it stood still', async () => {
  await turn(0.75 * leaseMs);
  for (const head of heads) await at.nfs.head(head).turn(0.75 * leaseMs, { stalls: true });
  expect(await ben.lock({ file })).toMatchObject({ status: 'DENIED' });
  await turn(leaseAndMore);
  expect(await ben.lock({ file })).toMatchObject({ status: 'OK' });
});

it('begins leases anew when a head dies, and needs the word of those alone that are there', async () => {
  await turn(0.75 * leaseMs);
  await at.cluster.kill('n4');
  await turn(0.75 * leaseMs, ['n2', 'n3']);
  expect(await ben.lock({ file })).toMatchObject({ status: 'DENIED' });
  await turn(leaseAndMore, ['n2', 'n3']);
  expect(await ben.lock({ file })).toMatchObject({ status: 'OK' });
  await at.cluster.restart('n4');
});
