import { anonymousStateid, applyDelta, emptyNfsState, snapshotOf } from '@holdfast/nfs-state';
import { describe, expect, it } from 'vitest';
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
