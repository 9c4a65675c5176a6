import { closeSync, cpSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { randomNumbers } from '../../src/crash/crash-images.ts';
import type { JournalRecord } from '../../src/store/journal-record.ts';
import { TestDrive } from '../support/drives.ts';
import { LocalHost, localPools } from '../support/local-host.ts';
import { bytesOf, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

/** More for a long hunt: HOLDFAST_FLIPS=2000. */
const flips = Number(process.env.HOLDFAST_FLIPS ?? 12);
const seed = Number(process.env.HOLDFAST_CRASH_SEED ?? 1);

function flip(path: string, at: number, bits: number): void {
  const descriptor = openSync(path, 'r+');
  const byte = new Uint8Array(1);
  readSync(descriptor, byte, 0, 1, at);
  byte[0]! ^= bits;
  writeSync(descriptor, byte, 0, 1, at);
  closeSync(descriptor);
}

const gfid = 0x1_0000_0002;
const mjOf = (mj: number, lblk: number) => ({
  ...{ type: 'mj' as const, mj, gfid, lblk, group: lblk, slot: 0, newAddress: mj + 20, oldAddress: 0, seq: 1 },
  ...{ checksum: 7, writeStart: 0, writeBytes: 4096, client: 5, request: mj, parity: 1 },
});
const pjOf = (pj: number, lblk: number) => ({
  ...{ type: 'pj' as const, pj, newAddress: pj + 20, oldAddress: 0, checksum: 9, from: 1, mj: mjOf(pj, lblk) },
});
const entry = (each: Extract<JournalRecord, { type: 'entry' }>['entry']): JournalRecord => ({
  type: 'entry',
  gfid: 'gfid' in each || each.type === 'pj' ? gfid : 0,
  entry: each,
});

const place = { gfid, id: 1, lblk: 9, group: 9, slot: 0, seq: 3 };

/** One of each kind that something is known by, and what each is for: known once it was read, unknown without it. */
const kinds: readonly (readonly [string, JournalRecord, (drive: TestDrive) => boolean])[] = [
  ['mj', entry(mjOf(1, 1)), ({ store }) => isOpen(store.journaled.openEntries().data, 1)],
  ['mj_complete', entry({ type: 'mj_complete', id: 2 }), ({ store }) => store.journaled.data(gfid, 2) !== undefined],
  ['mj_abort', entry({ type: 'mj_abort', id: 3 }), ({ store }) => !isOpen(store.journaled.openEntries().data, 3)],
  ['pj', entry(pjOf(4, 4)), ({ store }) => isOpen(store.journaled.openEntries().parity, 4)],
  [
    'pj_complete',
    entry({ type: 'pj_complete', id: 5 }),
    ({ store }) => !isOpen(store.journaled.openEntries().parity, 5),
  ],
  ['pj_abort', entry({ type: 'pj_abort', id: 6 }), ({ store }) => !isOpen(store.journaled.openEntries().parity, 6)],
  [
    'data block',
    { type: 'data block', gfid, block: { gfid, lblk: 7, address: 41, seq: 3, applied: [] }, checksum: 7 },
    ({ store }) => store.journaled.data(gfid, 7)?.seq === 3,
  ],
  [
    'parity block',
    { type: 'parity block', gfid, block: { gfid, group: 8, address: 42, vv: [3] }, checksum: 8 },
    ({ store }) => store.journaled.parity(gfid, 8)?.vv[0] === 3,
  ],
  [
    'layout',
    { type: 'layout', gfid, data: 2, parity: 1, unitBlocks: 4, span: [0, 1, 2] },
    ({ store }) => store.journaled.layout(gfid) !== undefined,
  ],
  [
    'proxied',
    entry({ type: 'proxied', ...place, address: 43, checksum: 9, client: 1, request: 1 }),
    ({ store }) => store.journaled.parity(gfid, 9)?.vv[0] === 3,
  ],
  ['marked', entry({ type: 'marked', ...place, client: 1, request: 1 }), ({ store }) => !store.journaled.marks.isEmpty],
  [
    'encoded',
    entry({ type: 'encoded', gfid, id: 1, group: 9, address: 43, checksum: 9, vv: [3] }),
    ({ store }) => store.journaled.parity(gfid, 9)?.vv[0] === 3,
  ],
  [
    'restored',
    entry({ type: 'restored', ...place, address: 43, checksum: 9, applied: [] }),
    ({ store }) => store.journaled.data(gfid, 9)?.seq === 3,
  ],
  ['stale', entry({ type: 'stale', gfid, id: 1, group: 9, parity: 2 }), ({ store }) => !store.journaled.marks.isEmpty],
  ['claim', { type: 'claim', gfid, token: 99 }, ({ store }) => store.journaled.claim(gfid) === 99],
];

const isOpen = ({ entries }: { readonly entries: readonly object[] }, id: number) =>
  entries.some((each) => ('mj' in each && each.mj === id) || ('pj' in each && each.pj === id));

it.each(kinds)(
  'a flipped byte anywhere in a record of kind %s is found, and costs that batch alone',
  async (_, record, isKnown) => {
    const drive = new TestDrive(scratchDirectory());
    await drive.format();
    const open = [mjOf(2, 2), mjOf(3, 3), pjOf(5, 5), pjOf(6, 6)];
    for (const each of open) await drive.store.journal(entry(each), 0);
    expect(isKnown(drive)).toBe(false);
    const at = drive.store.use.logBytes;
    await drive.store.journal(record, 0);
    await drive.store.journal({ type: 'claim', gfid: 77, token: 1 }, 0);
    await drive.close();
    const pristine = scratchDirectory();
    cpSync(drive.path, pristine, { recursive: true });
    expect(await drive.open()).toMatchObject({ lostBatches: 0 });
    expect(isKnown(drive)).toBe(true);
    await drive.close();
    const length = 64 + 16 + 24;
    for (let offset = 0; offset < length; offset += 13) {
      rmSync(drive.path, { recursive: true });
      cpSync(pristine, drive.path, { recursive: true });
      flip(join(drive.path, 'log-1'), at + offset, 1 << (offset % 8));
      expect(await drive.open(), `byte ${offset}`).toMatchObject({ lostBatches: 1 });
      expect(drive.store.journaled.claim(77)).toBe(1);
      expect(isKnown(drive), `byte ${offset}`).toBe(false);
      await drive.close();
    }
  },
);

/** An array that was overwritten, claimed, and went on without a member that came back; all its drives are closed. */
async function usedArray(): Promise<{ directory: string; gfid: string; expected: Uint8Array }> {
  const directory = scratchDirectory();
  const host = new LocalHost(directory, [0, 1, 2, 3]);
  const array = await RaidArray.createOn(host, smallShape);
  const object = await array.objects.open(await array.objects.create());
  const expected = bytesOf(400_000, 1);
  await object.write(0, expected);
  await object.claim();
  for (let write = 0; write < 12; write++) {
    const bytes = bytesOf(3000, write);
    await object.write(write * 31_000, bytes);
    expected.set(bytes, write * 31_000);
  }
  await array.names.bind('used', object.gfid);
  await array.close();
  return { directory, gfid: object.gfid, expected };
}

it(
  'one flipped byte anywhere on one drive of an array changes nothing that is read',
  async () => {
    const { directory, gfid, expected } = await usedArray();
    const random = randomNumbers(seed);
    const pools = localPools([0, 1, 2, 3]);
    for (let count = 0; count < flips; count++) {
      const copy = scratchDirectory();
      cpSync(directory, copy, { recursive: true });
      const node = `n${random(4)}`;
      const files = readdirSync(join(copy, node)).filter((name) => name !== 'lock');
      const file = files[random(files.length)]!;
      const path = join(copy, node, file);
      // Mostly where something is: what follows the last batch and the last block is zeros.
      const used = lastUsed(path);
      const at = random(random(8) === 0 ? statSync(path).size : used);
      const label = `seed ${seed}, flip ${count}: ${node}/${file} at ${at}`;
      flip(path, at, 1 + random(255));
      const array = await RaidArray.openOn(new LocalHost(copy, [0, 1, 2, 3], undefined, { pools }), {});
      const object = await array.objects.open(gfid);
      expect(Buffer.compare(await object.read(0, expected.length), expected), label).toBe(0);
      expect(await array.names.get('used'), label).toBe(gfid);
      const status = await array.status();
      // Whose superblock or log is damaged is named, and counts again when the others have made good for it.
      for (const member of status.members) if (member.node !== node) expect(member.state, label).toBe('up');
      await array.close();
      rmSync(copy, { recursive: true });
    }
  },
  60_000 + flips * 1500,
);

function lastUsed(path: string): number {
  const bytes = readFileSync(path);
  let end = bytes.length;
  while (end > 1 && bytes[end - 1] === 0) end--;
  return end;
}
