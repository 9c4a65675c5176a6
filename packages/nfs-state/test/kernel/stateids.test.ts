import { anonymousStateid, bypassStateid, type Stateid } from '@holdfast/nfs-state';
import { describe, expect, it } from 'vitest';
import { expiry, Head } from '../support/head.ts';

const lastSeqid = 2 ** 32 - 1;

describe('sequence numbers of owners', () => {
  it('answer a repeated request with what it was answered, whatever happened since', () => {
    const head = new Head();
    const anna = head.client('anna');
    const ben = head.client('ben');
    head.open(anna, 'o', 'f', 1);
    const open = { type: 'open', client: anna, owner: 'o', seqid: 3, file: 'g', access: 1, deny: 0 } as const;
    const first = head.do(open);
    head.open(ben, 'p', 'h', 3);
    expect(head.do(open)).toEqual(first);
    expect(head.state.opens.size).toBe(3);
  });

  it('count refusals as turns, and answer them again too', () => {
    const head = new Head();
    const [anna, ben] = [head.client('anna'), head.client('ben')];
    head.open(anna, 'o', 'f', 3, 3);
    head.open(ben, 'p', 'g');
    const denied = { type: 'open', client: ben, owner: 'p', seqid: 3, file: 'f', access: 1, deny: 0 } as const;
    expect(head.do(denied).status).toBe('SHARE_DENIED');
    head.do(expiry(anna));
    expect(head.do(denied).status).toBe('SHARE_DENIED');
    expect(head.do({ ...denied, seqid: 4 }).status).toBe('OK');
  });

  it('refuse what is neither the next nor the last, or repeats the last as something else', () => {
    const head = new Head();
    const anna = head.client('anna');
    const { stateid } = head.open(anna, 'o', 'f');
    const open = { type: 'open', client: anna, owner: 'o', file: 'g', access: 1, deny: 0 } as const;
    expect(head.do({ ...open, seqid: 1 }).status).toBe('BAD_SEQID');
    expect(head.do({ ...open, seqid: 2 }).status).toBe('BAD_SEQID');
    expect(head.do({ ...open, seqid: 4 }).status).toBe('BAD_SEQID');
    expect(head.do({ type: 'close', stateid: stateid!, seqid: 3 }).status).toBe('OK');
    expect(head.do({ ...open, seqid: 3 }).status).toBe('BAD_SEQID');
  });

  it('find the answer to a CLOSE although its stateid is gone', () => {
    const head = new Head();
    const { stateid } = head.open(head.client('anna'), 'o', 'f');
    const close = { type: 'close', stateid: stateid!, seqid: 3 } as const;
    const first = head.do(close);
    expect(head.do(close)).toEqual(first);
    expect(head.do({ ...close, seqid: 4 }).status).toBe('BAD_STATEID');
  });

  it('go on at zero after the largest', () => {
    const head = new Head();
    const anna = head.client('anna');
    const open = { type: 'open', client: anna, owner: 'o', file: 'f', access: 1, deny: 0 } as const;
    const { stateid } = head.do({ ...open, seqid: lastSeqid });
    expect(head.do({ type: 'open-confirm', stateid: stateid!, seqid: 0 }).status).toBe('OK');
  });

  it('begin anew with an owner that never confirmed itself, whose opens are leftovers', () => {
    const head = new Head();
    const anna = head.client('anna');
    const open = { type: 'open', client: anna, owner: 'o', access: 1, deny: 0 } as const;
    const leftover = head.do({ ...open, seqid: 7, file: 'f' });
    expect(leftover.mustConfirm).toBe(true);
    expect(head.do({ type: 'io', file: 'f', stateid: leftover.stateid!, write: false }).status).toBe('BAD_STATEID');
    expect(head.do({ ...open, seqid: 100, file: 'g' })).toMatchObject({ status: 'OK', mustConfirm: true });
    expect([...head.state.files.keys()]).toEqual(['g']);
  });
});

describe('owners', () => {
  it('are remembered up to a number, and no further one begins', () => {
    const head = new Head({ ownersPerClientMax: 1 });
    const anna = head.client('anna');
    const { stateid } = head.open(anna, 'o', 'f');
    const open = { type: 'open', client: anna, owner: 'p', seqid: 1, file: 'f', access: 1, deny: 0 } as const;
    expect(head.do(open).status).toBe('RESOURCE');
    const range = { offset: 0n, length: 1n };
    const lock = { type: 'lock-new', open: stateid!, lockSeqid: 1, lockType: 'read', range } as const;
    const locked = head.do({ ...lock, openSeqid: 3, owner: 'l' });
    expect(locked.status).toBe('OK');
    expect(head.do({ ...lock, openSeqid: 4, owner: 'm' }).status).toBe('RESOURCE');
    expect([head.state.openOwners.size, head.state.lockOwners.size]).toEqual([1, 1]);
  });
});

it('opens are bounded in number for a client, and one more costs nothing that is open', () => {
  const head = new Head({ opensPerClientMax: 1 });
  const { id: client } = head.client41('anna');
  const open = (file: string) => head.do({ type: 'open', client, owner: 'o', seqid: 0, file, access: 1, deny: 0 });
  const { stateid } = open('f');
  expect([open('g').status, open('f').status, head.state.opens.size]).toEqual(['RESOURCE', 'OK', 1]);
  expect(head.do({ type: 'close', stateid: { key: stateid!.key, seqid: 0 }, seqid: 0 }).status).toBe('OK');
  expect(open('g').status).toBe('OK');
});

