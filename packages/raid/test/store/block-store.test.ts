import { closeSync, constants, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { DriveDirectory } from '../../src/drive/drive-files.ts';
import { content, identity, object, TestDrive } from '../support/drives.ts';
import { scratchDirectory } from '../support/scratch.ts';

async function newDrive(wrap?: (directory: DriveDirectory) => DriveDirectory): Promise<TestDrive> {
  const drive = new TestDrive(scratchDirectory(), wrap);
  await drive.format();
  return drive;
}

it('keeps who had not caught up in its view, and that it is new until a view counts it', async () => {
  const drive = await newDrive();
  await drive.store.setView({ epoch: 7, live: [0, 1, 3] });
  expect(await drive.reopen()).toMatchObject({ empty: true });
  await drive.store.setView({ epoch: 8, live: [0, 1, 2, 3], returning: [2] });
  expect(await drive.reopen()).toMatchObject({ empty: false });
  expect(drive.store.view).toEqual({ epoch: 8, live: [0, 1, 2, 3], returning: [2] });
  await drive.close();
});

it('brings back blocks, objects and identity after it is closed and opened', async () => {
  const drive = await newDrive();
  await drive.put(1001, 0, 2, 16);
  await drive.put(1001, 1, 1, 3);
  await drive.store.putObject(object(1001, 'a/b', { sha256: 'ab'.repeat(32) }));
  await drive.store.setView({ epoch: 7, live: [0, 2, 3], returning: [2] });
  const findings = await drive.reopen();
  expect(findings).toEqual({ damagedSlots: 0, lostBatches: 0, empty: false, workedBy: 0 });
  expect(await drive.check(1001, 0, 2, 16)).toBe('ok');
  expect(await drive.check(1001, 1, 1, 3)).toBe('ok');
  expect(drive.store.versions('a/b')).toEqual([object(1001, 'a/b', { sha256: 'ab'.repeat(32) })]);
  expect(drive.store.identity).toEqual(identity);
  expect(drive.store.view).toEqual({ epoch: 7, live: [0, 2, 3], returning: [2] });
  await drive.close();
  expect(drive.pool.freePages).toBe(drive.pool.pages);
});

it('answers for slots it does not have, and for a slot asked for with another shape', async () => {
  const drive = await newDrive();
  await drive.put(5, 0, 2, 4);
  expect(await drive.check(6, 0, 2, 4)).toBe('missing');
  expect(await drive.check(5, 1, 2, 4)).toBe('missing');
  expect(await drive.check(5, 0, 1, 4)).toBe('missing');
  expect(await drive.check(5, 0, 2, 5)).toBe('missing');
  await drive.close();
});

it('uses the space of a dropped object again, and never hands out a block twice', async () => {
  const drive = await newDrive();
  for (let gfid = 1; gfid <= 200; gfid++) {
    await drive.put(gfid, 0, 1, 16);
    if (gfid > 3) await drive.store.drop([gfid - 3]);
  }
  expect(drive.store.use.blocksUsed).toBe(3 * 16);
  expect(drive.store.use.blocksAllocated).toBeLessThanOrEqual(3 * 64);
  await drive.reopen();
  expect(drive.store.gfids(0, 10)).toEqual([198, 199, 200]);
  for (const gfid of [198, 199, 200]) expect(await drive.check(gfid, 0, 1, 16)).toBe('ok');
  await drive.close();
});

it('takes the newer of two runs of one slot', async () => {
  const drive = await newDrive();
  await drive.put(9, 0, 0, 2);
  await drive.put(9, 0, 0, 2);
  expect(drive.store.use.blocksUsed).toBe(2);
  await drive.reopen();
  expect(drive.store.use.blocksUsed).toBe(2);
  expect(await drive.check(9, 0, 0, 2)).toBe('ok');
  await drive.close();
});

it('rewrites a log that is mostly history, and opens from the new one', async () => {
  const drive = await newDrive();
  for (let round = 0; round < 1500; round++) await drive.store.putObject(object(7, 'k', { bytes: round }));
  await drive.put(8, 3, 1, 1);
  expect(readdirSync(drive.path).filter((name) => name.startsWith('log-'))).toEqual(['log-1', 'log-3']);
  expect(drive.store.use.logBytes).toBeLessThan(4 << 20);
  await drive.reopen();
  expect(drive.store.versions('k')).toEqual([object(7, 'k', { bytes: 1499 })]);
  expect(await drive.check(8, 3, 1, 1)).toBe('ok');
  await drive.close();
});

it('flushes once for all who wait', async () => {
  const flushes: string[] = [];
  const drive = await newDrive((directory) => ({
    ...directory,
    open: async (name, options) => {
      const file = await directory.open(name, options);
      const flush = file.flush.bind(file);
      file.flush = () => {
        flushes.push(name);
        return flush();
      };
      return file;
    },
  }));
  flushes.length = 0;
  await Promise.all(Array.from({ length: 40 }, (_, index) => drive.store.putObject(object(index, `k${index}`))));
  expect(flushes.length).toBeLessThanOrEqual(3);
  await drive.close();
});

it('stores many slots in one call and pages through what it holds', async () => {
  const drive = await newDrive();
  const page = drive.pool.take(64);
  const slots = [0, 1, 2, 3].map((group) => ({ gfid: 77, group, slot: 1, blocks: 16, page: page + group * 16 }));
  for (const { group, page: first } of slots) drive.pool.bytes(first, 16).set(content(77, group, 16));
  await drive.store.store(slots);
  await drive.store.harden();
  for (let group = 0; group < 4; group++) expect(await drive.check(77, group, 1, 16)).toBe('ok');

  for (const [gfid, key] of [
    [1, 'b/2'],
    [2, 'a'],
    [3, 'b/1'],
    [4, 'b/2'],
    [5, 'c'],
  ] as const) {
    await drive.store.putObject(object(gfid, key));
  }
  const first = drive.store.objects('b/', undefined, 2);
  expect(first.map(({ key, gfid }) => `${key} ${gfid}`)).toEqual(['b/1 3', 'b/2 1']);
  expect(drive.store.objects('b/', first[1], 2).map(({ gfid }) => gfid)).toEqual([4]);
  expect(drive.store.objects('', undefined, 9)).toHaveLength(5);
  await drive.close();
});

it('says whether long transfers go past the cache of the kernel, and why not', async () => {
  const drive = await newDrive();
  const isKnown = (() => {
    try {
      closeSync(openSync(join(drive.path, 'blocks'), constants.O_RDWR | constants.O_DIRECT));
      return true;
    } catch {
      return false;
    }
  })();
  await drive.put(1, 0, 0, 16);
  expect(drive.store.use.whyBuffered).toEqual(isKnown ? undefined : expect.stringContaining('O_DIRECT'));
  await drive.close();
});
