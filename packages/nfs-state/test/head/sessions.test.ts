import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { HeadCluster } from '../support/head-cluster.ts';
import { SessionClient } from '../support/session-client.ts';

let at: HeadCluster;
let anna: SessionClient;
let files = 0;
let file: string;

beforeAll(async () => {
  at = await HeadCluster.start();
}, 60_000);

afterAll(() => at[Symbol.asyncDispose]());

beforeEach(async () => {
  file = `f${++files}`;
  anna = new SessionClient(`anna ${files}`, at.nfs.client());
  await anna.introduce();
});

const renew = () => ({ type: 'renew', client: anna.id }) as const;

it('answers a request that comes again as before, whichever head is asked, and after the first one died', async () => {
  const opened = await anna.ask(anna.open(file));
  expect(opened).toMatchObject({ status: 'OK', stateid: { seqid: 1 } });
  const again = { seqid: anna.seqid() };
  expect(await anna.ask(anna.open(file), again)).toEqual(opened);
  expect(await anna.ask(anna.open(file), again, at.nfs.head('n4').client())).toEqual(opened);
  await at.kill('n2');
  expect(await anna.ask(anna.open(file), again)).toEqual(opened);
  expect(await at.nfs.opens()).toHaveLength(1);
});

it('answers what was durable when its head died and the client was told nothing, once', async () => {
  const victim = await at.appender();
  const { reached } = await at.nfs.head(victim).hold('appended');
  const opening = anna.ask(anna.open(file));
  await reached;
  await at.kill(victim);
  const opened = await opening;
  expect(opened).toMatchObject({ status: 'OK', stateid: { seqid: 1 } });
  expect(await anna.ask(anna.open(file), { seqid: anna.seqid() })).toEqual(opened);
});

it('carries out what was not in the log when its head died, once', async () => {
  const victim = await at.appender();
  const { reached } = await at.nfs.head(victim).hold('append');
  const opening = anna.ask(anna.open(file));
  await reached;
  await at.kill(victim);
  const opened = await opening;
  expect(opened).toMatchObject({ status: 'OK', stateid: { seqid: 1 } });
  expect(await anna.ask(anna.open(file), { seqid: anna.seqid() })).toEqual(opened);
});

it('says what is wrong with a slot', async () => {
  await anna.ask(anna.open(file));
  await anna.ask(renew());
  const said = async (slot: Parameters<typeof anna.ask>[1]): Promise<string> => (await anna.ask(renew(), slot)).status;
  expect(await said({ session: 'nobody', seqid: 1 })).toBe('BADSESSION');
  expect(await said({ slot: 64, seqid: 1 })).toBe('BADSLOT');
  expect(await said({ seqid: 1 })).toBe('SEQ_MISORDERED');
  expect(await said({ seqid: 4 })).toBe('SEQ_MISORDERED');
  expect(await said({ seqid: 2, digest: 'another' })).toBe('SEQ_FALSE_RETRY');
  expect(await said({ seqid: 2 })).toBe('OK');
  expect(await said({})).toBe('OK');
});

it('lets numbers be skipped after a takeover, of requests that left no trace', async () => {
  // It may have been killed before.
  await at.restarted('n2');
  await anna.ask(anna.open(file));
  // Nobody but the head that dies knows of these.
  await at.nfs.head('n2').hold('outbox');
  for (let nth = 0; nth < 3; nth++) expect(await anna.ask(renew())).toMatchObject({ status: 'OK' });
  await at.kill('n2');
  const opened = await anna.ask(anna.open(file));
  expect(opened).toMatchObject({ status: 'OK', stateid: { seqid: 2 } });
  expect(await anna.ask(renew(), { seqid: 4 })).toMatchObject({ status: 'SEQ_MISORDERED' });
});

it('lets numbers be skipped once another head serves the session too, whose requests nobody else knows of', async () => {
  await Promise.all([at.restarted('n3'), at.restarted('n4')]);
  const ben = new SessionClient(`ben ${files}`, at.nfs.head('n4').client());
  await ben.introduce();
  const look = { type: 'renew', client: ben.id } as const;
  expect(await ben.ask(look)).toMatchObject({ status: 'OK' });
  expect(await ben.ask(look, { seqid: 3 })).toMatchObject({ status: 'SEQ_MISORDERED' });
  await at.nfs.head('n3').hold('outbox');
  const elsewhere = at.nfs.head('n3').client();
  for (const seqid of [2, 3]) expect(await ben.ask(look, { seqid }, elsewhere)).toMatchObject({ status: 'OK' });
  expect(await ben.ask(look, { seqid: 4 })).toMatchObject({ status: 'OK' });
  await at.kill('n3');
});

it('ends a session and its client', async () => {
  const { session, id } = anna;
  await anna.ask(anna.open(file));
  const client = at.nfs.client();
  expect(await client.ask({ type: 'destroy-clientid', client: id })).toMatchObject({ status: 'CLIENTID_BUSY' });
  expect(await anna.ask({ type: 'destroy-session', session })).toMatchObject({ status: 'OK' });
  expect(await anna.ask(renew())).toMatchObject({ status: 'BADSESSION' });
  expect(await client.ask({ type: 'destroy-session', session })).toMatchObject({ status: 'BADSESSION' });
});
