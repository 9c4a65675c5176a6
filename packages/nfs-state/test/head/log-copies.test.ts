import { expect, it } from 'vitest';
import { drives, HeadCluster } from '../support/head-cluster.ts';
import { TestClient } from '../support/nfs-client.ts';

it('goes on with one copy of the log, and tells clients to come again without any', async () => {
  await using at = await HeadCluster.start({ requestWaitMs: 500 });
  const anna = new TestClient('anna', at.nfs.client());
  await anna.introduce();
  await anna.open('f');
  await at.cluster.kill(drives[1]!);
  expect(await anna.lock({ file: 'f' })).toMatchObject({ status: 'OK' });
  await at.cluster.kill(drives[0]!);
  const client = at.nfs.client();
  const asked = { type: 'open', client: anna.id, owner: 'other', seqid: 1, file: 'g', access: 1, deny: 0 } as const;
  expect(await client.ask(asked)).toEqual({ status: 'DELAY', isUndecided: true });
  expect(await client.ask(asked)).toEqual({ status: 'DELAY', isUndecided: true });
  expect((await at.nfs.opens()).map(({ file }) => file)).toEqual(['f']);
}, 60_000);
