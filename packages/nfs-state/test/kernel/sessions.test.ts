import { applyDelta, judgeSlot, type SlotRequest, slotDelta } from '@holdfast/nfs-state';
import { describe, expect, it } from 'vitest';
import { Head } from '../support/head.ts';

const hello = (name: string, { verifier = '1', principal = 'someone', update = false } = {}) =>
  ({ type: 'exchange-id', name, verifier, principal, update }) as const;

const session = (client: string, sequence = 1, slots = 4) =>
  ({ type: 'create-session', client, sequence, principal: 'someone', slots }) as const;

const nobodys = { key: '0'.repeat(24), seqid: 1 };

/** A head with a client that has a session. */
function served(): { head: Head; client: string; id: string } {
  const head = new Head();
  const { id: client, session: id } = head.client41('anna');
  return { head, client, id };
}

describe('EXCHANGE_ID', () => {
  it('1, 4: gives a new client an id, and another one until it confirms', () => {
    const head = new Head();
    const first = head.do(hello('anna'));
    expect(first).toMatchObject({ status: 'OK', sequence: 1, isConfirmed: false });
    const second = head.do(hello('anna'));
    expect(second.clientId).not.toBe(first.clientId);
    expect(head.do(session(first.clientId!)).status).toBe('STALE_CLIENTID');
    expect(head.do(session(second.clientId!)).status).toBe('OK');
  });

  it('2: gives a confirmed client the id it has', () => {
    const { head, client } = served();
    expect(head.do(hello('anna'))).toMatchObject({ clientId: client, isConfirmed: true, sequence: 2 });
  });

  it('3: refuses another principal while the client has something open, and only then', () => {
    const { head, client } = served();
    expect(head.do(hello('anna', { principal: 'mallory' })).status).toBe('OK');
    head.do({ type: 'open', client, owner: 'o', seqid: 0, file: 'f', access: 1, deny: 0 });
    expect(head.do(hello('anna', { principal: 'mallory' })).status).toBe('CLID_INUSE');
  });

  it('5: lets a client that started again take over, and drops what it had once it has a session', () => {
    const { head, client, id } = served();
    head.do({ type: 'open', client, owner: 'o', seqid: 0, file: 'f', access: 1, deny: 0 });
    const { clientId } = head.do(hello('anna', { verifier: '2' }));
    expect([head.state.sessions.has(id), head.state.opens.size]).toEqual([true, 1]);
    expect(head.do(session(clientId!)).status).toBe('OK');
    expect([head.state.sessions.has(id), head.state.opens.size]).toEqual([false, 0]);
  });

  it('6 to 9: updates confirmed clients only, with their verifier and principal', () => {
    const { head } = served();
    expect(head.do(hello('anna', { update: true }))).toMatchObject({ status: 'OK', isConfirmed: true });
    expect(head.do(hello('ben', { update: true })).status).toBe('NOENT');
    expect(head.do(hello('anna', { update: true, verifier: '2' })).status).toBe('NOT_SAME');
    expect(head.do(hello('anna', { update: true, principal: 'mallory' })).status).toBe('PERM');
  });
});

describe('CREATE_SESSION', () => {
  it('is repeated with its answer, and otherwise goes in order', () => {
    const { head, client, id } = served();
    expect(head.do(session(client))).toMatchObject({ status: 'OK', session: id });
    expect(head.do(session(client, 3)).status).toBe('SEQ_MISORDERED');
    expect(head.do(session(client, 2)).session).not.toBe(id);
    expect(head.state.sessions.size).toBe(2);
  });

  it('grants no more slots and sessions than allowed', () => {
    const head = new Head({ slotsMax: 2, sessionsPerClientMax: 1 });
    const client = head.do(hello('anna')).clientId!;
    expect(head.do(session(client, 1, 1000)).slots).toBe(2);
    expect(head.do(session(client, 2)).status).toBe('RESOURCE');
    expect(head.do(session(client, 2, 0)).status).toBe('INVAL');
  });

  it('leaves clients that have something, and forgets those that have nothing', () => {
    const { head, client, id } = served();
    expect(head.do({ type: 'destroy-clientid', client }).status).toBe('CLIENTID_BUSY');
    expect(head.do({ type: 'destroy-session', session: id }).status).toBe('OK');
    expect(head.do({ type: 'destroy-session', session: id }).status).toBe('BADSESSION');
    expect(head.do({ type: 'destroy-clientid', client }).status).toBe('OK');
    expect(head.do({ type: 'destroy-clientid', client }).status).toBe('STALE_CLIENTID');
  });

  it('binds connections to sessions there are, and forgets clients that never confirmed', () => {
    const { head, id } = served();
    const bind = (to: string) => head.do({ type: 'bind-connection', session: to }).status;
    expect([bind(id), bind('none')]).toEqual(['OK', 'BADSESSION']);
    const { clientId: client } = head.do(hello('ben'));
    const destroy = { type: 'destroy-clientid', client: client! } as const;
    expect([head.do(destroy).status, head.do(destroy).status]).toEqual(['OK', 'STALE_CLIENTID']);
    expect(head.do(session(client!)).status).toBe('STALE_CLIENTID');
  });

  it('lets a client say once that it has reclaimed all it will, and gives it nothing new before', () => {
    const head = new Head();
    const client = head.do(hello('anna')).clientId!;
    head.do(session(client));
    const open = { type: 'open', client, owner: 'o', seqid: 0, file: 'f', access: 1, deny: 0 } as const;
    const range = { offset: 0n, length: 1n };
    const get = {
      type: 'layout-get',
      client,
      file: 'f',
      stateid: nobodys,
      mode: 'read',
      range,
      minLength: 0n,
    } as const;
    expect([head.do(open).status, head.do(get).status]).toEqual(['GRACE', 'GRACE']);
    expect(head.do({ ...open, claim: { type: 'previous', delegation: 'none' } }).status).toBe('NO_GRACE');
    const done = { type: 'reclaim-complete', client } as const;
    expect([head.do(done).status, head.do(done).status]).toEqual(['OK', 'COMPLETE_ALREADY']);
    expect(head.do(open).status).toBe('OK');
    expect(head.do({ ...done, client: 'nobody' }).status).toBe('STALE_CLIENTID');
    expect(head.state.sessions.size).toBe(1);
  });
});

