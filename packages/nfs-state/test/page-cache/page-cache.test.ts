import type { OpenFile, PageCache } from '@holdfast/nfs-state';
import { describe, expect, it } from 'vitest';
import { LocalServers } from '../support/local-servers.ts';

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const pattern = (bytes: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, at) => (at * 31 + seed * 7 + (at >> 8)) & 0xff);

async function contentOf(cache: PageCache, file = 'f'): Promise<Uint8Array> {
  await using open = await cache.open(file);
  return open.read(0, open.sizeBytes);
}

async function openNew(cache: PageCache, file = 'f'): Promise<OpenFile> {
  await cache.create(file);
  return cache.open(file);
}

describe('what is written', () => {
  it('is read back at once, and by others after a flush and an open', async () => {
    const servers = new LocalServers();
    const [mine, other] = [servers.cache(), servers.cache()];
    const file = await openNew(mine);
    const before = await other.open('f');
    const bytes = pattern(100_000, 1);
    await file.write(5000, bytes);
    expect(await file.read(5000, 100_000)).toEqual(bytes);
    expect((await contentOf(other)).length).toBe(0);
    await file.fsync();
    expect((await contentOf(other)).subarray(5000)).toEqual(bytes);
    expect(before.sizeBytes).toBe(105_000);
    expect(mine.stats().dirtyPages).toBe(0);
  });

  it('goes to the data servers, and only its last word to the metadata server', async () => {
    const servers = new LocalServers();
    const file = await openNew(servers.cache());
    await file.write(0, pattern(80_000, 2));
    servers.calls.length = 0;
    await file.fsync();
    const words = new Set(servers.calls.filter((call) => call.startsWith('0.')));
    expect(words).toEqual(new Set(['0.layoutGet', '0.layout-commit']));
    expect(servers.calls.filter((call) => call.endsWith('.write')).sort()).toEqual(['1.write', '2.write', '3.write']);
  });

  it('keeps bytes of others beside it in the same page', async () => {
    const servers = new LocalServers();
    const [one, two] = [servers.cache(), servers.cache()];
    const first = await openNew(one);
    const second = await two.open('f');
    await first.write(10, text('AAAA'));
    await second.write(20, text('BBBB'));
    await first.fsync();
    await second.fsync();
    await first.write(14, text('aa'));
    await first.fsync();
    const all = await contentOf(two);
    expect(new TextDecoder().decode(all).replaceAll('\0', '.')).toBe('..........AAAAaa....BBBB');
  });

  it('goes out when memory is short, and comes back when it is read', async () => {
    const servers = new LocalServers();
    const cache = servers.cache(64);
    const file = await openNew(cache);
    const bytes = pattern(1_000_000, 3);
    for (let at = 0; at < bytes.length; at += 50_000) await file.write(at, bytes.subarray(at, at + 50_000));
    expect(await file.read(0, bytes.length)).toEqual(bytes);
    expect(cache.stats()).toMatchObject({ pages: 64 });
    expect(cache.stats().evictionsTotal).toBeGreaterThan(200);
    await file.close();
    expect(await contentOf(servers.cache())).toEqual(bytes);
  });
});

