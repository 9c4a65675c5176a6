import { anonymousStateid, applyDelta, emptyNfsState, type Reply, type Stateid, snapshotOf } from '@holdfast/nfs-state';
import { describe, expect, it } from 'vitest';
import { expiry, Head } from '../support/head.ts';

/** NFSv4.1 clients, whose callbacks are answered. */
function served(...names: readonly string[]): { head: Head; ids: string[] } {
  const head = new Head();
  const ids = names.map((name) => {
    const client = head.client41(name).id;
    head.answering.add(client);
    return client;
  });
  return { head, ids };
}

const open = (client: string, access: number, { deny = 0, file = 'f', owner = 'o' } = {}) =>
  ({ type: 'open', client, owner, seqid: 0, file, access, deny }) as const;

const io = (stateid: Stateid, write: boolean, file = 'f') => ({ type: 'io', file, stateid, write }) as const;
const typeOf = (reply: Reply): string | undefined => reply.delegation?.type;

describe('a delegation', () => {
  it('to read goes to readers while nobody writes, and to write to one who is alone', () => {
    const { head, ids } = served('anna', 'ben', 'carl');
    const [anna, ben, carl] = ids as [string, string, string];
    expect([typeOf(head.do(open(anna, 1))), typeOf(head.do(open(ben, 1)))]).toEqual(['read', 'read']);
    expect(typeOf(head.do(open(carl, 3, { file: 'g' })))).toBe('write');
    expect(typeOf(head.do(open(ben, 1, { file: 'h', deny: 0 })))).toBe('read');
    head.do(open(ben, 3, { file: 'i', owner: 'x' }));
    expect(head.plan(open(anna, 1, { file: 'i' })).reply.status).toBe('DELAY');
  });

  it('is given to nobody whose callbacks are not answered, nor to an owner that must confirm', () => {
    const { head, ids } = served('anna');
    head.answering.clear();
    expect(typeOf(head.do(open(ids[0]!, 1)))).toBeUndefined();
    const ben = head.client('ben');
    head.answering.add(ben);
    expect(head.do({ ...open(ben, 1, { file: 'g' }), seqid: 1 })).toMatchObject({ status: 'OK', mustConfirm: true });
    expect(head.state.delegations.size).toBe(0);
  });

  it('serves reads, and writes if it is one to write', () => {
    const { head, ids } = served('anna', 'ben');
    const reading = head.do(open(ids[0]!, 1)).delegation!.stateid;
    const writing = head.do(open(ids[1]!, 3, { file: 'g' })).delegation!.stateid;
    expect(head.do(io(reading, false)).status).toBe('OK');
    expect(head.do(io(reading, true)).status).toBe('OPENMODE');
    expect(head.do(io(writing, true, 'g')).status).toBe('OK');
    expect(head.do(io(writing, true, 'f')).status).toBe('BAD_STATEID');
    expect(head.do(io({ ...writing, seqid: 2 }, true, 'g')).status).toBe('BAD_STATEID');
    expect(head.do(io({ ...writing, seqid: 0 }, true, 'g')).status).toBe('OK');
  });

  it.each([
    ['a writer', 1, open('', 2)],
    ['who denies reading', 1, open('', 1, { deny: 1 })],
    ['a reader of what is written', 3, open('', 1)],
  ])('is asked back once from its holder for %s, who waits', (_who, held, wanted) => {
    const { head, ids } = served('anna', 'ben');
    const [anna, ben] = ids as [string, string];
    const { stateid } = head.do(open(anna, held)).delegation!;
    head.do({
      type: 'close',
      stateid: [...head.state.opens.values()].map(({ key }) => ({ key, seqid: 0 }))[0]!,
      seqid: 0,
    });
    const asked = head.plan({ ...wanted, client: ben });
    expect(asked).toMatchObject({ reply: { status: 'DELAY' }, deltas: [{ delegation: { recalled: true } }] });
    head.do({ ...wanted, client: ben });
    expect(head.plan({ ...wanted, client: ben })).toMatchObject({ reply: { status: 'DELAY' }, deltas: [] });
    expect(head.do({ type: 'delegation-return', stateid }).status).toBe('OK');
    expect(head.do({ ...wanted, client: ben }).status).toBe('OK');
    expect(head.do({ type: 'delegation-return', stateid }).status).toBe('BAD_STATEID');
  });

  it('is asked back for what no open covers', () => {
    const { head, ids } = served('anna', 'ben');
    head.do(open(ids[0]!, 1));
    expect(head.do(io(anonymousStateid, false)).status).toBe('OK');
    expect(head.plan(io(anonymousStateid, true)).deltas).toMatchObject([{ delegation: { recalled: true } }]);
    expect(head.do({ type: 'change-file', client: ids[1]!, file: 'f' }).status).toBe('DELAY');
    expect(head.do({ type: 'change-file', client: ids[0]!, file: 'f' }).status).toBe('OK');
    expect(head.do({ type: 'change-file', client: ids[1]!, file: 'other' }).status).toBe('OK');
  });

  it('lets its holder open on it while it is asked back, and nobody else', () => {
    const { head, ids } = served('anna', 'ben');
    const [anna, ben] = ids as [string, string];
    const { stateid } = head.do(open(anna, 1)).delegation!;
    head.do(open(ben, 2));
    const claim = { type: 'delegate-cur', stateid } as const;
    expect(head.do({ ...open(anna, 1, { owner: 'p' }), claim })).toMatchObject({ status: 'OK' });
    expect(head.do({ ...open(anna, 1, { file: 'g' }), claim }).status).toBe('BAD_STATEID');
    expect(head.do({ ...open(anna, 1), claim: { type: 'delegate-prev' } }).status).toBe('NOTSUPP');
    expect(head.do({ ...open(ben, 1), claim }).status).toBe('BAD_STATEID');
  });

  it('of a lapsed client is no reason to wait for it', () => {
    const { head, ids } = served('anna', 'ben');
    head.do(open(ids[0]!, 3));
    head.lapsed.add(ids[0]!);
    expect(head.plan(open(ids[1]!, 1)).lapsed).toEqual([ids[0]]);
    head.do(expiry(ids[0]!));
    expect(head.do(open(ids[1]!, 1)).status).toBe('OK');
  });

  it('is taken only after it was asked back, and its holder of NFSv4.1 is told until it frees it', () => {
    const { head, ids } = served('anna', 'ben');
    const [anna, ben] = ids as [string, string];
    const { stateid } = head.do(open(anna, 1)).delegation!;
    const take = { type: 'delegation-revoke', key: stateid.key } as const;
    expect(head.do(take).status).toBe('BAD_STATEID');
    head.do(open(ben, 2));
    expect(head.do(take).status).toBe('OK');
    expect(head.do(io(stateid, false)).status).toBe('DELEG_REVOKED');
    expect(head.do({ type: 'test-stateid', client: anna, stateid }).status).toBe('DELEG_REVOKED');
    const copy = emptyNfsState();
    for (const delta of snapshotOf(head.state)) applyDelta(copy, delta);
    expect(copy).toEqual(head.state);
    expect(head.do({ type: 'free-stateid', client: ben, stateid }).status).toBe('BAD_STATEID');
    expect(head.do({ type: 'free-stateid', client: anna, stateid }).status).toBe('OK');
    expect(head.do(io(stateid, false)).status).toBe('BAD_STATEID');
    const held = { key: [...head.state.opens.keys()][0]!, seqid: 0 };
    expect(head.do({ type: 'free-stateid', client: anna, stateid: held }).status).toBe('LOCKS_HELD');
    expect(head.do({ type: 'test-stateid', client: anna, stateid: held }).status).toBe('OK');
    expect(head.do({ type: 'test-stateid', client: ben, stateid: held }).status).toBe('BAD_STATEID');
  });
});
