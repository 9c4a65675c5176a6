import { isDeepStrictEqual } from 'node:util';
import type { ClusterEvent } from '@holdfast/runtime';
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
  expect(await on.anna.write(on.file)).toMatchObject({ status: 'EXPIRED' });
  expect(await on.anna.renew()).toMatchObject({ status: 'EXPIRED' });
  expect((await on.at.nfs.clients()).map(({ name }) => name)).not.toContain(`anna ${on.count}`);
});

it('expires nobody whom another head heard of within a lease, though it never heard that', async () => {
  await on.turn(leaseAndMore, ['n3', 'n4']);
  expect(await on.ben.lock({ file: on.file })).toMatchObject({ status: 'DENIED', denied: { client: on.anna.id } });
  expect(await on.anna.write(on.file)).toMatchObject({ status: 'OK' });
});

it('tells of clients that were expired, of heads that serve and of who appends', async () => {
  const events: ClusterEvent[] = [];
  const listening = on.at.nfs.events$.subscribe((event) => events.push(event));
  const heard = async (wanted: object): Promise<void> => {
    const deadlineMs = performance.now() + 10_000;
    while (performance.now() < deadlineMs && !events.some((event) => isDeepStrictEqual({ ...event, ...wanted }, event)))
      await new Promise((resolve) => setImmediate(resolve));
    expect(events).toContainEqual(expect.objectContaining(wanted));
  };
  const mine = { file: on.file, client: on.anna.id };
  expect((await on.at.nfs.clients()).map(({ id }) => id)).toContain(on.anna.id);
  expect(await on.at.nfs.opens()).toContainEqual(expect.objectContaining({ ...mine, access: 3, deny: 0 }));
  expect(await on.at.nfs.locks()).toContainEqual(expect.objectContaining(mine));

  const before = await on.at.appender();
  await on.at.nfs.failover(before);
  const after = await on.at.appender();
  expect(after).not.toBe(before);
  await heard({ type: 'nfs-appender', node: after });
  await heard({ type: 'nfs-heads', node: after, heads });
  expect(await on.anna.write(on.file)).toMatchObject({ status: 'OK' });
  await on.at.nfs.failover(before);
  expect(await on.at.appender()).toBe(after);

  await on.turn(leaseAndMore);
  expect(await on.ben.lock({ file: on.file })).toMatchObject({ status: 'OK' });
  await heard({ type: 'nfs-client-expired', client: on.anna.id, name: `anna ${on.count}` });
  expect((await on.at.nfs.opens()).filter(({ client }) => client === on.anna.id)).toEqual([]);
  listening.unsubscribe();
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
