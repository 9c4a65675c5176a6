import { expect, it } from 'vitest';
import { HeadCluster } from '../support/head-cluster.ts';
import { TestClient } from '../support/nfs-client.ts';

const kills = Number(process.env.HOLDFAST_KILLS ?? 4);

it(`what was durable and not answered when its head died is answered once, ${kills} times`, async () => {
  await using at = await HeadCluster.start();
  const anna = new TestClient('anna', at.nfs.client());
  await anna.introduce();
  await anna.open('f');
  for (let nth = 1; nth <= kills; nth++) {
    const victim = await at.appender();
    const { reached } = await at.nfs.head(victim).hold('appended');
    // Every lock of the same bytes is a change of its stateid: its seqid counts how often it was carried out.
    const locking = anna.lock({ file: 'f' });
    await reached;
    await at.killAmongOthers(victim);
    expect(await locking).toMatchObject({ status: 'OK', stateid: { seqid: nth } });
    const [locks] = await at.nfs.locks();
    expect(locks).toMatchObject({ seqid: nth, ranges: [{ type: 'write', start: 0n }] });
  }
}, 3_600_000);
