import { describe, expect, it } from 'vitest';
import { ShortWriteError } from '../../src/drive/drive-files.ts';
import { object, TestDrive } from '../support/drives.ts';
import { type Fault, faulty, systemError } from '../support/faulty-drive.ts';
import { scratchDirectory } from '../support/scratch.ts';

/** A drive that is sound until `fail` is set. */
async function soundDrive() {
  const faults: { now: Fault | undefined } = { now: undefined };
  const drive = new TestDrive(scratchDirectory(), (directory) =>
    faulty(directory, (operation, file, bytes) => faults.now?.(operation, file, bytes)),
  );
  await drive.format();
  await drive.put(1, 0, 0, 4);
  await drive.store.putObject(object(1, 'one'));
  return { drive, faults };
}

const failing =
  (operation: string, file: string, error: () => Error): Fault =>
  (op, name) => {
    if (op === operation && name.startsWith(file)) throw error();
  };

describe.each([
  ['a flush of the block file', failing('flush', 'blocks', () => systemError('EIO'))],
  ['a flush of the log', failing('flush', 'log', () => systemError('EIO'))],
  ['a write of the log', failing('write', 'log', () => systemError('EIO'))],
  ['a write of a block', failing('write', 'blocks', () => systemError('EIO'))],
  ['a short write of a block', failing('write', 'blocks', () => new ShortWriteError('blocks', 5, 4096))],
  ['a short write of the log', failing('write', 'log', () => new ShortWriteError('log-1', 5, 4096))],
])('%s that fails', (_, fault) => {
  it('stops the drive for good: nothing is tried again, and what was durable before is there at the next opening', async () => {
    const { drive, faults } = await soundDrive();
    let failures = 0;
    faults.now = (operation, file, bytes) => {
      try {
        fault(operation, file, bytes);
      } catch (error) {
        failures++;
        throw error;
      }
    };
    await expect(drive.put(2, 0, 0, 4)).rejects.toMatchObject({ code: 'HF_DRIVE_STOPPED' });
    expect(failures).toBe(1);
    faults.now = undefined;
    await expect(drive.put(3, 0, 0, 4)).rejects.toMatchObject({ code: 'HF_DRIVE_STOPPED' });
    await expect(drive.store.putObject(object(3, 'three'))).rejects.toMatchObject({ code: 'HF_DRIVE_STOPPED' });
    await expect(drive.check(1, 0, 0, 4)).rejects.toMatchObject({ code: 'HF_DRIVE_STOPPED' });
    await drive.reopen();
    expect(await drive.check(1, 0, 0, 4)).toBe('ok');
    expect(drive.store.versions('one')).toHaveLength(1);
    expect(drive.store.versions('three')).toHaveLength(0);
    await drive.close();
    expect(drive.pool.freePages).toBe(drive.pool.pages);
  });
});

it('stops when a flush fails for want of space, and when one fails that only made room ahead of time', async () => {
  const { drive, faults } = await soundDrive();
  faults.now = failing('flush', 'blocks', () => systemError('ENOSPC'));
  await expect(drive.put(2, 0, 0, 4)).rejects.toMatchObject({ code: 'HF_DRIVE_STOPPED' });
  await drive.reopen();
  // An extent is 64 blocks: with fewer than 16 left the next one is made ready behind the caller's back.
  const growing = Promise.withResolvers<void>();
  let written = 0;
  faults.now = (operation, file, bytes) => {
    if (file !== 'blocks') return;
    if (operation === 'write' && bytes === 64 * 4096) written++;
    if (operation === 'flush' && written > 0) {
      growing.resolve();
      throw systemError('EIO');
    }
  };
  const store = drive.put(3, 0, 0, 50).catch((error: unknown) => error);
  await growing.promise;
  await store;
  await expect(drive.put(4, 0, 0, 1)).rejects.toMatchObject({ code: 'HF_DRIVE_STOPPED' });
  await drive.close();
});

it('writes each superblock once, in turn, when several changes are asked for at the same time', async () => {
  const { drive } = await soundDrive();
  const views = Array.from({ length: 8 }, (_, index) => ({ epoch: index + 1, live: [0, 1, 2, 3] }));
  await Promise.all(views.map((view) => drive.store.setView(view)));
  expect(await drive.reopen()).toMatchObject({ damagedSlots: 0 });
  expect(drive.store.view.epoch).toBe(8);
  await drive.close();
});

