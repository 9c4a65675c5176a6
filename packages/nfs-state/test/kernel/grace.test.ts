import { anonymousStateid, applyDelta, emptyNfsState, snapshotOf } from '@holdfast/nfs-state';
import { beforeEach, describe, expect, it } from 'vitest';
import { Head } from '../support/head.ts';

const previous = { type: 'previous', delegation: 'none' } as const;
const range = { offset: 0n, length: 4n };

let head: Head;
let anna: string;
let ben: string;

beforeEach(() => {
  head = new Head({}, 2);
  applyDelta(head.state, { type: 'grace', epoch: 2, clients: ['anna', 'ben'] });
  anna = head.client('anna');
  ben = head.client('ben');
});

const open = (client: string, seqid: number, reclaims: boolean, deny = 0) =>
  head.do({
    type: 'open',
    client,
    owner: 'o',
    seqid,
    file: 'f',
    access: 3,
    deny,
    ...(reclaims && { claim: previous }),
  });

describe('while a grace period runs', () => {
  it('gives back what clients had, without asking them to confirm, and nothing new', () => {
    expect(open(anna, 1, true)).toMatchObject({ status: 'OK', mustConfirm: false });
    expect(open(ben, 1, false).status).toBe('GRACE');
    const test = { type: 'lock-test', client: ben, owner: 'l', file: 'f', lockType: 'read', range } as const;
    expect(head.do(test).status).toBe('GRACE');
    expect(head.do({ type: 'change-file', client: ben, file: 'f' }).status).toBe('GRACE');
    expect(head.do({ type: 'io', file: 'f', stateid: anonymousStateid, write: true }).status).toBe('GRACE');
  });

  it('gives locks back, and refuses those that conflict with others that were', () => {
    const lock = { type: 'lock-new', openSeqid: 2, owner: 'l', lockSeqid: 1, lockType: 'write', range } as const;
    const [own, other] = [open(anna, 1, true).stateid!, open(ben, 1, true).stateid!];
    expect(head.do({ ...lock, open: own }).status).toBe('GRACE');
    expect(head.do({ ...lock, open: own, openSeqid: 3, reclaim: true }).status).toBe('OK');
    expect(head.do({ ...lock, open: other, reclaim: true }).status).toBe('RECLAIM_CONFLICT');
  });

  it('refuses an open that others deny, and clients that nobody named', () => {
    expect(open(anna, 1, true, 2).status).toBe('OK');
    expect(open(ben, 1, true).status).toBe('RECLAIM_CONFLICT');
    expect(open(head.client('carl'), 1, true).status).toBe('RECLAIM_BAD');
  });

  it('ends once all have said that they are done, or a lease has passed', () => {
    expect(head.do({ type: 'reclaim-complete', client: anna }).status).toBe('OK');
    expect(open(anna, 1, true).status).toBe('NO_GRACE');
    expect(head.state.grace).toEqual(['anna', 'ben']);
    expect(head.do({ type: 'reclaim-complete', client: ben }).status).toBe('OK');
    expect(head.state.grace).toBeUndefined();
    expect(head.do({ type: 'end-grace' }).status).toBe('NO_GRACE');
    applyDelta(head.state, { type: 'grace', epoch: 3, clients: 'all' });
    expect(head.do({ type: 'end-grace' }).status).toBe('OK');
    expect(open(ben, 1, true).status).toBe('NO_GRACE');
  });

  it('is part of a snapshot', () => {
    const copy = emptyNfsState();
    for (const delta of snapshotOf(head.state)) applyDelta(copy, delta);
    expect(copy).toEqual(head.state);
  });
});
