import {
  applyDelta,
  type Operation,
  planRecord,
  type Reply,
  type SlotRequest,
  type Stateid,
  snapshotOf,
} from '@holdfast/nfs-state';
import { beforeEach, describe, expect, it } from 'vitest';
import { Head } from '../support/head.ts';

const all = 2n ** 64n - 1n;
const range = { offset: 0n, length: 10n };

let head: Head;
/** Clients of NFSv4.0, each with an open of `f`; the first with a lock under it. */
let anna: string;
let ben: string;
let opened: Stateid;
let locked: Stateid;
/** Clients of NFSv4.1 with a session each; the first with an open of `g`. */
let carl: string;
let carls: string;
let doras: string;
let carlOpened: Stateid;

const slot = (session: string, seqid: number, digest = `request ${seqid}`, at = 0): SlotRequest => ({
  session,
  slot: at,
  seqid,
  digest,
});

/** As a head does it: with the slot it came by. */
function ask(operation: Operation, by?: SlotRequest, self = 'here'): Reply {
  const here = { isLapsed: () => false, canRecall: () => false, self };
  const planning = { mint: head.mint, bounds: head.bounds, here };
  const { reply, deltas } = planRecord(head.state, { operation, ...(by && { slot: by }) }, planning);
  for (const delta of deltas) applyDelta(head.state, delta);
  return reply;
}

