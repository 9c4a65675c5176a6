import { applyDelta, emptyNfsState, type Operation, type Stateid, snapshotOf } from '@holdfast/nfs-state';
import { describe, expect, it } from 'vitest';
import { Head } from '../support/head.ts';

const allOnes = 2n ** 64n - 1n;
const whole = { offset: 0n, length: allOnes };

/** Clients of NFSv4.1 that have file `f` open to read and write. */
function opened(...names: readonly string[]): { head: Head; ids: string[]; opens: Stateid[] } {
  const head = new Head();
  const ids = names.map((name) => head.client41(name).id);
  const opens = ids.map((client) => {
    const open = { type: 'open', client, owner: 'o', seqid: 0, file: 'f', access: 3, deny: 0 } as const;
    return head.do(open).stateid!;
  });
  return { head, ids, opens };
}

type Get = Extract<Operation, { type: 'layout-get' }>;
const get = (client: string, stateid: Stateid, more: Partial<Get> = {}): Get => ({
  type: 'layout-get',
  client,
  file: 'f',
  stateid,
  mode: 'write',
  range: whole,
  minLength: 0n,
  ...more,
});
const io = (client: string, offset: bigint, length: bigint, write = true) =>
  ({ type: 'layout-io', client, file: 'f', write, range: { offset, length } }) as const;
const recall = { type: 'layout-recall', file: 'f', except: undefined } as const;

describe('LAYOUTGET', () => {
  it('grants what is asked for under an open, then under the layout, as one stateid that grows', () => {
    const { head, ids, opens } = opened('anna');
    const [anna, open] = [ids[0]!, opens[0]!];
    const first = head.do(get(anna, open, { range: { offset: 0n, length: 10n } }));
    expect(first).toMatchObject({
      status: 'OK',
      stateid: { seqid: 1 },
      layout: { offset: 0n, length: 10n, mode: 'write' },
    });
    expect(head.do(get(anna, first.stateid!, { mode: 'read', range: { offset: 5n, length: 10n } })).stateid).toEqual({
      key: first.stateid!.key,
      seqid: 2,
    });
    expect(
      [io(anna, 0n, 10n), io(anna, 5n, 10n, false), io(anna, 5n, 10n)].map((each) => head.do(each).status),
    ).toEqual(['OK', 'OK', 'PNFS_NO_LAYOUT']);
    expect(head.do(get(anna, open, { range: { offset: 20n, length: 1n } })).stateid!.seqid).toBe(3);
  });

  it('refuses stateids of others, of the future, of nobody, and the one that stands for the current', () => {
    const { head, ids, opens } = opened('anna', 'ben');
    const [anna, ben] = ids as [string, string];
    const { key } = head.do(get(anna, opens[0]!)).stateid!;
    const statuses = [
      get(ben, opens[0]!),
      get(ben, { key, seqid: 1 }),
      get(anna, { key, seqid: 2 }),
      get(anna, { key, seqid: 0 }),
      get(anna, { key: `0001${'a'.repeat(20)}`, seqid: 1 }),
      get(anna, { key: `0000${key.slice(4)}`, seqid: 1 }),
      get(anna, opens[0]!, { file: 'g' }),
    ].map((each) => head.do(each).status);
    expect(statuses).toEqual([...Array(5).fill('BAD_STATEID'), 'STALE_STATEID', 'BAD_STATEID']);
  });

  it('refuses ranges that are empty, overflow, or are shorter than what is needed', () => {
    const { head, ids, opens } = opened('anna');
    const asked = (range: Get['range'], minLength = 0n): string =>
      head.do(get(ids[0]!, opens[0]!, { range, minLength })).status;
    expect(asked({ offset: 0n, length: 0n })).toBe('INVAL');
    expect(asked({ offset: allOnes - 1n, length: 5n })).toBe('INVAL');
    expect(asked({ offset: 0n, length: 5n }, 6n)).toBe('INVAL');
    expect(asked({ offset: 0n, length: 5n }, -1n)).toBe('INVAL');
    expect(head.state.layouts.size).toBe(0);
  });

  it('to write needs an open to write, a client of NFSv4.1, and room', () => {
    const { head, ids } = opened('anna');
    const anna = ids[0]!;
    const open = { type: 'open', client: anna, owner: 'p', seqid: 0, file: 'g', access: 1, deny: 0 } as const;
    const reading = head.do(open).stateid!;
    expect(head.do(get(anna, reading, { file: 'g' })).status).toBe('OPENMODE');
    expect(head.do(get(anna, reading, { file: 'g', mode: 'read' })).status).toBe('OK');
    const old = head.client('old');
    expect(head.do(get(old, head.open(old, 'o', 'f').stateid!)).status).toBe('NOTSUPP');
    const small = new Head({ layoutsPerClientMax: 0 });
    const client = small.client41('n').id;
    const under = small.do({ ...open, client }).stateid!;
    expect(small.do(get(client, under, { file: 'g', mode: 'read' })).status).toBe('LAYOUTTRYLATER');
  });

  it('under a delegation gets as much as it allows', () => {
    const { head, ids } = opened('anna');
    const anna = ids[0]!;
    head.answering.add(anna);
    const open = { type: 'open', client: anna, owner: 'p', seqid: 0, file: 'g', access: 1, deny: 0 } as const;
    const { stateid } = head.do(open).delegation!;
    expect(head.do(get(anna, stateid, { file: 'g' })).status).toBe('OPENMODE');
    expect(head.do(get(anna, stateid, { file: 'g', mode: 'read' })).status).toBe('OK');
  });
});

