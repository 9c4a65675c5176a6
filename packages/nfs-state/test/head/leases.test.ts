import { beforeEach, expect, it } from 'vitest';
import { heads } from '../support/head-cluster.ts';
import { leaseMs, steeredHeads } from '../support/steered-heads.ts';

/** More than a lease by any head's count. */
const leaseAndMore = 1.5 * leaseMs;

const on = steeredHeads();

/** Anna holds the lock, Ben wants it. */
beforeEach(async () => {
  for (const client of [on.anna, on.ben]) await client.open(on.file);
  expect(await on.anna.lock({ file: on.file })).toMatchObject({ status: 'OK' });
});

it('keeps what a client has past its lease, until somebody is in the way', async () => {
  await on.turn(leaseAndMore);
  expect(await on.anna.write(on.file)).toMatchObject({ status: 'OK' });
  expect(await on.ben.lock({ file: on.file })).toMatchObject({ status: 'DENIED' });
  await on.turn(leaseAndMore);
  expect(await on.ben.lock({ file: on.file })).toMatchObject({ status: 'OK' });
  expect(await on.anna.write(on.file)).toMatchObject({ status: 'BAD_STATEID' });
  expect((await on.at.nfs.clients()).map(({ name }) => name)).not.toContain(`anna ${on.count}`);
});

it('expires nobody whom another head heard of within a lease, though it never heard that', async () => {
  await on.turn(leaseAndMore, ['n3', 'n4']);
  expect(await on.ben.lock({ file: on.file })).toMatchObject({ status: 'DENIED', denied: { client: on.anna.id } });
  expect(await on.anna.write(on.file)).toMatchObject({ status: 'OK' });
});

const leftAt = async (head: string): Promise<number | undefined> =>
  (await on.at.nfs.head(head).leases()).find(({ client }) => client === on.anna.id)?.leftMs;

it('hears of renewals at other heads', async () => {
  await on.turn(0.75 * leaseMs);
  expect(await leftAt('n4')).toBeLessThan(leaseMs / 2);
  expect(await on.anna.renew()).toMatchObject({ status: 'OK' });
  while ((await leftAt('n4')) !== leaseMs);
});

it('begins leases anew after it stood still', async () => {
  await on.turn(0.75 * leaseMs);
  for (const head of heads) await on.at.nfs.head(head).turn(0.75 * leaseMs, { stalls: true });
  expect(await on.ben.lock({ file: on.file })).toMatchObject({ status: 'DENIED' });
  await on.turn(leaseAndMore);
  expect(await on.ben.lock({ file: on.file })).toMatchObject({ status: 'OK' });
});

it('begins leases anew when a head dies, and needs the word of those alone that are there', async () => {
  await on.turn(0.75 * leaseMs);
  await on.at.cluster.kill('n4');
  await on.turn(0.75 * leaseMs, ['n2', 'n3']);
  expect(await on.ben.lock({ file: on.file })).toMatchObject({ status: 'DENIED' });
  await on.turn(leaseAndMore, ['n2', 'n3']);
  expect(await on.ben.lock({ file: on.file })).toMatchObject({ status: 'OK' });
  await on.at.cluster.restart('n4');
});