describe('consistency', () => {
  it('shows what others flushed after a lock is taken, and flushes before it is let go of', async () => {
    const servers = new LocalServers();
    const [one, two] = [servers.cache(), servers.cache()];
    const first = await openNew(one);
    const second = await two.open('f');
    for (let turn = 0; turn < 6; turn++) {
      const [writer, reader] = turn % 2 === 0 ? [first, second] : [second, first];
      const lock = await writer.lock({ offset: 0, bytes: 100 });
      let taken = false;
      const waiting = reader.lock({ offset: 50, bytes: 1 }).then((held) => {
        taken = true;
        return held;
      });
      await writer.write(0, text(`turn ${turn}`));
      expect(taken).toBe(false);
      await writer.unlock(lock);
      const held = await waiting;
      expect(await reader.read(0, 6)).toEqual(text(`turn ${turn}`));
      await reader.unlock(held);
    }
  });

  it('forgets nothing of its own when others changed the file meanwhile', async () => {
    const servers = new LocalServers();
    const [one, two] = [servers.cache(), servers.cache()];
    const mine = await openNew(one);
    await mine.write(0, pattern(8192, 1));
    await mine.fsync();
    const other = await two.open('f');
    await other.write(4096, pattern(4096, 2));
    await mine.write(0, text('mine'));
    await other.close();
    const again = await one.open('f');
    expect(await again.read(0, 4)).toEqual(text('mine'));
    expect(await again.read(4, 4092)).toEqual(pattern(8192, 1).subarray(4, 4096));
    expect(await again.read(4096, 4096)).toEqual(pattern(4096, 2));
  });

  it('keeps what is cached over an own flush, without asking again', async () => {
    const servers = new LocalServers();
    const cache = servers.cache();
    const file = await openNew(cache);
    await file.write(0, pattern(40_000, 1));
    await file.close();
    const again = await cache.open('f');
    servers.calls.length = 0;
    expect(await again.read(0, 40_000)).toEqual(pattern(40_000, 1));
    expect(servers.calls).toEqual([]);
  });
});

describe('truncation', () => {
  it.each([0, 1, 4096, 5000, 70_000, 90_000])(
    'to %d bytes is seen here and elsewhere, and zeros behind it',
    async (size) => {
      const servers = new LocalServers();
      const [mine, other] = [servers.cache(), servers.cache()];
      const file = await openNew(mine);
      const bytes = pattern(80_000, 4);
      await file.write(0, bytes);
      if (size % 2 === 0) await file.fsync();
      const reader = await other.open('f');
      await reader.write(0, bytes.subarray(0, 10));
      await reader.fsync();
      await file.truncate(size);
      expect(file.sizeBytes).toBe(size);
      await file.write(95_000, text('end'));
      await file.close();
      const expected = new Uint8Array(95_003);
      expected.set(bytes.subarray(0, size));
      expected.set(text('end'), 95_000);
      expect(await contentOf(other)).toEqual(expected);
      expect(await contentOf(mine)).toEqual(expected);
    },
  );
});

