/** Locks of NFS clients that outlive the server that granted them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NfsClient, NfsHeads, type Stateid } from '@holdfast/nfs-state';
import { RaidArray } from '@holdfast/raid';
import { Cluster } from '@holdfast/runtime';

const storage = await mkdtemp(join(tmpdir(), 'holdfast-example-'));
const file = 'ledger';
try {
  await using cluster = await Cluster.start({ nodes: 4, storage });
  await using array = await RaidArray.create(cluster, { data: 3, parity: 1 });
  await using heads = await NfsHeads.start(cluster, { array, heads: ['n0', 'n1'] });
  cluster.events$.subscribe((event) => {
    if (event.type === 'node-down' && event.cause === 'killed') console.log(`${event.node} is dead`);
  });

  // Ada asks the head on n0 and, when that is gone, another. Ben asks the one on n1 only.
  const ada = heads.client();
  const ben = heads.head('n1').client();
  const adasLock = await lock(ada, 'ada');
  console.log(`ada locks: ${adasLock.status}`);
  console.log(`ben locks: ${(await lock(ben, 'ben')).status}`);

  await cluster.kill('n0');
  const writing = await ada.ask({ type: 'io', file, stateid: adasLock.stateid!, write: true });
  console.log(`ada writes under her lock: ${writing.status}`);
  console.log(`cara locks: ${(await lock(heads.client(), 'cara')).status}`);

  const { status } = await ada.ask({ type: 'unlock', stateid: adasLock.stateid!, seqid: 2, range: all() });
  console.log(`ada unlocks: ${status}`);
  console.log(`dora locks: ${(await lock(heads.client(), 'dora')).status}`);
} finally {
  await rm(storage, { recursive: true });
}

/** A new client of NFSv4.0 opens the file and asks for all of it. */
async function lock(
  client: NfsClient,
  name: string,
): Promise<{ readonly status: string; readonly stateid?: Stateid | undefined }> {
  const named = await client.ask({ type: 'setclientid', name, verifier: '1', principal: name, callback: '' });
  const [id, confirm] = [named.clientId!, named.confirm!];
  await client.ask({ type: 'setclientid-confirm', client: id, confirm, principal: name });
  const opened = await client.ask({ type: 'open', client: id, owner: name, seqid: 1, file, access: 3, deny: 0 });
  const { stateid } = await client.ask({ type: 'open-confirm', stateid: opened.stateid!, seqid: 2 });
  const lockNew = { type: 'lock-new', open: stateid!, openSeqid: 3, owner: name, lockSeqid: 1 } as const;
  return client.ask({ ...lockNew, lockType: 'write', range: all() });
}

function all() {
  return { offset: 0n, length: 2n ** 64n - 1n };
}
