import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hashScalar } from '../../src/parity/hash-scalar.ts';
import { identity, object, TestDrive } from '../support/drives.ts';
import { scratchDirectory } from '../support/scratch.ts';

/*
 * The bytes of a small drive, pinned: a change of the format must change this file, and the version in the superblock.
 * docs/raid.md says what the fields are.
 */
const superblockHex =
  '484f4c44464153543a1bc5accdc796170100000000000000000000000000000000112233445566778899aabbccddeeff' +
  'f0e1d2c3b4a5968778695a4b3c2d1e0f0300000000000000090000000100000002030104100000004000000000000000' +
  '000102030000000000000000000000000000000000000000000000000000000000000000000000000000000000000000' +
  '000000000000000000000000000000000d';
const batchesHex: readonly string[] = [
  '48464c4200100000fd593d0d3e1d0d37000000000000000001000000000000000100000080000000f0e1d2c3b4a59687' +
    '78695a4b3c2d1e0f00000000000000000100000040000000010000000700000003000000020002000000000000000000' +
    '010000000000000000000000000000002497ddd60b1cbe9ee4bb11b7cf303d1b',
  '48464c42001000007bfc6d25ed03fdaffd593d0d3e1d0d37020000000000000001000000b0000000f0e1d2c3b4a59687' +
    '78695a4b3c2d1e0f0000000000000000020000007000000001000000070000001027000000000000006c50c4a0010000' +
    '07000000030110000300040102010000000000000000000000000000000000005a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a' +
    '5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a020003010302006be979',
  '48464c4200100000c2ef85792b3fd8bd7bfc6d25ed03fdaf03000000000000000100000050000000f0e1d2c3b4a59687' +
    '78695a4b3c2d1e0f000000000000000003000000100000000100000007',
  '48464c4200100000029fc20cb2b6cdedc2ef85792b3fd8bd04000000000000000100000050000000f0e1d2c3b4a59687' +
    '78695a4b3c2d1e0f000000000000000004000000100000000100000007',
];

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const trimmed = (bytes: Uint8Array) => hexOf(bytes).replace(/(00)+$/, '');

async function smallDrive(): Promise<string> {
  const drive = new TestDrive(scratchDirectory());
  await drive.format();
  await drive.put(0x0000_0007_0000_0001, 3, 2, 2);
  await drive.store.putObject(
    object(0x0000_0007_0000_0001, 'k\xe9y', { sha256: '5a'.repeat(32), absent: [3], epoch: 7 }),
  );
  await drive.store.forget([0x0000_0007_0000_0001]);
  await drive.store.drop([0x0000_0007_0000_0001]);
  await drive.store.setView({ epoch: 9, live: [0, 2, 3] });
  await drive.close();
  return drive.path;
}

it('writes superblocks as documented', async () => {
  const bytes = readFileSync(join(await smallDrive(), 'superblock'));
  expect(bytes.length).toBe(8192);
  expect(trimmed(bytes.subarray(4096))).toBe(superblockHex);
  for (const at of [0, 4096]) {
    const slot = Uint8Array.from(bytes.subarray(at, at + 4096));
    const checksum = new DataView(slot.buffer).getBigUint64(8, true);
    slot.fill(0, 8, 16);
    expect(hashScalar(slot)).toBe(checksum);
  }
});

it('writes log batches and records as documented', async () => {
  const bytes = readFileSync(join(await smallDrive(), 'log-1'));
  const batches = [0, 1, 2, 3].map((batch) => trimmed(bytes.subarray(batch * 4096, (batch + 1) * 4096)));
  expect(batches).toEqual(batchesHex);
  expect(trimmed(bytes.subarray(4 * 4096))).toBe('');
});

it('says in the superblock that there are objects of other techniques, before the first is recorded', async () => {
  const drive = new TestDrive(scratchDirectory());
  const incompat = () => {
    const bytes = readFileSync(join(drive.path, 'superblock'));
    const [a, b] = [0, 4096].map((slot) => ({ generation: bytes[slot + 64]!, incompat: bytes[slot + 28]! }));
    return a!.generation > b!.generation ? a!.incompat : b!.incompat;
  };
  await drive.format();
  await drive.store.putObject(object(1, 'mirror', { geometry: { data: 1, parity: 1, unitBlocks: 16 } }));
  expect(incompat()).toBe(0);
  await drive.store.putObject(object(2, 'pq', { geometry: { data: 2, parity: 2, unitBlocks: 16 } }));
  expect(incompat()).toBe(2);
  await drive.store.putObject(object(3, 'none', { geometry: { data: 3, parity: 0, unitBlocks: 16 } }));
  await drive.store.putObject(object(4, 'moved', { span: [2, 0, 3, 1, 5], moved: [3, 1] }));
  await drive.close();
  const log = readFileSync(join(drive.path, 'log-1'));
  // Data and parity slots of a group: bytes 36 and 37 of the object record behind the 64 of the batch.
  expect([0, 1, 2].map((batch) => [...log.subarray(batch * 4096 + 100, batch * 4096 + 102)])).toEqual([
    [1, 1],
    [2, 2],
    [3, 0],
  ]);
  // How many members' slots were moved, and which: behind span and homes, before the key.
  const moved = log.subarray(3 * 4096 + 64);
  expect([moved[46], ...moved.subarray(64 + 5 + 2, 64 + 5 + 2 + 2)]).toEqual([2, 3, 1]);
  await drive.reopen();
  expect(drive.store.versions('moved')).toMatchObject([{ moved: [3, 1] }]);
  expect(drive.store.objects('', undefined, 10).map(({ key, geometry }) => [key, geometry.parity])).toEqual([
    ['mirror', 1],
    ['moved', 1],
    ['none', 0],
    ['pq', 2],
  ]);
  await drive.close();
});

it('names the parities of the array in the superblock, which older versions refuse when they are two', async () => {
  const drive = new TestDrive(scratchDirectory());
  await drive.format({ ...identity, data: 2, parity: 2 });
  await drive.close();
  expect([...readFileSync(join(drive.path, 'superblock')).subarray(80, 84)]).toEqual([2, 2, 2, 4]);
  await drive.open();
  expect(drive.store.identity).toMatchObject({ data: 2, parity: 2 });
  await drive.close();
});
