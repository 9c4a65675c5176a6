import type { Recall, Stateid } from '@holdfast/nfs-state';
import { firstValueFrom, type Observable, ReplaySubject } from 'rxjs';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { HeadCluster, heads } from '../support/head-cluster.ts';
import { TestClient, wholeFile } from '../support/nfs-client.ts';
import { SessionClient } from '../support/session-client.ts';

const leaseMs = 8000;

let at: HeadCluster;
let anna: TestClient;
let ben: TestClient;
let files = 0;
let file: string;

beforeAll(async () => {
  at = await HeadCluster.start({ leaseMs, steersClock: true });
}, 60_000);

afterAll(() => at[Symbol.asyncDispose]());

beforeEach(async () => {
  file = `f${++files}`;
  anna = new TestClient(`anna ${files}`, at.nfs.client());
  ben = new TestClient(`ben ${files}`, at.nfs.head('n3').client());
  await anna.introduce();
  await ben.introduce();
});

function listen(client: TestClient): Observable<Recall> {
  const heard = new ReplaySubject<Recall>();
  const listening = client.recalls$().subscribe(heard);
  onTestFinished(() => listening.unsubscribe());
  return heard;
}

/** Heads delegate from when they know that the client listens. */
async function delegated(client: TestClient): Promise<Stateid> {
  for (;;) {
    const { delegation } = await client.open(file);
    if (delegation !== undefined) return delegation.stateid;
  }
}

const turn = async (ms: number): Promise<void> => {
  await Promise.all(heads.map((head) => at.nfs.head(head).turn(ms)));
};

it('delegates nothing to a client that does not listen', async () => {
  await anna.open(file);
  expect(await anna.open(file)).not.toHaveProperty('delegation');
});

it('asks a delegation back through the head that its client listens to, and tells others to come again', async () => {
  const recalls$ = listen(anna);
  const stateid = await delegated(anna);
  expect(await ben.open(file)).toMatchObject({ status: 'DELAY' });
  expect(await firstValueFrom(recalls$)).toEqual({ type: 'delegation', stateid, file });
  expect(await ben.open(file)).toMatchObject({ status: 'DELAY' });
  expect(await anna.giveBack(stateid)).toMatchObject({ status: 'OK' });
  expect(await ben.open(file)).toMatchObject({ status: 'OK' });
  expect(await anna.giveBack(stateid)).toMatchObject({ status: 'BAD_STATEID' });
});

it('takes what was not returned for a lease, from a client that keeps its own', async () => {
  listen(anna);
  const stateid = await delegated(anna);
  expect(await ben.open(file)).toMatchObject({ status: 'DELAY' });
  await turn(0.75 * leaseMs);
  expect(await anna.renew()).toMatchObject({ status: 'OK' });
  expect(await ben.open(file)).toMatchObject({ status: 'DELAY' });
  await turn(0.5 * leaseMs);
  while ((await ben.open(file)).status === 'DELAY');
  expect(await anna.giveBack(stateid)).toMatchObject({ status: 'BAD_STATEID' });
  expect(await anna.renew()).toMatchObject({ status: 'OK' });
});

it('says it again at another head when the one the client listened to is dead', async () => {
  const recalls$ = listen(anna);
  const stateid = await delegated(anna);
  await at.cluster.kill('n2');
  expect(await ben.open(file)).toMatchObject({ status: 'DELAY' });
  expect(await firstValueFrom(recalls$)).toEqual({ type: 'delegation', stateid, file });
  expect(await anna.giveBack(stateid)).toMatchObject({ status: 'OK' });
  expect(await ben.open(file)).toMatchObject({ status: 'OK' });
  await at.cluster.restart('n2');
});

it('asks layouts back, takes those that are not returned, and lets nobody write under them then', async () => {
  const carl = new SessionClient(`carl ${files}`, at.nfs.client());
  await carl.introduce();
  const { stateid } = await carl.ask(carl.open(file));
  const wanted = { client: carl.id, file, mode: 'write', range: wholeFile, minLength: 0n } as const;
  const got = await carl.ask({ type: 'layout-get', ...wanted, stateid: stateid! });
  const heard = new ReplaySubject<Recall>();
  const listening = at.nfs.client().recalls$(carl.id).subscribe(heard);
  onTestFinished(() => listening.unsubscribe());
  const head = at.nfs.head('n3');
  expect(await head.recallLayouts(file, carl.id)).toBe('OK');
  expect(await head.recallLayouts(file)).toBe('DELAY');
  const { key, seqid } = got.stateid!;
  expect(await firstValueFrom(heard)).toEqual({ type: 'layout', stateid: { key, seqid: seqid + 1 }, file });
  expect(await carl.ask({ type: 'layout-get', ...wanted, stateid: stateid! })).toMatchObject({
    status: 'RECALLCONFLICT',
  });
  await turn(1.1 * leaseMs);
  while ((await head.recallLayouts(file)) === 'DELAY');
  const commit = { type: 'layout-commit', client: carl.id, file, stateid: got.stateid! } as const;
  expect(await carl.ask(commit)).toMatchObject({ status: 'BADLAYOUT' });
});