/** What clients hold: everything but their turns. */
const held = (): string => {
  const turns = new Set(['open-owner', 'lock-owner', 'session']);
  const kept = snapshotOf(head.state).filter(({ type }) => !turns.has(type));
  return JSON.stringify(kept, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
};

beforeEach(() => {
  head = new Head();
  anna = head.client('anna');
  ben = head.client('ben');
  opened = head.open(anna, 'o', 'f').stateid!;
  const locks = { open: opened, openSeqid: 3, owner: 'l', lockSeqid: 1, lockType: 'write', range } as const;
  locked = head.do({ type: 'lock-new', ...locks }).stateid!;
  head.open(ben, 'o', 'f');
  ({ id: carl, session: carls } = head.client41('carl', 2));
  ({ session: doras } = head.client41('dora', 2));
  const asked = { client: carl, owner: 'o', seqid: 0, file: 'g', access: 3, deny: 0 };
  carlOpened = ask({ type: 'open', ...asked }, slot(carls, 1)).stateid!;
});

const lock = (stateid: Stateid, seqid = 2, wanted = range): Operation => ({
  type: 'lock',
  stateid,
  seqid,
  lockType: 'write',
  range: wanted,
});
const close = (stateid: Stateid, seqid = 4): Operation => ({ type: 'close', stateid, seqid });
const write = (stateid: Stateid, file = 'f'): Operation => ({ type: 'io', file, stateid, write: true });

describe('nothing is changed, and the error is the one of the protocol, for', () => {
  const stale = (of: Stateid): Stateid => ({ ...of, key: `0000${of.key.slice(4)}` });
  const forged = (of: Stateid): Stateid => ({ ...of, key: of.key.replace(/.{4}$/, 'beef') });
  const older = (of: Stateid): Stateid => ({ ...of, seqid: of.seqid - 1 });
  const newer = (of: Stateid): Stateid => ({ ...of, seqid: of.seqid + 1 });

  const cases: readonly (readonly [string, () => Reply, Reply['status']])[] = [
    ['a stateid of an earlier epoch, of an open', () => ask(close(stale(opened))), 'STALE_STATEID'],
    ['a stateid of an earlier epoch, of locks', () => ask(lock(stale(locked))), 'STALE_STATEID'],
    ['a stateid of an earlier epoch, of a write', () => ask(write(stale(opened))), 'STALE_STATEID'],
    ['a forged stateid of an open', () => ask(close(forged(opened))), 'BAD_STATEID'],
    ['a forged stateid of locks', () => ask(lock(forged(locked))), 'BAD_STATEID'],
    ['a forged stateid of a write', () => ask(write(forged(opened))), 'BAD_STATEID'],
    ['an open taken for locks', () => ask(lock(opened)), 'BAD_STATEID'],
    ['locks taken for an open', () => ask(close(locked)), 'BAD_STATEID'],
    ['a stateid of the future, of an open', () => ask(close(newer(opened))), 'BAD_STATEID'],
    ['a stateid of the future, of locks', () => ask(lock(newer(locked))), 'BAD_STATEID'],
    ['a stateid of the future, of a write', () => ask(write(newer(opened))), 'BAD_STATEID'],
    ['a stateid of the past, of an open', () => ask(close(older(opened))), 'OLD_STATEID'],
    ['a stateid of another file', () => ask(write(opened, 'elsewhere')), 'BAD_STATEID'],
    ['another client: CLOSE', () => ask(close(carlOpened, 0), slot(doras, 1)), 'BAD_STATEID'],
    ['another client: WRITE', () => ask(write(carlOpened, 'g'), slot(doras, 1)), 'BAD_STATEID'],
    [
      'another client: LOCK',
      () =>
        ask(
          { type: 'lock-new', open: carlOpened, openSeqid: 0, owner: 'l', lockSeqid: 0, lockType: 'read', range },
          slot(doras, 1),
        ),
      'BAD_STATEID',
    ],
    [
      'the name of another client',
      () => ask({ type: 'open', client: carl, owner: 'o', seqid: 0, file: 'g', access: 1, deny: 0 }, slot(doras, 1)),
      'STALE_CLIENTID',
    ],
    ['a turn that is left out', () => ask(close(opened, 5)), 'BAD_SEQID'],
    ['a turn long gone', () => ask(close(opened, 1)), 'BAD_SEQID'],
    ['the last turn, as something else', () => ask(close(opened, 3)), 'BAD_SEQID'],
    ['a turn of a lock-owner that is left out', () => ask(lock(locked, 7)), 'BAD_SEQID'],
    ['a slot that is skipped', () => ask(close(carlOpened, 0), slot(carls, 3)), 'SEQ_MISORDERED'],
    ['a slot that steps back', () => ask(close(carlOpened, 0), slot(carls, 0)), 'SEQ_MISORDERED'],
    [
      'the last number of a slot for another request',
      () => ask(close(carlOpened, 0), slot(carls, 1, 'other')),
      'SEQ_FALSE_RETRY',
    ],
    ['a slot that the session has not', () => ask(close(carlOpened, 0), slot(carls, 1, 'x', 2)), 'BADSLOT'],
    ['a session that is none', () => ask(close(carlOpened, 0), slot('0'.repeat(24), 1)), 'BADSESSION'],
    [
      'a step back of a slot after a takeover',
      () => ask(close(carlOpened, 0), slot(carls, 0), 'elsewhere'),
      'SEQ_MISORDERED',
    ],
    ['a range of no bytes', () => ask(lock(locked, 2, { offset: 5n, length: 0n })), 'INVAL'],
    ['a range that goes past 64 bits', () => ask(lock(locked, 2, { offset: all, length: 2n })), 'INVAL'],
    ['a range that ends past 64 bits by one', () => ask(lock(locked, 2, { offset: 2n, length: all - 1n })), 'INVAL'],
    ['a length of more than 64 bits', () => ask(lock(locked, 2, { offset: 0n, length: all + 1n })), 'INVAL'],
    ['an offset of more than 64 bits', () => ask(lock(locked, 2, { offset: all + 1n, length: 1n })), 'INVAL'],
    ['an offset below zero', () => ask(lock(locked, 2, { offset: -1n, length: 2n })), 'INVAL'],
    [
      'an unlock of no bytes',
      () => ask({ type: 'unlock', stateid: locked, seqid: 2, range: { offset: 0n, length: 0n } }),
      'INVAL',
    ],
  ];

  it.each(cases)('%s', (_name, what, status) => {
    const before = held();
    expect(what().status).toBe(status);
    expect(held()).toBe(before);
  });
});

it('a session ends by a request of its own, and a client that starts again may say so in its old session', () => {
  expect(ask({ type: 'destroy-session', session: carls }, slot(carls, 2)).status).toBe('OK');
  expect(ask(close(carlOpened, 0), slot(carls, 3)).status).toBe('BADSESSION');
  const hello = { type: 'exchange-id', name: 'dora', verifier: '2', principal: 'someone', update: false } as const;
  const { clientId: client } = ask(hello, slot(doras, 1));
  const made = { type: 'create-session', client: client!, sequence: 1, principal: 'someone', slots: 1 } as const;
  const { status, session } = ask(made, slot(doras, 2));
  expect(status).toBe('OK');
  expect(ask({ type: 'renew', client: client! }, slot(doras, 3)).status).toBe('BADSESSION');
  expect(ask({ type: 'renew', client: client! }, slot(session!, 1)).status).toBe('OK');
  expect(ask({ type: 'destroy-clientid', client: client! }, slot(session!, 1, 'another')).status).toBe('CLIENTID_BUSY');
});

it('a slot that is asked again is answered as before, and nothing happens twice', () => {
  const first = ask(close(carlOpened, 0), slot(carls, 2));
  const before = held();
  expect(first.status).toBe('OK');
  expect(ask(close(carlOpened, 0), slot(carls, 2))).toEqual(first);
  expect(held()).toBe(before);
});
