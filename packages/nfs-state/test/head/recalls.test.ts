import type { Recall, Stateid } from '@holdfast/nfs-state';
import { firstValueFrom, type Observable, ReplaySubject } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { type TestClient, wholeFile } from '../support/nfs-client.ts';
import { SessionClient } from '../support/session-client.ts';
import { leaseMs, steeredHeads } from '../support/steered-heads.ts';

const on = steeredHeads();

function listen(client: TestClient): Observable<Recall> {
  const heard = new ReplaySubject<Recall>();
  const listening = client.recalls$().subscribe(heard);
  onTestFinished(() => listening.unsubscribe());
  return heard;
}

/** Heads delegate from when they know that the client listens. */
async function delegated(client: TestClient): Promise<Stateid> {
  for (;;) {
    const { delegation } = await client.open(on.file);
    if (delegation !== undefined) return delegation.stateid;
  }
}

it('delegates nothing to a client that does not listen', async () => {
  await on.anna.open(on.file);
  expect(await on.anna.open(on.file)).not.toHaveProperty('delegation');
});

it('asks a delegation back through the head that its client listens to, and tells others to come again', async () => {
  const recalls$ = listen(on.anna);
  const stateid = await delegated(on.anna);
  expect(await on.ben.open(on.file)).toMatchObject({ status: 'DELAY' });
  expect(await firstValueFrom(recalls$)).toEqual({ type: 'delegation', stateid, file: on.file });
  expect(await on.ben.open(on.file)).toMatchObject({ status: 'DELAY' });
  expect(await on.anna.giveBack(stateid)).toMatchObject({ status: 'OK' });
  expect(await on.ben.open(on.file)).toMatchObject({ status: 'OK' });
  expect(await on.anna.giveBack(stateid)).toMatchObject({ status: 'BAD_STATEID' });
});

it('takes what was not returned for a lease, from a client that keeps its own', async () => {
  listen(on.anna);
  const stateid = await delegated(on.anna);
  expect(await on.ben.open(on.file)).toMatchObject({ status: 'DELAY' });
  await on.turn(0.75 * leaseMs);
  expect(await on.anna.renew()).toMatchObject({ status: 'OK' });
  expect(await on.ben.open(on.file)).toMatchObject({ status: 'DELAY' });
  await on.turn(0.5 * leaseMs);
  while ((await on.ben.open(on.file)).status === 'DELAY');
  expect(await on.anna.giveBack(stateid)).toMatchObject({ status: 'BAD_STATEID' });
  expect(await on.anna.renew()).toMatchObject({ status: 'OK' });
});

it('says it again at another head when the one the client listened to is dead', async () => {
  const recalls$ = listen(on.anna);
  const stateid = await delegated(on.anna);
  await on.at.cluster.kill('n2');
  expect(await on.ben.open(on.file)).toMatchObject({ status: 'DELAY' });
  expect(await firstValueFrom(recalls$)).toEqual({ type: 'delegation', stateid, file: on.file });
  expect(await on.anna.giveBack(stateid)).toMatchObject({ status: 'OK' });
  expect(await on.ben.open(on.file)).toMatchObject({ status: 'OK' });
  await on.at.cluster.restart('n2');
});

it('asks layouts back, takes those that are not returned, and lets nobody write under them then', async () => {
  const carl = new SessionClient(`carl ${on.count}`, on.at.nfs.client());
  await carl.introduce();
  const { stateid } = await carl.ask(carl.open(on.file));
  const wanted = { client: carl.id, file: on.file, mode: 'write', range: wholeFile, minLength: 0n } as const;
  const got = await carl.ask({ type: 'layout-get', ...wanted, stateid: stateid! });
  const heard = new ReplaySubject<Recall>();
  const listening = on.at.nfs.client().recalls$(carl.id).subscribe(heard);
  onTestFinished(() => listening.unsubscribe());
  const head = on.at.nfs.head('n3');
  expect(await head.recallLayouts(on.file, carl.id)).toBe('OK');
  expect(await head.recallLayouts(on.file)).toBe('DELAY');
  const { key, seqid } = got.stateid!;
  expect(await firstValueFrom(heard)).toEqual({ type: 'layout', stateid: { key, seqid: seqid + 1 }, file: on.file });
  expect(await carl.ask({ type: 'layout-get', ...wanted, stateid: stateid! })).toMatchObject({
    status: 'RECALLCONFLICT',
  });
  await on.turn(1.1 * leaseMs);
  while ((await head.recallLayouts(on.file)) === 'DELAY');
  const commit = { type: 'layout-commit', client: carl.id, file: on.file, stateid: got.stateid! } as const;
  expect(await carl.ask(commit)).toMatchObject({ status: 'BADLAYOUT' });
});
