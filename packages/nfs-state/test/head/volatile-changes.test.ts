import { afterAll, beforeAll, expect, it } from 'vitest';
import { HeadCluster } from '../support/head-cluster.ts';
import { TestClient } from '../support/nfs-client.ts';

/** What a client is promised goes from memory to memory here, as nobody should have it. */
const priority = { change: { locks: 'volatile', 'lock-owner': 'volatile' }, unsafe: true } as const;
const bytes = (offset: bigint) => ({ offset, length: 10n });

let at: HeadCluster;

beforeAll(async () => {
  at = await HeadCluster.start({ priority });
}, 60_000);

afterAll(() => at[Symbol.asyncDispose]());

/** A client whose first lock of the file is in the log, as it makes an owner. */
async function lockingClient(name: string, file: string): Promise<TestClient> {
  const client = new TestClient(name, at.nfs.client());
  await client.introduce();
  await client.open(file);
  await client.lock({ file, range: bytes(0n) });
  return client;
}

/** Until that head has heard of locks that reach so far. */
async function hears(head: string, file: string, end: bigint): Promise<void> {
  for (;;) {
    const locks = await at.nfs.head(head).table('locks');
    if (locks.some((each) => each.file === file && each.ranges.at(-1)?.end === end)) return;
  }
}

it('a volatile change reaches the other heads without a record, and outlives its head once they heard of it', async () => {
  const anna = await lockingClient('anna', 'f');
  await hears('n3', 'f', 10n);
  const before = await at.nfs.head('n3').place();
  expect(await anna.lock({ file: 'f', range: bytes(100n) })).toMatchObject({ status: 'OK', stateid: { seqid: 2 } });
  await hears('n3', 'f', 110n);
  await hears('n4', 'f', 110n);
  expect((await at.nfs.head('n3').place()).applied).toBe(before.applied);
  await at.kill('n2');
  expect(await anna.write('f')).toMatchObject({ status: 'OK' });
  const ben = await lockingClient('ben', 'f');
  expect(await ben.lock({ file: 'f', range: bytes(105n) })).toMatchObject({
    status: 'DENIED',
    denied: { owner: 'anna/locks/f' },
  });
});

it('a volatile change that nobody else has heard of is gone with its head', async () => {
  // Back, and asked first again by whoever is new.
  await at.restarted('n2');
  const carl = await lockingClient('carl', 'g');
  await at.nfs.head('n2').hold('outbox');
  expect(await carl.lock({ file: 'g', range: bytes(100n) })).toMatchObject({ status: 'OK', stateid: { seqid: 2 } });
  await at.kill('n2');
  expect(await carl.write('g')).toMatchObject({ status: 'BAD_STATEID' });
  const dora = await lockingClient('dora', 'g');
  expect(await dora.lock({ file: 'g', range: bytes(100n) })).toMatchObject({ status: 'OK' });
});
