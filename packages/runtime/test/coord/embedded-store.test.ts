import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbeddedStore } from '../../src/coord/embedded-store.ts';
import { coordHistoryRevisionsMax } from '../../src/limits.ts';
import { describeCoordStore } from './compliance.ts';
import { SteeredClock } from './steered-clock.ts';

let directory: string;
let files = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-coord-'));
});
afterAll(() => rm(directory, { recursive: true }));
const freshPath = () => join(directory, `${files++}.db`);

const clock = new SteeredClock();
const elapse = (ms: number) => clock.elapse(ms);

describeCoordStore('SQLite in memory', {
  open: async () => openEmbeddedStore({ clock }),
  elapse,
  leaseMs: 100,
});

let path: string;
describeCoordStore('SQLite in a file', {
  open: async () => {
    path = freshPath();
    return openEmbeddedStore({ path, clock });
  },
  elapse,
  leaseMs: 100,
  reopen: async (store) => {
    await store.close();
    return openEmbeddedStore({ path, clock });
  },
});

describe('the file of the embedded store', () => {
  it('is refused to a second opener, and free again after close', async () => {
    const file = freshPath();
    const store = openEmbeddedStore({ path: file });
    expect(() => openEmbeddedStore({ path: file })).toThrow(expect.objectContaining({ code: 'HF_STORAGE_IN_USE' }));
    await store.close();
    await openEmbeddedStore({ path: file }).close();
  });

  it('leaves only itself behind', async () => {
    const file = freshPath();
    const store = openEmbeddedStore({ path: file });
    await store.compareAndSet('a', 0, new Uint8Array(1));
    await store.close();
    const left = (await readdir(directory)).filter((name) => join(directory, name).startsWith(file));
    expect(left.map((name) => join(directory, name))).toEqual([file]);
  });

  it('is a typed error when it is not a database or cannot be made', async () => {
    const file = freshPath();
    await writeFile(file, 'not a database, and long enough to be read as the header of one '.repeat(20));
    expect(() => openEmbeddedStore({ path: file })).toThrow(expect.objectContaining({ code: 'HF_STORAGE' }));
    const nowhere = join(directory, 'missing', 'file.db');
    expect(() => openEmbeddedStore({ path: nowhere })).toThrow(expect.objectContaining({ code: 'HF_STORAGE' }));
  });
});

describe('the history of the embedded store', () => {
  it('is bounded, and a watch that fell behind is told so', async () => {
    const store = openEmbeddedStore();
    const behind = store.watch({ prefix: '' });
    for (let write = 0; write < coordHistoryRevisionsMax * 1.2; write += 1) {
      await store.transact({ when: [], write: [{ put: 'k', value: new Uint8Array(1) }] });
    }
    await expect(behind.next()).rejects.toMatchObject({ code: 'HF_COORD_COMPACTED' });
    expect((await behind.next()).done).toBe(true);
    await store.close();
  });

  it('wakes no watch before the change is durable: a lease that ran out shows as deleted, not before', async () => {
    const store = openEmbeddedStore({ clock });
    const lease = await store.grantLease(50);
    await store.compareAndSet('held', 0, new Uint8Array(1), { lease: lease.id });
    await clock.elapse(49);
    expect(await store.get('held')).toBeDefined();
    await clock.elapse(1);
    expect(await store.get('held')).toBeUndefined();
    await store.close();
  });
});