describe('slots', () => {
  const asked = (id: string, seqid: number, digest = 'a'): SlotRequest => ({ session: id, slot: 0, seqid, digest });

  it('execute the next request, and answer the last one as before', () => {
    const { head, id } = served();
    expect(judgeSlot(head.state, asked(id, 1), 'here')).toEqual({ verdict: 'execute' });
    applyDelta(head.state, slotDelta(asked(id, 1), 'bytes'));
    expect(judgeSlot(head.state, asked(id, 1), 'here')).toEqual({ verdict: 'repeat', reply: 'bytes' });
    expect(judgeSlot(head.state, asked(id, 1, 'b'), 'here')).toMatchObject({ status: 'SEQ_FALSE_RETRY' });
    expect(judgeSlot(head.state, asked(id, 2), 'here')).toEqual({ verdict: 'execute' });
  });

  it('say so when the answer was not kept', () => {
    const { head, id } = served();
    applyDelta(head.state, slotDelta(asked(id, 1), undefined));
    expect(judgeSlot(head.state, asked(id, 1), 'here')).toMatchObject({ status: 'RETRY_UNCACHED_REP' });
  });

  it('take a gap only after a takeover, and never a step back', () => {
    const { head, id } = served();
    applyDelta(head.state, slotDelta(asked(id, 5), 'bytes'));
    expect(judgeSlot(head.state, asked(id, 9), 'here')).toMatchObject({ status: 'SEQ_MISORDERED' });
    expect(judgeSlot(head.state, asked(id, 9), 'elsewhere')).toEqual({ verdict: 'execute' });
    expect(judgeSlot(head.state, asked(id, 4), 'elsewhere')).toMatchObject({ status: 'SEQ_MISORDERED' });
    expect(judgeSlot(head.state, asked(id, 0), 'here')).toMatchObject({ status: 'SEQ_MISORDERED' });
  });

  it('are those of the session, which there must be', () => {
    const { head, id } = served();
    expect(judgeSlot(head.state, { ...asked(id, 1), slot: 4 }, 'here')).toMatchObject({ status: 'BADSLOT' });
    expect(judgeSlot(head.state, asked('nothing', 1), 'here')).toMatchObject({ status: 'BADSESSION' });
  });
});

it('clients of NFSv4.1 need no owner sequence numbers, no confirmation and no current stateid', () => {
  const { head, client } = served();
  const { stateid } = head.do({ type: 'open', client, owner: 'o', seqid: 0, file: 'f', access: 3, deny: 0 });
  const current = { key: stateid!.key, seqid: 0 };
  const range = { offset: 0n, length: 1n };
  const lock = {
    type: 'lock-new',
    open: current,
    openSeqid: 0,
    owner: 'l',
    lockSeqid: 0,
    lockType: 'write',
    range,
  } as const;
  const locked = head.do(lock);
  expect(locked.status).toBe('OK');
  expect(head.do({ type: 'io', file: 'f', stateid: { ...locked.stateid!, seqid: 0 }, write: true }).status).toBe('OK');
  expect(head.do({ type: 'unlock', stateid: { ...locked.stateid!, seqid: 0 }, seqid: 0, range }).status).toBe('OK');
  expect(head.do({ type: 'close', stateid: current, seqid: 0 }).status).toBe('OK');
  expect(head.do({ type: 'close', stateid: current, seqid: 0 }).status).toBe('BAD_STATEID');
});
