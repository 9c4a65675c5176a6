import { type Delta, keysOf, type Operation, planOperation, takesAway } from '@holdfast/nfs-state';
import { describe, expect, it } from 'vitest';
import { expiry, Head } from '../support/head.ts';

const shared = (one: readonly string[], other: readonly string[]): string[] => one.filter((key) => other.includes(key));

/** What a head would append for an operation, planned on the state as it is. */
function record(head: Head, operation: Operation): { deltas: readonly Delta[]; compares: string[]; touches: string[] } {
  const { deltas } = planOperation(head.state, operation, head.mint, head.bounds);
  const { compares, touches } = keysOf(head.state, deltas);
  return { deltas, compares: [...compares], touches: [...touches] };
}

const open = (client: string, owner: string, file: string, seqid = 3) =>
  ({ type: 'open', client, owner, seqid, file, access: 3, deny: 0 }) as const;

describe('a record', () => {
  it('is in the way of another of the same file, and of none of another file and owner', () => {
    const head = new Head();
    const [anna, ben] = [head.client('anna'), head.client('ben')];
    const first = record(head, open(anna, 'o', 'f'));
    expect(shared(first.touches, record(head, open(ben, 'p', 'f')).compares)).toEqual(['file:f']);
    expect(shared(first.touches, record(head, open(ben, 'p', 'g')).compares)).toEqual([]);
    expect(shared(first.touches, record(head, open(anna, 'q', 'g')).compares)).toEqual([]);
  });

  it('is in the way of another of the same owner on any file', () => {
    const head = new Head();
    const anna = head.client('anna');
    head.open(anna, 'o', 'f');
    const first = record(head, open(anna, 'o', 'g'));
    const second = record(head, open(anna, 'o', 'h'));
    expect(shared(first.touches, second.compares)).toEqual([`open-owner:${anna}/o`]);
  });

  it('that forgets a client is in the way of all the client does, and they of it', () => {
    const head = new Head();
    const anna = head.client('anna');
    const gone = record(head, expiry(anna));
    const opened = record(head, open(anna, 'o', 'f'));
    expect(shared(gone.touches, opened.compares)).toEqual([`client:${anna}`]);
    expect(shared(opened.touches, gone.compares)).toEqual([`holdings:${anna}`]);
    const kept = keysOf(head.state, [{ type: 'client-kept', client: anna, kept: 1 }]);
    expect(shared(kept.touches, gone.compares)).toEqual([`client:${anna}`]);
  });
});

describe('every head hears of it first', () => {
  const takes = (head: Head, operation: Operation): boolean =>
    record(head, operation).deltas.some((delta) => takesAway(head.state, delta));

  it('when a right is taken away or others are shut out', () => {
    const head = new Head();
    const anna = head.client('anna');
    const { stateid } = head.open(anna, 'o', 'f', 1);
    head.do({ ...open(anna, 'o', 'f'), access: 2 });
    const now = { key: stateid!.key, seqid: stateid!.seqid + 1 };
    const range = { offset: 0n, length: 5n };
    const lock = { type: 'lock-new', open: now, openSeqid: 4, owner: 'l', lockSeqid: 1, range } as const;
    expect(takes(head, { ...open(anna, 'o', 'g'), seqid: 4, deny: 2 })).toBe(true);
    expect(takes(head, { type: 'open-downgrade', stateid: now, seqid: 4, access: 1, deny: 0 })).toBe(true);
    expect(takes(head, { ...lock, lockType: 'write' })).toBe(true);
    expect(takes(head, { type: 'close', stateid: now, seqid: 4 })).toBe(true);
    expect(takes(head, expiry(anna))).toBe(true);
    expect(takes(head, { ...lock, lockType: 'read' })).toBe(false);
    expect(takes(head, { ...open(anna, 'o', 'g'), seqid: 4 })).toBe(false);
  });

  it('when a client that started again confirms', () => {
    const head = new Head();
    head.client('anna');
    const again = { type: 'setclientid', name: 'anna', verifier: '2', principal: 'someone', callback: '' } as const;
    const { clientId, confirm } = head.do(again);
    const confirming = { client: clientId!, confirm: confirm!, principal: 'someone' };
    expect(takes(head, { type: 'setclientid-confirm', ...confirming })).toBe(true);
  });
});
