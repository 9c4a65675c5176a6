import { anonymousStateid, applyDelta, emptyNfsState, type Stateid, snapshotOf } from '@holdfast/nfs-state';
import { describe, expect, it } from 'vitest';
import { expiredNamesMax } from '../../src/limits.ts';
import { expiry, Head } from '../support/head.ts';

const open = (client: string, seqid: number, { file = 'f', access = 3, deny = 0 } = {}) =>
  ({ type: 'open', client, owner: 'o', seqid, file, access, deny }) as const;

const range = { offset: 0n, length: 4n };

describe('what a client whose lease ran out has', () => {
  it('stays until a share is in the way, and then goes first', () => {
    const head = new Head();
    const [anna, ben] = [head.client('anna'), head.client('ben')];
    const { stateid } = head.open(anna, 'o', 'f', 1, 2);
    head.open(ben, 'o', 'g');
    head.lapsed.add(anna);
    expect(head.do(open(ben, 3, { access: 1 })).status).toBe('OK');
    expect(head.do({ type: 'io', file: 'f', stateid: stateid!, write: false }).status).toBe('OK');
    const before = snapshotOf(head.state);
    expect(head.plan(open(ben, 4, { access: 2 }))).toMatchObject({ deltas: [], lapsed: [anna] });
    expect(snapshotOf(head.state)).toEqual(before);
    head.do(expiry(anna));
    expect(head.do(open(ben, 4, { access: 2 })).status).toBe('OK');
  });

  it('stays while somebody with a lease is in the way too', () => {
    const head = new Head();
    const [anna, ben, carl] = [head.client('anna'), head.client('ben'), head.client('carl')];
    head.open(anna, 'o', 'f', 1, 2);
    head.open(ben, 'o', 'f', 1, 2);
    head.open(carl, 'o', 'g');
    head.lapsed.add(anna);
    expect(head.do(open(carl, 3, { access: 2 })).status).toBe('SHARE_DENIED');
  });

  it('stays until a lock is in the way', () => {
    const head = new Head();
    const [anna, ben] = [head.client('anna'), head.client('ben')];
    const held = head.open(anna, 'o', 'f').stateid!;
    const own = head.open(ben, 'o', 'f').stateid!;
    const lock = { type: 'lock-new', openSeqid: 3, owner: 'l', lockSeqid: 1, lockType: 'write', range } as const;
    head.do({ ...lock, open: held });
    head.lapsed.add(anna);
    expect(head.plan({ ...lock, open: own })).toMatchObject({ deltas: [], lapsed: [anna] });
    const test = { type: 'lock-test', client: ben, owner: 'm', file: 'f', lockType: 'read', range } as const;
    expect(head.plan(test).lapsed).toEqual([anna]);
    expect(head.do({ ...lock, open: own, range: { offset: 4n, length: 1n } }).status).toBe('OK');
  });

  it('stays until an anonymous write, its name or its place is wanted', () => {
    const head = new Head({ clientsMax: 2 });
    const anna = head.client('anna');
    head.open(anna, 'o', 'f', 1, 2);
    const stateid = anonymousStateid;
    const write = { type: 'io', file: 'f', stateid, write: true } as const;
    const hello = { type: 'setclientid', name: 'anna', verifier: '9', principal: 'else', callback: '' } as const;
    expect([head.plan(write).reply.status, head.plan(hello).reply.status]).toEqual(['LOCKED', 'CLID_INUSE']);
    head.lapsed.add(anna);
    expect([head.plan(write).lapsed, head.plan(hello).lapsed]).toEqual([[anna], [anna]]);
    const ben = head.client('ben');
    expect(head.plan({ ...hello, name: 'carl' }).lapsed).toEqual([anna]);
    head.lapsed.delete(anna);
    expect(head.plan({ ...hello, name: 'carl' }).reply.status).toBe('RESOURCE');
    expect(head.state.clients.has(ben)).toBe(true);
  });
});

