import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { NfsHeads, type Stateid } from '@holdfast/nfs-state';
import { RaidArray } from '@holdfast/raid';
import { Cluster } from '@holdfast/runtime';
import { expect, it } from 'vitest';
import { TestClient } from '../support/nfs-client.ts';
import { scratchDirectory } from '../support/scratch.ts';

const heads = ['n0', 'n1'];
const leaseMs = 8000;

interface Said {
  readonly client: string;
  readonly stateid: Stateid;
}

interface Segment {
  readonly gfid: string;
  readonly first: number;
}

/** Of those that are ended, or the last one: whoever is short of time may have lost its place after its first batch. */
function longestOf(segments: readonly Segment[]): Segment {
  const lengths = segments.map(({ first }, at) => (segments[at + 1]?.first ?? first) - first);
  const longest = lengths.indexOf(Math.max(...lengths));
  return segments[lengths[longest]! > 2 ? longest : segments.length - 1]!;
}

/** Heads in a process of their own, until a client of theirs said what it holds; then the process is killed. */
async function killedHeads(storage: string): Promise<Said> {
  const program = fileURLToPath(new URL('../support/doomed-heads.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=holdfast-src', program, storage], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  child.kill('SIGKILL');
  expect((await gone)[1]).toBe('SIGKILL');
  return JSON.parse(line) as Said;
}

it('serves the same stateids when the process of all heads was killed, and nothing from a log that is not whole', async () => {
  using scratch = scratchDirectory();
  const { client, stateid } = await killedHeads(scratch.path);
  await using cluster = await Cluster.start({ nodes: 2, storage: scratch.path });
  await using array = await RaidArray.open(cluster);
  const start = () => NfsHeads.start(cluster, { array, heads, leaseMs, steersClock: true });
  {
    await using nfs = await start();
    const write = { type: 'io', file: 'f', stateid, write: true } as const;
    for (const head of heads) expect(await nfs.head(head).client().ask(write)).toMatchObject({ status: 'OK' });
    expect((await nfs.head('n1').leases())[0]).toEqual({ client, leftMs: leaseMs });
    const ben = new TestClient('ben', nfs.client());
    await ben.introduce();
    await ben.open('f');
    expect(await ben.lock({ file: 'f' })).toMatchObject({ status: 'DENIED', denied: { client } });
  }
  const key = 'holdfast-nfs-state/manifest';
  const { value, modRevision } = (await cluster.coord.get(key))!;
  const manifest = JSON.parse(new TextDecoder().decode(value)) as { segments: Segment[] };
  const asNewer = new TextEncoder().encode(JSON.stringify({ ...manifest, version: 2 }));
  await cluster.coord.compareAndSet(key, modRevision, asNewer);
  await expect(start()).rejects.toMatchObject({ code: 'HF_NFS_LOG_NEWER' });
  await cluster.coord.compareAndSet(key, (await cluster.coord.get(key))!.modRevision, value);
  const object = await array.objects.open(longestOf(manifest.segments).gfid);
  const codes = new Set<string>();
  cluster.events$.subscribe((event) => event.type === 'nfs-log-failed' && codes.add(event.code));
  await object.claim();
  await object.write(4096, new Uint8Array(64).fill(0xff), { toughness: 2 });
  await expect(start()).rejects.toMatchObject({ code: 'HF_NFS_LOG_DAMAGED' });
  expect([...codes]).toContain('HF_NFS_LOG_DAMAGED');

  await NfsHeads.abandonLog(cluster, { array, reclaim: ['anna'] });
  await using nfs = await start();
  const write = { type: 'io', file: 'f', stateid, write: true } as const;
  let said = await nfs.client().ask(write);
  // On a machine that is short of time heads may take longer than a request waits.
  while (said.isUndecided === true) said = await nfs.client().ask(write);
  expect(said).toEqual({ status: 'STALE_STATEID' });
  const [anna, ben] = [new TestClient('anna', nfs.client()), new TestClient('ben', nfs.head('n1').client())];
  await anna.introduce();
  await ben.introduce();
  expect(await ben.open('f')).toEqual({ status: 'GRACE' });
  expect(await ben.open('f', { reclaims: true })).toEqual({ status: 'RECLAIM_BAD' });
  expect(await anna.open('f', { reclaims: true })).toMatchObject({ status: 'OK', mustConfirm: false });
  expect(await anna.lock({ file: 'f', reclaim: true })).toMatchObject({ status: 'OK' });
  await nfs.head('n0').turn(1.1 * leaseMs);
  while ((await ben.open('f')).status === 'GRACE');
  expect(await ben.lock({ file: 'f' })).toMatchObject({ status: 'DENIED', denied: { client: anna.id } });
  expect(await anna.open('f', { reclaims: true })).toEqual({ status: 'NO_GRACE' });
  await expect(NfsHeads.abandonLog(cluster, { array })).rejects.toMatchObject({ code: 'HF_NFS_OPTIONS' });
}, 120_000);
