import type { Reply, Stateid } from '@holdfast/nfs-state';
import { describe, expect, it } from 'vitest';
import { Head } from '../support/head.ts';

const toTheEnd = 2n ** 64n - 1n;

/** One file, opened and locked by a client of its own. */
class Locker {
  readonly #head: Head;
  readonly #open: Stateid;
  stateid: Stateid | undefined;
  #seqid = 0;

  constructor(head: Head, name: string) {
    this.#head = head;
    this.#open = head.open(head.client(name), 'o', 'f').stateid!;
  }

  #lockSeqid(): number {
    this.#seqid++;
    return this.#seqid;
  }

  lock(lockType: 'read' | 'write', offset: bigint, length: bigint): Reply {
    const range = { offset, length };
    const reply =
      this.stateid === undefined
        ? this.#head.do({
            type: 'lock-new',
            open: this.#open,
            openSeqid: 3,
            owner: 'l',
            lockSeqid: this.#lockSeqid(),
            lockType,
            range,
          })
        : this.#head.do({ type: 'lock', stateid: this.stateid, seqid: this.#lockSeqid(), lockType, range });
    this.stateid = reply.stateid ?? this.stateid;
    return reply;
  }

  unlock(offset: bigint, length: bigint): Reply {
    const reply = this.#head.do({
      type: 'unlock',
      stateid: this.stateid!,
      seqid: this.#lockSeqid(),
      range: { offset, length },
    });
    this.stateid = reply.stateid ?? this.stateid;
    return reply;
  }

  get ranges(): string[] {
    return this.#head.state.locks
      .get(this.stateid!.key)!
      .ranges.map(({ start, end, type }) => `${type} ${start}-${end === 2n ** 64n ? 'end' : end}`);
  }
}

describe('byte ranges', () => {
  it('of one owner replace, split and grow together', () => {
    const anna = new Locker(new Head(), 'anna');
    anna.lock('read', 0n, 10n);
    anna.lock('write', 4n, 2n);
    expect(anna.ranges).toEqual(['read 0-4', 'write 4-6', 'read 6-10']);
    anna.lock('read', 4n, 2n);
    expect(anna.ranges).toEqual(['read 0-10']);
    anna.unlock(3n, 1n);
    expect(anna.ranges).toEqual(['read 0-3', 'read 4-10']);
  });

  it('reach to the end of the file, and to the last byte of 64 bits', () => {
    const anna = new Locker(new Head(), 'anna');
    anna.lock('write', 5n, toTheEnd);
    anna.unlock(7n, 1n);
    expect(anna.ranges).toEqual(['write 5-7', 'write 8-end']);
    anna.lock('read', toTheEnd - 1n, 1n);
    expect(anna.ranges).toEqual([
      'write 5-7',
      `write 8-${toTheEnd - 1n}`,
      `read ${toTheEnd - 1n}-${toTheEnd}`,
      `write ${toTheEnd}-end`,
    ]);
  });

  it.each([
    [0n, 0n],
    [-1n, 1n],
    [1n, -1n],
    [toTheEnd, 1n],
    [2n ** 63n, 2n ** 63n],
    [2n ** 64n, 1n],
    [0n, 2n ** 64n],
  ])('at %i of length %i are refused', (offset, length) => {
    const anna = new Locker(new Head(), 'anna');
    anna.lock('read', 0n, 1n);
    expect(anna.lock('write', offset, length).status).toBe('INVAL');
    expect(anna.ranges).toEqual(['read 0-1']);
  });

  it('of others are in the way as who holds them, where and how', () => {
    const head = new Head();
    const [anna, ben] = [new Locker(head, 'anna'), new Locker(head, 'ben')];
    anna.lock('read', 0n, 10n);
    anna.lock('write', 20n, toTheEnd);
    expect(ben.lock('read', 0n, 20n).status).toBe('OK');
    expect(ben.lock('write', 5n, 1n)).toMatchObject({
      status: 'DENIED',
      denied: { owner: 'l', offset: 0n, length: 10n, type: 'read' },
    });
    expect(ben.lock('read', 30n, 1n)).toMatchObject({ denied: { offset: 20n, length: toTheEnd, type: 'write' } });
    expect(anna.unlock(0n, 10n).status).toBe('OK');
    expect(ben.lock('write', 5n, 1n).status).toBe('OK');
  });

  it('are bounded in number for a file', () => {
    const anna = new Locker(new Head({ rangesPerFileMax: 2 }), 'anna');
    anna.lock('write', 0n, 9n);
    anna.unlock(4n, 1n);
    expect(anna.lock('write', 20n, 1n).status).toBe('RESOURCE');
    expect(anna.ranges).toEqual(['write 0-4', 'write 5-9']);
  });
});

describe('lock owners', () => {
  it('are released once they hold nothing', () => {
    const head = new Head();
    const anna = new Locker(head, 'anna');
    anna.lock('write', 0n, 1n);
    const [client] = head.state.clients.keys();
    const release = { type: 'release-lock-owner', client: client!, owner: 'l' } as const;
    expect(head.do(release).status).toBe('LOCKS_HELD');
    anna.unlock(0n, 1n);
    expect([head.do(release).status, head.do(release).status]).toEqual(['OK', 'OK']);
    expect(head.state.locks.size).toBe(0);
  });

  it('lose their locks with the open they were taken under', () => {
    const head = new Head();
    const [anna, ben] = [new Locker(head, 'anna'), new Locker(head, 'ben')];
    anna.lock('write', 0n, 1n);
    expect(ben.lock('write', 0n, 1n).status).toBe('DENIED');
    const [open] = [...head.state.opens.values()];
    head.do({ type: 'close', stateid: { key: open!.key, seqid: open!.seqid }, seqid: 4 });
    expect(
      head.do({
        type: 'lock-test',
        client: open!.client,
        owner: 'x',
        file: 'f',
        lockType: 'write',
        range: { offset: 0n, length: 1n },
      }).status,
    ).toBe('OK');
  });
});