describe('LAYOUTRETURN', () => {
  it('gives back parts and modes, and with the last part the stateid', () => {
    const { head, ids, opens } = opened('anna');
    const anna = ids[0]!;
    const held = head.do(get(anna, opens[0]!, { range: { offset: 0n, length: 10n } })).stateid!;
    const back = { type: 'layout-return', client: anna, file: 'f', stateid: held, mode: 'any' } as const;
    expect(head.do({ ...back, mode: 'read', range: whole }).stateid!.seqid).toBe(2);
    expect(head.do({ ...back, range: { offset: 0n, length: 5n } }).stateid!.seqid).toBe(3);
    expect([io(anna, 0n, 5n), io(anna, 5n, 5n)].map((each) => head.do(each).status)).toEqual(['PNFS_NO_LAYOUT', 'OK']);
    expect(head.do({ ...back, file: 'g', range: whole }).status).toBe('BAD_STATEID');
    expect(head.do({ ...back, range: { offset: 1n, length: 0n } }).status).toBe('INVAL');
    const last = head.do({ ...back, range: whole });
    expect([last.status, last.stateid, head.state.layouts.size]).toEqual(['OK', undefined, 0]);
    expect(head.do({ ...back, range: whole }).status).toBe('BAD_STATEID');
  });

  it('of everything leaves nothing', () => {
    const { head, ids, opens } = opened('anna', 'ben');
    head.do(get(ids[0]!, opens[0]!));
    head.do(get(ids[1]!, opens[1]!));
    expect(head.do({ type: 'layout-return-all', client: ids[0]! }).status).toBe('OK');
    expect([...head.state.layouts.values()].map(({ client }) => client)).toEqual([ids[1]]);
    expect(head.do({ type: 'layout-return-all', client: 'nobody' }).status).toBe('STALE_CLIENTID');
  });
});

describe('LAYOUTCOMMIT', () => {
  it('needs a layout to write, which may be asked back already', () => {
    const { head, ids, opens } = opened('anna', 'ben');
    const [anna, ben] = ids as [string, string];
    const commit = (client: string, stateid: Stateid): string =>
      head.do({ type: 'layout-commit', client, file: 'f', stateid }).status;
    const writing = head.do(get(anna, opens[0]!)).stateid!;
    const reading = head.do(get(ben, opens[1]!, { mode: 'read' })).stateid!;
    expect([commit(anna, writing), commit(ben, reading), commit(ben, writing)]).toEqual([
      'OK',
      'BADIOMODE',
      'BAD_STATEID',
    ]);
    head.do(recall);
    expect(commit(anna, writing)).toBe('OK');
    head.do({ type: 'layout-return-all', client: anna });
    expect(commit(anna, writing)).toBe('BADLAYOUT');
  });
});

describe('CB_LAYOUTRECALL', () => {
  it('is due once for all that is held, and what is asked back is neither granted nor overtaken', () => {
    const { head, ids, opens } = opened('anna', 'ben');
    const [anna, ben] = ids as [string, string];
    const held = head.do(get(anna, opens[0]!)).stateid!;
    expect(head.plan(recall)).toMatchObject({
      reply: { status: 'DELAY' },
      deltas: [{ layout: { seqid: 2, recalledAt: 2 } }],
    });
    expect(head.plan({ ...recall, except: anna })).toMatchObject({ reply: { status: 'OK' }, deltas: [] });
    head.do(recall);
    expect(head.plan(recall)).toMatchObject({ reply: { status: 'DELAY' }, deltas: [] });
    expect(head.do(get(anna, held)).status).toBe('OLD_STATEID');
    expect(head.do(get(anna, { ...held, seqid: 2 })).status).toBe('RECALLCONFLICT');
    expect(head.do(get(anna, opens[0]!)).status).toBe('RECALLCONFLICT');
    expect(head.do(get(ben, opens[1]!)).status).toBe('OK');
    const back = { type: 'layout-return', client: anna, file: 'f', mode: 'any', range: whole } as const;
    expect(head.do({ ...back, stateid: { ...held, seqid: 2 } }).status).toBe('OK');
    expect(head.do(io(anna, 0n, 1n)).status).toBe('PNFS_NO_LAYOUT');
    expect(head.do(get(anna, opens[0]!)).status).toBe('OK');
  });

  it('that is not answered takes the layout, and only then', () => {
    const { head, ids, opens } = opened('anna');
    const { key } = head.do(get(ids[0]!, opens[0]!)).stateid!;
    expect(head.do({ type: 'layout-revoke', key }).status).toBe('BAD_STATEID');
    head.do(recall);
    expect(head.do({ type: 'layout-revoke', key }).status).toBe('OK');
    expect(head.do(io(ids[0]!, 0n, 1n)).status).toBe('PNFS_NO_LAYOUT');
    expect(head.do(recall).status).toBe('OK');
  });
});

describe('layouts', () => {
  it('are in snapshots, keep a client busy, and go with it', () => {
    const { head, ids, opens } = opened('anna');
    head.do(get(ids[0]!, opens[0]!));
    head.do({ type: 'close', stateid: opens[0]!, seqid: 0 });
    const copy = emptyNfsState();
    for (const delta of snapshotOf(head.state)) applyDelta(copy, delta);
    expect(copy).toEqual(head.state);
    expect(head.do({ type: 'destroy-clientid', client: ids[0]! }).status).toBe('CLIENTID_BUSY');
    head.do({ type: 'expire', client: ids[0]!, kept: 0, restarts: 0 });
    expect([head.state.layouts.size, head.state.files.size]).toEqual([0, 0]);
  });
});