it('grows its log once for all who need it at the same time', async () => {
  const { drive, faults } = await soundDrive();
  const growths: number[] = [];
  faults.now = (operation, file, bytes) => {
    if (operation === 'write' && file.startsWith('log') && bytes === 1 << 20) growths.push(bytes);
  };
  const long = 'x'.repeat(1000);
  const puts = Array.from({ length: 1000 }, (_, index) =>
    drive.store.putObject(object(index + 10, `${index}/${long}`)),
  );
  await Promise.all(puts);
  expect(growths.length).toBeGreaterThan(0);
  expect(growths.length).toBeLessThanOrEqual(2);
  await drive.reopen();
  for (let index = 0; index < 1000; index++) expect(drive.store.versions(`${index}/${long}`)).toHaveLength(1);
  await drive.close();
});

it('fails everyone who waits for the same flush', async () => {
  const { drive, faults } = await soundDrive();
  faults.now = failing('flush', 'log', () => systemError('EIO'));
  const puts = await Promise.allSettled([2, 3, 4].map((gfid) => drive.store.putObject(object(gfid, `k${gfid}`))));
  for (const put of puts) expect(put).toMatchObject({ reason: { code: 'HF_DRIVE_STOPPED' } });
  await drive.close();
});

it('reports a device that cannot read, for the slots concerned only', async () => {
  const { drive, faults } = await soundDrive();
  faults.now = failing('read', 'blocks', () => systemError('EIO'));
  expect(await drive.check(1, 0, 0, 4)).toBe('unreadable');
  faults.now = undefined;
  expect(await drive.check(1, 0, 0, 4)).toBe('ok');
  await drive.close();
});

it('says when it is full, stores nothing of what did not fit, and takes objects again after some were let go of', async () => {
  const { drive, faults } = await soundDrive();
  for (let gfid = 2; gfid <= 4; gfid++) await drive.put(gfid, 0, 0, 16);
  faults.now = failing('write', 'blocks', () => systemError('ENOSPC'));
  const used = drive.store.use.blocksUsed;
  await expect(drive.put(5, 0, 0, 16)).rejects.toMatchObject({ code: 'HF_NO_SPACE', retryable: true });
  expect(drive.store.use.blocksUsed).toBe(used);
  await drive.store.drop([2, 3]);
  faults.now = undefined;
  await drive.put(5, 0, 0, 16);
  await drive.reopen();
  expect(await drive.check(5, 0, 0, 16)).toBe('ok');
  expect(await drive.check(2, 0, 0, 16)).toBe('missing');
  await drive.close();
});

it('keeps room in its log to let go of objects when the log itself cannot grow', async () => {
  const { drive, faults } = await soundDrive();
  // Batches are 4 KiB here and an extent is zeroed in one piece of 1 MiB: only growing writes that much.
  faults.now = (operation, file, bytes) => {
    if (operation === 'write' && file.startsWith('log') && bytes >= 1 << 20) throw systemError('ENOSPC');
  };
  let stored = 1;
  const refused = await (async () => {
    for (;;) await drive.store.putObject(object(++stored, `key ${stored}`));
  })().catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'HF_NO_SPACE' });
  expect(stored).toBeGreaterThan(100);
  for (let gfid = 2; gfid < 40; gfid++) await drive.store.forget([gfid]);
  await drive.reopen();
  expect(drive.store.versions('key 39')).toHaveLength(0);
  expect(drive.store.versions('key 40')).toHaveLength(1);
  await drive.close();
});

it('serves on from its old log when there is no room to rewrite it', async () => {
  const { drive, faults } = await soundDrive();
  faults.now = failing('write', 'log-2', () => systemError('ENOSPC'));
  for (let round = 0; round < 1100; round++) await drive.store.putObject(object(7, 'k', { bytes: round }));
  expect(drive.store.use.logBytes).toBeGreaterThan(4 << 20);
  faults.now = undefined;
  await drive.reopen();
  expect(drive.store.versions('k')).toEqual([object(7, 'k', { bytes: 1099 })]);
  await drive.close();
});