describe('stateids', () => {
  const read = (head: Head, file: string, stateid: Stateid): string =>
    head.do({ type: 'io', file, stateid, write: false }).status;

  it('are told apart: old, from the future, of another file, forged, of an earlier epoch', () => {
    const head = new Head({}, 7);
    const anna = head.client('anna');
    const { stateid } = head.open(anna, 'o', 'f');
    const { key, seqid } = stateid!;
    expect(read(head, 'f', { key, seqid })).toBe('OK');
    expect(read(head, 'f', { key, seqid: seqid - 1 })).toBe('OLD_STATEID');
    expect(read(head, 'f', { key, seqid: seqid + 1 })).toBe('BAD_STATEID');
    expect(read(head, 'g', { key, seqid })).toBe('BAD_STATEID');
    expect(read(head, 'f', { key: `0007${'a'.repeat(20)}`, seqid })).toBe('BAD_STATEID');
    expect(read(head, 'f', { key: `0006${key.slice(4)}`, seqid })).toBe('STALE_STATEID');
  });

  it('of locks serve reads and writes with the access of their open', () => {
    const head = new Head();
    const { stateid: open } = head.open(head.client('anna'), 'o', 'f', 1);
    const range = { offset: 0n, length: 1n };
    const lock = {
      type: 'lock-new',
      open: open!,
      openSeqid: 3,
      owner: 'l',
      lockSeqid: 1,
      lockType: 'read',
      range,
    } as const;
    const { stateid } = head.do(lock);
    expect(read(head, 'f', stateid!)).toBe('OK');
    expect(head.do({ type: 'io', file: 'f', stateid: stateid!, write: true }).status).toBe('OPENMODE');
  });

  it('that stand for nobody meet deny modes, but for reads of the one that bypasses them', () => {
    const head = new Head();
    head.open(head.client('anna'), 'o', 'f', 1, 3);
    expect(read(head, 'f', anonymousStateid)).toBe('LOCKED');
    expect(read(head, 'f', bypassStateid)).toBe('OK');
    expect(head.do({ type: 'io', file: 'f', stateid: bypassStateid, write: true }).status).toBe('LOCKED');
  });

  it('that stand for nobody do so with one seqid only, and for reads and writes only', () => {
    const head = new Head({}, 7);
    const anna = head.client41('anna').id;
    for (const stateid of [anonymousStateid, bypassStateid]) {
      expect(read(head, 'f', stateid)).toBe('OK');
      expect(read(head, 'f', { ...stateid, seqid: 1 })).toBe('BAD_STATEID');
      expect(head.do({ type: 'close', stateid, seqid: 1 }).status).toBe('BAD_STATEID');
      expect(head.do({ type: 'delegation-return', stateid }).status).toBe('BAD_STATEID');
      expect(head.do({ type: 'test-stateid', client: anna, stateid }).status).toBe('BAD_STATEID');
      expect(head.do({ type: 'free-stateid', client: anna, stateid }).status).toBe('BAD_STATEID');
    }
  });

  it('of every kind are tested, and freed when nothing is held under them', () => {
    const head = new Head();
    const [anna, ben] = [head.client41('anna').id, head.client41('ben').id];
    const { stateid: open } = head.do({
      type: 'open',
      client: anna,
      owner: 'o',
      seqid: 0,
      file: 'f',
      access: 3,
      deny: 0,
    });
    const range = { offset: 0n, length: 1n };
    const locking = {
      type: 'lock-new',
      open: open!,
      openSeqid: 0,
      owner: 'l',
      lockSeqid: 0,
      lockType: 'write',
    } as const;
    const { stateid: locks } = head.do({ ...locking, range });
    const getting = {
      type: 'layout-get',
      client: anna,
      file: 'f',
      stateid: open!,
      mode: 'read',
      minLength: 0n,
    } as const;
    const { stateid: layout } = head.do({ ...getting, range });
    const test = (client: string, stateid: Stateid) => head.do({ type: 'test-stateid', client, stateid }).status;
    const free = (client: string, stateid: Stateid) => head.do({ type: 'free-stateid', client, stateid }).status;
    for (const stateid of [open!, locks!, layout!]) {
      expect([test(anna, stateid), test(ben, stateid)]).toEqual(['OK', 'BAD_STATEID']);
      expect(test(anna, { ...stateid, seqid: stateid.seqid + 1 })).toBe('BAD_STATEID');
      expect([free(anna, stateid), free(ben, stateid)]).toEqual(['LOCKS_HELD', 'BAD_STATEID']);
    }
    const { stateid: empty } = head.do({ type: 'unlock', stateid: locks!, seqid: 0, range });
    expect([free(anna, locks!), free(ben, empty!), free(anna, empty!)]).toEqual(['OLD_STATEID', 'BAD_STATEID', 'OK']);
    expect([test(anna, empty!), head.state.locks.size]).toEqual(['BAD_STATEID', 0]);
    expect(head.state.files.get('f')!.locks).toEqual([]);
    expect(head.do({ ...locking, range }).status).toBe('OK');
  });
});