describe('trouble', () => {
  const losses = [
    [1, 'write'],
    [2, 'commit'],
    [0, 'layoutGet'],
    [0, 'layout-commit'],
    [3, 'write'],
  ] as const;

  it.each(losses)('a call to server %d (%s) that is not answered costs time and nothing else', async (server, name) => {
    for (const how of ['lost before', 'lost after'] as const) {
      const servers = new LocalServers();
      const file = await openNew(servers.cache());
      const bytes = pattern(200_000, 5);
      await file.write(0, bytes);
      servers.lose(server, name, how);
      await file.fsync();
      expect(await contentOf(servers.cache())).toEqual(bytes);
    }
  });

  it('data servers that forget between WRITE and COMMIT get everything again', async () => {
    const servers = new LocalServers();
    const cache = servers.cache();
    const file = await openNew(cache);
    const bytes = pattern(200_000, 6);
    await file.write(0, bytes);
    servers.lose(1, 'commit', 'lost before');
    const flushed = file.fsync();
    while (!servers.calls.includes('1.commit')) await new Promise((resolve) => setImmediate(resolve));
    for (const server of [1, 2, 3]) servers.restartData(server);
    await flushed;
    expect(await contentOf(servers.cache())).toEqual(bytes);
  });

  it('a metadata server that dies takes nothing along: opens, layouts and locks go on with the next one', async () => {
    const servers = new LocalServers();
    const [mine, other] = [servers.cache(), servers.cache()];
    const file = await openNew(mine);
    await file.write(0, pattern(50_000, 9));
    await file.fsync();
    const lock = await file.lock({ offset: 0, bytes: 10 });
    const theirs = await other.open('f');
    const { layouts } = servers.head.state;
    const before = [...layouts.keys()];
    servers.restartMetadata();
    const waiting = theirs.lock({ offset: 5, bytes: 1 });
    await file.write(0, text('locked'));
    await file.fsync();
    expect([...layouts.keys()]).toEqual(before);
    await file.unlock(lock);
    await theirs.unlock(await waiting);
    expect((await contentOf(other)).subarray(0, 6)).toEqual(text('locked'));
    expect(mine.stats()).toMatchObject({ leasesLostTotal: 0 });
  });

  it('a lease that is ended takes locks along, and what was written under them; other bytes are kept', async () => {
    const servers = new LocalServers();
    const cache = servers.cache();
    const file = await openNew(cache);
    await file.write(8192, text('without a lock'));
    const lock = await file.lock({ offset: 0, bytes: 10 });
    await file.write(0, text('locked'));
    await servers.metadata.expire('c0');
    await cacheBegan(cache);
    const unlocking = file.unlock(lock);
    await expect(unlocking).rejects.toMatchObject({ code: 'HF_WRITE_LOST', pages: 1 });
    await file.fsync();
    const all = await contentOf(servers.cache());
    expect(all.subarray(0, 6)).toEqual(new Uint8Array(6));
    expect(all.subarray(8192)).toEqual(text('without a lock'));
  });

  it('whoever closes a cache leaves nothing behind', async () => {
    const servers = new LocalServers();
    const cache = servers.cache();
    const file = await openNew(cache);
    await file.lock();
    await file.write(0, text('abc'));
    await cache.close();
    const { clients, opens, locks, layouts, lockOwners, files } = servers.head.state;
    expect([clients, opens, locks, layouts, lockOwners, files].map(({ size }) => size)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('a layout that is recalled is given back, and the rest goes through the metadata server', async () => {
    const servers = new LocalServers();
    const file = await openNew(servers.cache());
    await file.write(0, pattern(50_000, 7));
    await file.fsync();
    await servers.metadata.recall('f');
    await file.write(0, pattern(50_000, 8));
    servers.calls.length = 0;
    await file.fsync();
    expect(servers.calls).toContain('0.write');
    expect(await contentOf(servers.cache())).toEqual(pattern(50_000, 8));
  });

  it('a file that is gone is reported by the next flush, once', async () => {
    const servers = new LocalServers();
    const [mine, other] = [servers.cache(), servers.cache()];
    const file = await openNew(mine);
    await other.remove('f');
    await file.write(0, text('x'));
    await expect(file.fsync()).rejects.toMatchObject({ code: 'HF_WRITE_LOST', pages: 1, codes: ['HF_NO_FILE'] });
    await file.fsync();
    await expect(mine.open('f')).rejects.toMatchObject({ code: 'HF_NO_FILE' });
    await expect(mine.create('f').then(() => mine.create('f'))).rejects.toMatchObject({ code: 'HF_FILE_EXISTS' });
  });

  it('a cache that is closed without a flush leaves nobody waiting', async () => {
    const servers = new LocalServers();
    const cache = servers.cache();
    const file = await openNew(cache);
    await file.write(0, text('abc'));
    const fsync = file.fsync();
    const closing = cache.close({ abandon: true });
    await expect(fsync).rejects.toMatchObject({ code: 'HF_CLOSED' });
    await closing;
    await expect(file.write(0, text('abc'))).rejects.toMatchObject({ code: 'HF_CLOSED' });
    await file.close();
    await expect(cache.open('f')).rejects.toMatchObject({ code: 'HF_CLOSED' });
  });

  it('a signal ends the waiting, not the work', async () => {
    const servers = new LocalServers();
    const file = await openNew(servers.cache());
    await file.write(0, text('abc'));
    const reason = new Error('enough');
    await expect(file.fsync({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await file.fsync();
    expect(await contentOf(servers.cache())).toEqual(text('abc'));
    await file.close();
    await expect(file.read(0, 1)).rejects.toMatchObject({ code: 'HF_CLOSED' });
  });
});

/** Resolves when the cache has its second lease. */
async function cacheBegan(cache: PageCache): Promise<void> {
  while (cache.stats().leasesLostTotal === 0) await new Promise((resolve) => setImmediate(resolve));
}
