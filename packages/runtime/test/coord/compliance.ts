import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CoordStore, WatchBatch } from '../../src/coord/types.ts';
import { coordKeyBytesMax, coordTransactionOpsMax, coordValueBytesMax } from '../../src/limits.ts';

/** A form of the coordination store, as the suite needs it. Each `open` starts with no keys under `prefix`. */
export interface CoordStoreForm {
  open(): Promise<CoordStore>;
  /** Let at least `ms` pass for leases, really or on a steered clock. */
  elapse(ms: number): Promise<void>;
  /** The shortest lease the form grants. */
  readonly leaseMs: number;
  /** Close `store` and open it again with what it kept; for forms that keep anything. */
  reopen?(store: CoordStore): Promise<CoordStore>;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined) => (value === undefined ? undefined : new TextDecoder().decode(value));

async function put(store: CoordStore, key: string, value: string) {
  return (await store.transact({ when: [], write: [{ put: key, value: bytes(value) }] })).revision;
}

async function take(watch: AsyncIterator<WatchBatch>, count: number): Promise<WatchBatch[]> {
  const batches: WatchBatch[] = [];
  while (batches.length < count) {
    const { done, value } = await watch.next();
    if (done === true) break;
    batches.push(value);
  }
  return batches;
}

const summary = (batches: WatchBatch[]) =>
  batches.map(({ events }) =>
    events.map((event) => (event.type === 'put' ? `${event.entry.key}=${text(event.entry.value)}` : `-${event.key}`)),
  );