describe('the second step of an expiry', () => {
  it('fails if the client was heard of since, or a head came that was not asked', () => {
    const head = new Head();
    const anna = head.client('anna');
    expect(head.do({ type: 'keep', client: anna }).status).toBe('OK');
    expect(head.do(expiry(anna)).status).toBe('DELAY');
    head.do({ type: 'restart-leases' });
    expect(head.do({ type: 'expire', client: anna, kept: 1, restarts: 0 }).status).toBe('DELAY');
    expect(head.do({ type: 'expire', client: anna, kept: 1, restarts: 1 }).status).toBe('OK');
    expect(head.do({ type: 'keep', client: anna }).status).toBe('STALE_CLIENTID');
  });
});

describe('a client that was expired', () => {
  const lockUnder = (open: Stateid) =>
    ({ type: 'lock-new', open, openSeqid: 3, owner: 'l', lockSeqid: 1, lockType: 'write', range }) as const;

  it('is told so, whichever of its names it shows', () => {
    const head = new Head();
    const anna = head.client('anna');
    const opened = head.open(anna, 'o', 'f').stateid!;
    const locked = head.do(lockUnder(opened)).stateid!;
    head.do(expiry(anna));
    const statuses = [
      head.do({ type: 'renew', client: anna }),
      head.do(open(anna, 4)),
      head.do({ type: 'close', stateid: opened, seqid: 4 }),
      head.do({ type: 'unlock', stateid: locked, seqid: 2, range }),
      head.do({ type: 'io', file: 'f', stateid: opened, write: true }),
      head.do({ type: 'io', file: 'f', stateid: locked, write: false }),
      head.do({ type: 'release-lock-owner', client: anna, owner: 'l' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual(new Array(7).fill('EXPIRED'));
    expect(head.do({ type: 'lock-test', client: anna, owner: 'l', file: 'f', lockType: 'read', range }).status).toBe(
      'STALE_CLIENTID',
    );
    const copy = emptyNfsState();
    for (const delta of snapshotOf(head.state)) applyDelta(copy, delta);
    expect(copy).toEqual(head.state);
  });

  it('begins anew under its name, and what it had stays expired', () => {
    const head = new Head();
    const anna = head.client('anna');
    const { stateid } = head.open(anna, 'o', 'f');
    head.do(expiry(anna));
    const again = head.client('anna', '2');
    expect(head.do({ type: 'renew', client: again }).status).toBe('OK');
    expect(head.do({ type: 'close', stateid: stateid!, seqid: 3 }).status).toBe('EXPIRED');
  });

  it('is forgotten once there were too many since', () => {
    const head = new Head();
    const ids = Array.from({ length: expiredNamesMax + 1 }, (_, at) => {
      const id = head.client(`client ${at}`);
      head.do(expiry(id));
      return id;
    });
    const statusOf = (at: number) => head.do({ type: 'renew', client: ids[at]! }).status;
    expect([statusOf(0), statusOf(1), statusOf(expiredNamesMax)]).toEqual(['STALE_CLIENTID', 'EXPIRED', 'EXPIRED']);
    expect(head.state.expired.size).toBe(expiredNamesMax);
  });

  it('of NFSv4.1 learns it from its session', () => {
    const head = new Head();
    const { id, session } = head.client41('carl');
    head.do(expiry(id));
    expect(head.do({ type: 'bind-connection', session }).status).toBe('BADSESSION');
    expect(head.do({ type: 'renew', client: id }).status).toBe('STALE_CLIENTID');
  });
});

describe('a snapshot', () => {
  it('makes the same state again', () => {
    const head = new Head();
    const [anna, ben] = [head.client('anna'), head.client('ben')];
    const { stateid } = head.open(anna, 'o', 'f', 3, 1);
    const lock = { openSeqid: 3, owner: 'l', lockSeqid: 1, lockType: 'write', range } as const;
    head.do({ type: 'lock-new', open: stateid!, ...lock });
    head.open(ben, 'o/with/slashes', 'g');
    const closed = head.open(ben, 'p', 'h').stateid!;
    head.do({ type: 'close', stateid: closed, seqid: 3 });
    head.do({ type: 'keep', client: ben });
    head.do({ type: 'restart-leases' });
    head.client41('carl');
    head.do({ type: 'setclientid', name: 'dora', verifier: '1', principal: 'p', callback: '' });
    const copy = emptyNfsState();
    for (const delta of snapshotOf(head.state)) applyDelta(copy, delta);
    expect(copy).toEqual(head.state);
  });
});
