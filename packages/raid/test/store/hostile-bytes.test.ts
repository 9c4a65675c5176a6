import {
  closeSync,
  cpSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashScalar } from '../../src/parity/hash-scalar.ts';
import { identity, object, TestDrive } from '../support/drives.ts';
import { scratchDirectory } from '../support/scratch.ts';

const stored = [
  { gfid: 11, group: 0, slot: 0, blocks: 16 },
  { gfid: 11, group: 1, slot: 3, blocks: 5 },
  { gfid: 12, group: 0, slot: 1, blocks: 1 },
] as const;

/** A drive with two objects, closed in order. */
async function filledDrive(): Promise<TestDrive> {
  const drive = new TestDrive(scratchDirectory());
  await drive.format();
  for (const { gfid, group, slot, blocks } of stored) await drive.put(gfid, group, slot, blocks);
  await drive.store.putObject(object(11, 'eleven'));
  await drive.store.putObject(object(12, 'twelve'));
  await drive.close();
  return drive;
}

/** The outcome of reading everything that was stored. */
async function readings(drive: TestDrive): Promise<string[]> {
  const outcomes: string[] = [];
  for (const { gfid, group, slot, blocks } of stored) outcomes.push(await drive.check(gfid, group, slot, blocks));
  return outcomes;
}

function flip(drive: TestDrive, file: string, at: number, bits = 0x40): void {
  const descriptor = openSync(join(drive.path, file), 'r+');
  const byte = new Uint8Array(1);
  readSync(descriptor, byte, 0, 1, at);
  byte[0]! ^= bits;
  writeSync(descriptor, byte, 0, 1, at);
  closeSync(descriptor);
}

/** Change a field of both superblocks and make their checksums right again. */
function forgeSuperblocks(drive: TestDrive, change: (slot: DataView) => void): void {
  const path = join(drive.path, 'superblock');
  const bytes = Uint8Array.from(readFileSync(path));
  for (const at of [0, 4096]) {
    const slot = new DataView(bytes.buffer, at, 4096);
    change(slot);
    slot.setBigUint64(8, 0n, true);
    slot.setBigUint64(8, hashScalar(bytes.subarray(at, at + 4096)), true);
  }
  writeFileSync(path, bytes);
}

describe('superblock', () => {
  it('is read from the other slot when one is damaged, and both are whole again after', async () => {
    for (const slot of [0, 4096]) {
      const drive = await filledDrive();
      flip(drive, 'superblock', slot + 40);
      expect(await drive.open()).toMatchObject({ damagedSlots: 1 });
      expect(await readings(drive)).toEqual(['ok', 'ok', 'ok']);
      expect(await drive.reopen()).toMatchObject({ damagedSlots: 0 });
      await drive.close();
    }
  });

  it('that is damaged twice makes the drive unusable, and says so', async () => {
    const drive = await filledDrive();
    flip(drive, 'superblock', 100);
    flip(drive, 'superblock', 4096 + 100);
    await expect(drive.open()).rejects.toMatchObject({ code: 'HF_DRIVE_DAMAGED' });
    expect(drive.pool.freePages).toBe(drive.pool.pages);
  });

  it.each([
    ['a newer version', (slot: DataView) => slot.setUint32(16, 2, true)],
    ['an unknown incompatible feature', (slot: DataView) => slot.setUint32(28, 2 ** 31, true)],
    ['an unknown read-only feature', (slot: DataView) => slot.setUint32(24, 1, true)],
    ['three parity slots', (slot: DataView) => slot.setUint8(82, 3)],
  ])('of %s is refused, and nothing on the drive is touched', async (_, change) => {
    const drive = await filledDrive();
    forgeSuperblocks(drive, change);
    const copy = scratchDirectory();
    cpSync(drive.path, copy, { recursive: true });
    await expect(drive.open()).rejects.toMatchObject({ code: 'HF_NEWER_FORMAT' });
    for (const file of ['superblock', 'log-1', 'blocks']) {
      expect(Buffer.compare(readFileSync(join(drive.path, file)), readFileSync(join(copy, file)))).toBe(0);
    }
  });

  it('with an unknown compatible feature is read', async () => {
    const drive = await filledDrive();
    forgeSuperblocks(drive, (slot) => slot.setUint32(20, 0x80, true));
    await drive.open();
    expect(await readings(drive)).toEqual(['ok', 'ok', 'ok']);
    await drive.close();
  });

  it('that is empty or cut short is damage, not a blank drive', async () => {
    for (const bytes of [0, 1, 100]) {
      const drive = await filledDrive();
      truncateSync(join(drive.path, 'superblock'), bytes);
      await expect(drive.open()).rejects.toMatchObject({ code: 'HF_DRIVE_DAMAGED' });
    }
  });
});