/** What every form of the coordination store must do. A form passes all of it or is not one. */
export function describeCoordStore(name: string, form: CoordStoreForm): void {
  describe(`${name} as a coordination store`, () => {
    let store: CoordStore;
    beforeEach(async () => {
      store = await form.open();
    });
    afterEach(() => store.close());

    describe('keys', () => {
      it('reads back what was written, with its revisions', async () => {
        const first = await put(store, 'a', '1');
        const second = await put(store, 'a', '2');
        expect(second).toBe(first + 1);
        const entry = await store.get('a');
        expect(text(entry?.value)).toBe('2');
        expect(entry).toMatchObject({ key: 'a', createRevision: first, modRevision: second });
        expect(entry).not.toHaveProperty('lease');
      });

      it('knows nothing of a key never written', async () => {
        expect(await store.get('nowhere')).toBeUndefined();
      });

      it('gives a key made again a higher create revision: the fencing token rises', async () => {
        await put(store, 'lock', 'one');
        const before = await store.get('lock');
        await store.compareAndSet('lock', before!.modRevision, undefined);
        await put(store, 'lock', 'two');
        const after = await store.get('lock');
        expect(after!.createRevision).toBeGreaterThan(before!.createRevision);
      });

      it('keeps values byte for byte, empty ones too', async () => {
        const value = Uint8Array.from({ length: 256 }, (_, index) => index);
        await store.compareAndSet('bytes', 0, value);
        await store.compareAndSet('empty', 0, new Uint8Array());
        expect(Uint8Array.from((await store.get('bytes'))!.value)).toEqual(value);
        expect((await store.get('empty'))!.value.byteLength).toBe(0);
      });

      it('takes keys of any text', async () => {
        for (const key of ['nul\0inside', 'ünïcödé/😀', ' ', '%_%', '\u{10ffff}']) {
          await put(store, key, key);
          expect(text((await store.get(key))?.value), JSON.stringify(key)).toBe(key);
        }
      });
    });

    describe('compare-and-set', () => {
      it('makes a key only where there is none', async () => {
        expect((await store.compareAndSet('a', 0, bytes('1'))).succeeded).toBe(true);
        const again = await store.compareAndSet('a', 0, bytes('2'));
        expect(again.succeeded).toBe(false);
        expect(again.found.map((entry) => text(entry.value))).toEqual(['1']);
      });

      it('lets exactly one of many racers win', async () => {
        const racers = Array.from({ length: 20 }, (_, racer) => store.compareAndSet('leader', 0, bytes(`${racer}`)));
        const won = (await Promise.all(racers)).filter((result) => result.succeeded);
        expect(won).toHaveLength(1);
      });

      it('deletes only the version it was shown', async () => {
        const old = await put(store, 'a', '1');
        await put(store, 'a', '2');
        expect((await store.compareAndSet('a', old, undefined)).succeeded).toBe(false);
        expect(text((await store.get('a'))?.value)).toBe('2');
      });
    });

    describe('transactions', () => {
      it('do all at one revision', async () => {
        const { revision } = await store.transact({
          when: [],
          write: [
            { put: 'a', value: bytes('1') },
            { put: 'b', value: bytes('2') },
          ],
        });
        expect((await store.get('a'))?.modRevision).toBe(revision);
        expect((await store.get('b'))?.modRevision).toBe(revision);
      });

      it('do nothing when one comparison of several fails, and say what they found', async () => {
        const revision = await put(store, 'a', '1');
        const result = await store.transact({
          when: [
            { key: 'a', modRevision: revision },
            { key: 'b', createRevision: 7 },
          ],
          write: [{ delete: 'a' }, { put: 'c', value: bytes('3') }],
        });
        expect(result).toMatchObject({ succeeded: false, revision });
        expect(result.found.map((entry) => entry.key)).toEqual(['a']);
        expect(await store.get('c')).toBeUndefined();
        expect(text((await store.get('a'))?.value)).toBe('1');
      });

      it('compare values too, and an absent key has none', async () => {
        await put(store, 'a', 'x');
        const when = (value: string) => [{ key: 'a', value: bytes(value) }];
        expect((await store.transact({ when: when('y'), write: [{ delete: 'a' }] })).succeeded).toBe(false);
        expect((await store.transact({ when: when('x'), write: [{ delete: 'a' }] })).succeeded).toBe(true);
        expect((await store.transact({ when: when(''), write: [] })).succeeded).toBe(false);
      });

      it('that delete nothing take no revision', async () => {
        const revision = await put(store, 'a', '1');
        const result = await store.transact({ when: [], write: [{ delete: 'never there' }] });
        expect(result).toMatchObject({ succeeded: true, revision });
      });
    });

    describe('ranges', () => {
      beforeEach(async () => {
        for (const key of ['x/2', 'x/10', 'y', 'x', 'x/1', 'x0']) await put(store, key, key);
      });

      it('answer the keys with a prefix, in order', async () => {
        const { entries, more } = await store.range({ prefix: 'x/' });
        expect(entries.map((entry) => entry.key)).toEqual(['x/1', 'x/10', 'x/2']);
        expect(more).toBe(false);
      });

      it('answer from (inclusive) to (exclusive)', async () => {
        const { entries } = await store.range({ from: 'x/10', to: 'x0' });
        expect(entries.map((entry) => entry.key)).toEqual(['x/10', 'x/2']);
      });

      it('stop at the limit and say that there is more', async () => {
        const { entries, more } = await store.range({ prefix: '' }, 2);
        expect(entries).toHaveLength(2);
        expect(more).toBe(true);
      });

      it('order keys by their bytes', async () => {
        for (const key of ['o\u{ffff}', 'o\u{10000}', 'oz']) await put(store, key, '');
        const { entries } = await store.range({ prefix: 'o' });
        expect(entries.map((entry) => entry.key)).toEqual(['oz', 'o\u{ffff}', 'o\u{10000}']);
      });

      it('carry the revision from which a watch misses nothing', async () => {
        const { revision } = await store.range({ prefix: 'x' });
        await put(store, 'x/3', 'new');
        const watch = store.watch({ prefix: 'x' }, { from: revision + 1 });
        expect(summary(await take(watch, 1))).toEqual([['x/3=new']]);
        await watch.return?.();
      });
    });

    describe('watches', () => {
      it('see changes from now on, each once, in order, whole transactions together', async () => {
        await put(store, 'w/before', '0');
        const watch = store.watch({ prefix: 'w/' });
        await put(store, 'w/a', '1');
        await put(store, 'elsewhere', '-');
        await store.transact({ when: [], write: [{ put: 'w/b', value: bytes('2') }, { delete: 'w/a' }] });
        await put(store, 'w/a', '3');
        const batches = await take(watch, 3);
        expect(summary(batches)).toEqual([['w/a=1'], ['-w/a', 'w/b=2'], ['w/a=3']]);
        const revisions = batches.map((batch) => batch.revision);
        expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
        await watch.return?.();
      });

      it('replay history from the revision asked for', async () => {
        const from = await put(store, 'h', '1');
        await put(store, 'h', '2');
        await store.compareAndSet('h', from + 1, undefined);
        const watch = store.watch({ prefix: 'h' }, { from });
        expect(summary(await take(watch, 3))).toEqual([['h=1'], ['h=2'], ['-h']]);
        await watch.return?.();
      });

      it('wake a consumer that was waiting', async () => {
        const watch = store.watch({ prefix: 'later' });
        const waiting = take(watch, 1);
        await put(store, 'later', 'now');
        expect(summary(await waiting)).toEqual([['later=now']]);
        await watch.return?.();
      });

      it('end when the signal aborts, also one that has aborted before', async () => {
        const controller = new AbortController();
        const watch = store.watch({ prefix: '' }, { signal: controller.signal });
        const waiting = watch.next();
        controller.abort();
        expect((await waiting).done).toBe(true);
        expect((await store.watch({ prefix: '' }, { signal: controller.signal }).next()).done).toBe(true);
      });

      it('end when the store closes', async () => {
        const waiting = store.watch({ prefix: '' }).next();
        await store.close();
        expect((await waiting).done).toBe(true);
      });
    });

    describe('leases', () => {
      it('take their keys with them when they run out', async () => {
        const lease = await store.grantLease(form.leaseMs);
        await store.compareAndSet('held', 0, bytes('mine'), { lease: lease.id });
        expect((await store.get('held'))?.lease).toBe(lease.id);
        const watch = store.watch({ prefix: 'held' });
        await form.elapse(lease.ttlMs + form.leaseMs);
        expect(await store.get('held')).toBeUndefined();
        expect(summary(await take(watch, 1))).toEqual([['-held']]);
        await watch.return?.();
      });

      it('live on while they are renewed', async () => {
        const lease = await store.grantLease(form.leaseMs);
        await store.compareAndSet('held', 0, bytes('mine'), { lease: lease.id });
        for (let round = 0; round < 4; round += 1) {
          await form.elapse(Math.ceil(lease.ttlMs / 2));
          await lease.renew();
        }
        expect(await store.get('held')).toBeDefined();
      });

      it('cannot be renewed or used once they ended', async () => {
        const lease = await store.grantLease(form.leaseMs);
        await form.elapse(lease.ttlMs + form.leaseMs);
        await expect(lease.renew()).rejects.toMatchObject({ code: 'HF_LEASE_EXPIRED' });
        const late = store.compareAndSet('held', 0, bytes('late'), { lease: lease.id });
        await expect(late).rejects.toMatchObject({ code: 'HF_LEASE_EXPIRED' });
        expect(await store.get('held')).toBeUndefined();
      });

      it('end at once when revoked; revoking again is harmless', async () => {
        const lease = await store.grantLease(60_000);
        await store.compareAndSet('held', 0, bytes('mine'), { lease: lease.id });
        await lease.revoke();
        await lease.revoke();
        expect(await store.get('held')).toBeUndefined();
      });

      it('leave alone a key that was written again without them', async () => {
        const lease = await store.grantLease(60_000);
        await store.compareAndSet('held', 0, bytes('mine'), { lease: lease.id });
        await put(store, 'held', 'kept');
        await lease.revoke();
        expect(text((await store.get('held'))?.value)).toBe('kept');
      });
    });

    describe('limits', () => {
      it.each([
        ['an empty key', () => store.get('')],
        ['a key too long', () => store.get('k'.repeat(coordKeyBytesMax + 1))],
        ['half a surrogate pair', () => store.get('\ud800')],
        ['a value too long', () => store.compareAndSet('v', 0, new Uint8Array(coordValueBytesMax + 1))],
        ['a key written twice', () => store.transact({ when: [], write: [{ delete: 'a' }, { delete: 'a' }] })],
        [
          'too many operations',
          () =>
            store.transact({
              when: [],
              write: Array.from({ length: coordTransactionOpsMax + 1 }, (_, index) => ({ delete: `k${index}` })),
            }),
        ],
        ['a lease of no time', () => store.grantLease(0)],
        ['a lease that is no number', () => store.grantLease(Number.NaN)],
      ])('refuse %s', async (_, call) => {
        await expect(call()).rejects.toMatchObject({ code: 'HF_CONFIG' });
      });

      it('take what lies exactly on them', async () => {
        const key = 'k'.repeat(coordKeyBytesMax);
        await store.compareAndSet(key, 0, new Uint8Array(coordValueBytesMax));
        expect((await store.get(key))?.value.byteLength).toBe(coordValueBytesMax);
      });
    });

    it('refuses every call once closed, and closing again is harmless', async () => {
      await store.close();
      await store.close();
      await expect(store.get('a')).rejects.toMatchObject({ code: 'HF_CLOSED' });
      await expect(store.compareAndSet('a', 0, bytes('1'))).rejects.toMatchObject({ code: 'HF_CLOSED' });
      await expect(store.grantLease(1000)).rejects.toMatchObject({ code: 'HF_CLOSED' });
      expect(() => store.watch({ prefix: '' })).toThrow(expect.objectContaining({ code: 'HF_CLOSED' }));
    });

    const { reopen } = form;
    if (reopen !== undefined) {
      it('keeps keys, revisions, history and leases when opened again', async () => {
        const lease = await store.grantLease(form.leaseMs);
        await store.compareAndSet('leased', 0, bytes('l'), { lease: lease.id });
        const revision = await put(store, 'kept', 'k');
        store = await reopen(store);
        expect(await store.get('kept')).toMatchObject({ modRevision: revision });
        expect((await store.get('leased'))?.lease).toBe(lease.id);
        expect(await put(store, 'next', 'n')).toBe(revision + 1);
        expect(summary(await take(store.watch({ prefix: 'kept' }, { from: revision }), 1))).toEqual([['kept=k']]);
        await form.elapse(lease.ttlMs + form.leaseMs);
        expect(await store.get('leased')).toBeUndefined();
      });
    }
  });
}