describe('log', () => {
  it('that ends in a torn batch loses only that batch, which nobody was told of', async () => {
    const drive = await filledDrive();
    const batches = 5;
    flip(drive, 'log-1', (batches - 1) * 4096 + 70);
    expect(await drive.open()).toMatchObject({ lostBatches: 0 });
    expect(drive.store.versions('eleven')).toHaveLength(1);
    expect(drive.store.versions('twelve')).toHaveLength(0);
    await drive.store.putObject(object(13, 'thirteen'));
    await drive.reopen();
    expect(drive.store.versions('thirteen')).toHaveLength(1);
    expect(await readings(drive)).toEqual(['ok', 'ok', 'ok']);
    await drive.close();
  });

  it('with a rotten batch in the middle says how many are lost until a view counts the drive as live, and is whole then', async () => {
    const drive = await filledDrive();
    flip(drive, 'log-1', 4096 + 3);
    expect(await drive.open()).toMatchObject({ lostBatches: 1 });
    expect(await readings(drive)).toEqual(['ok', 'missing', 'ok']);
    expect(drive.store.versions('twelve')).toHaveLength(1);
    await drive.store.putObject(object(13, 'thirteen'));
    await drive.store.setView({ epoch: 1, live: [0, 1, 3] });
    expect(await drive.reopen()).toMatchObject({ lostBatches: 1 });
    expect(drive.store.versions('thirteen')).toHaveLength(1);
    await drive.store.setView({ epoch: 2, live: [0, 1, 2, 3] });
    expect(await drive.reopen()).toMatchObject({ lostBatches: 0 });
    expect(drive.store.versions('thirteen')).toHaveLength(1);
    expect(await readings(drive)).toEqual(['ok', 'missing', 'ok']);
    await drive.close();
  });

  it('with a rotten start is read from the first whole batch', async () => {
    const drive = await filledDrive();
    flip(drive, 'log-1', 0);
    flip(drive, 'log-1', 4096);
    expect(await drive.open()).toMatchObject({ lostBatches: 2 });
    expect(await readings(drive)).toEqual(['missing', 'missing', 'ok']);
    await drive.close();
  });

  it('of another drive is not taken for its own', async () => {
    const drive = await filledDrive();
    const other = new TestDrive(scratchDirectory());
    await other.format({ ...identity, driveId: 'ee'.repeat(16) });
    await other.store.putObject(object(99, 'foreign'));
    await other.close();
    cpSync(join(other.path, 'log-1'), join(drive.path, 'log-1'));
    await drive.open();
    expect(drive.store.versions('foreign')).toHaveLength(0);
    expect(await readings(drive)).toEqual(['missing', 'missing', 'missing']);
    await drive.close();
  });

  it('that is missing makes the drive unusable, and says so', async () => {
    const drive = await filledDrive();
    rmSync(join(drive.path, 'log-1'));
    await expect(drive.open()).rejects.toMatchObject({ code: 'HF_DRIVE_DAMAGED' });
  });
});

describe('blocks', () => {
  it('are held against their checksum one by one', async () => {
    const drive = await filledDrive();
    flip(drive, 'blocks', 16 * 4096 + 17, 1);
    await drive.open();
    expect(await readings(drive)).toEqual(['ok', 'damaged', 'ok']);
    await drive.close();
  });

  it('that lie where another block should be are found', async () => {
    const drive = await filledDrive();
    const path = join(drive.path, 'blocks');
    const bytes = Uint8Array.from(readFileSync(path));
    bytes.copyWithin(3 * 4096, 4 * 4096, 5 * 4096);
    writeFileSync(path, bytes);
    await drive.open();
    expect(await readings(drive)).toEqual(['damaged', 'ok', 'ok']);
    await drive.close();
  });

  it('behind the end of a file cut short are missing, and their space is not handed out', async () => {
    const drive = await filledDrive();
    truncateSync(join(drive.path, 'blocks'), 4096);
    await drive.open();
    expect(await readings(drive)).toEqual(['missing', 'missing', 'missing']);
    await drive.put(20, 0, 1, 16);
    expect(await drive.check(20, 0, 1, 16)).toBe('ok');
    await drive.close();
  });
});

it('never gives wrong bytes and never fails without a code, whatever one byte of whichever file says', async () => {
  const pristine = await filledDrive();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('superblock', 'log-1', 'blocks'),
      fc.nat({ max: 24 * 4096 - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (file, at, bits) => {
        const drive = new TestDrive(scratchDirectory(), undefined, pristine.pool);
        cpSync(pristine.path, drive.path, { recursive: true });
        flip(drive, file, file === 'superblock' ? at % 8192 : at, bits);
        try {
          await drive.open();
          for (const outcome of await readings(drive)) expect(['ok', 'missing', 'damaged']).toContain(outcome);
          for (const record of drive.store.objects('', undefined, 10)) {
            expect(record).toEqual(object(record.gfid, record.gfid === 11 ? 'eleven' : 'twelve'));
          }
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^HF_/) });
        } finally {
          await drive.close();
          rmSync(drive.path, { recursive: true });
        }
      },
    ),
    { numRuns: 150 },
  );
});
