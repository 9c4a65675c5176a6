import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { MjEntry, PjEntry } from '../../src/kernel/journal.ts';
import type { JournalRecord } from '../../src/store/journal-record.ts';
import { decodeRecord, encodeRecord, recordBytes } from '../../src/store/log-record.ts';
import { TestDrive } from '../support/drives.ts';
import { scratchDirectory } from '../support/scratch.ts';

const gfid = 0x0000_0007_8000_0001;
const mj: MjEntry = {
  type: 'mj',
  mj: 0x0000_0009_0000_0003,
  gfid,
  lblk: 0x1_0000_0002,
  group: 0x5555_0001,
  slot: 2,
  newAddress: 0x0a0b,
  oldAddress: 0x0102,
  seq: 7,
  checksum: 0x1f_1234_5678_9abc,
  writeStart: 100,
  writeBytes: 3996,
  client: 0x1234_5678_9abc,
  request: 0x0fff,
  parity: 3,
};
const pj: PjEntry = {
  type: 'pj',
  pj: 0x0000_0009_0000_0004,
  newAddress: 6,
  oldAddress: 5,
  checksum: 0xbeef,
  from: 1,
  mj,
};

const mjHex =
  '0300000009000000' + // mj
  '0200000001000000' + // lblk
  '0100555500000000' + // group
  '0700000000000000' + // seq
  'bc9a785634121f00' + // checksum
  'bc9a785634120000' + // client
  'ff0f000000000000' + // request
  '0b0a0000' + // new address
  '02010000' + // old address
  '6400' + // first byte written
  '9c0f' + // bytes written
  '02' + // slot
  '03'; // parity

const header = (type: number, bytes: number, object = '0100008007000000') =>
  `${type.toString(16).padStart(2, '0')}000000${bytes.toString(16)}000000${object}`;

const place = { gfid, id: 1, lblk: 2, group: 3, slot: 1, seq: 5 };
/** Numbers of 64 bits. */
const words = (numbers: readonly number[]) =>
  numbers.map((number) => `${number.toString(16).padStart(2, '0')}${'00'.repeat(7)}`).join('');

/*
 * The bytes of each record of the journaled write, pinned: docs/raid.md says what the fields are, and a change of them must
 * change that and this.
 */
const records: readonly [string, JournalRecord, string][] = [
  ['mj', { type: 'entry', gfid, entry: mj }, `${header(5, 88)}${mjHex}0000`],
  ['mj of two parities', { type: 'entry', gfid, entry: { ...mj, second: 0 } }, `${header(5, 88)}${mjHex}0100`],
  [
    'pj',
    { type: 'entry', gfid, entry: pj },
    `${header(8, 120)}0400000009000000efbe0000000000000600000005000000` + `0100000000000000${mjHex}0000`,
  ],
  [
    'pj of the second parity',
    { type: 'entry', gfid, entry: { ...pj, code: 'q' } },
    `${header(8, 120)}0400000009000000efbe0000000000000600000005000000` + `0101000000000000${mjHex}0000`,
  ],
  [
    'pj behind a gap',
    { type: 'entry', gfid, entry: { ...pj, gap: true } },
    `${header(8, 120)}0400000009000000efbe0000000000000600000005000000` + `0100010000000000${mjHex}0000`,
  ],
  ...(
    [
      [6, 'mj_complete'],
      [7, 'mj_abort'],
      [9, 'pj_complete'],
      [10, 'pj_abort'],
    ] as const
  ).map(([type, end]): [string, JournalRecord, string] => [
    end,
    { type: 'entry', gfid: 0, entry: { type: end, id: mj.mj } },
    `${header(type, 24, '0000000000000000')}0300000009000000`,
  ]),
  [
    'a data block',
    {
      type: 'data block',
      gfid,
      block: { gfid, lblk: 9, address: 4, seq: 3, applied: [{ client: 5, request: 6 }] },
      checksum: 0xbeef,
    },
    `${header(11, 64)}09000000000000000300000000000000efbe0000000000000400000001000000` +
      '05000000000000000600000000000000',
  ],
  [
    'a parity block',
    { type: 'parity block', gfid, block: { gfid, group: 9, address: 4, vv: [3, 0, 1] }, checksum: 0xbeef },
    `${header(12, 64)}0900000000000000efbe0000000000000400000003000000` +
      '030000000000000000000000000000000100000000000000',
  ],
  [
    'how an object lies',
    { type: 'layout', gfid, data: 3, parity: 1, unitBlocks: 16, span: [4, 0, 2, 1] },
    `${header(13, 32)}03041000000000000400020100000000`,
  ],
  ...(
    [
      [15, { type: 'proxied', ...place, address: 6, checksum: 7, client: 8, request: 9 }, [6, 7, 8, 9]],
      [16, { type: 'marked', ...place, client: 8, request: 9 }, [8, 9]],
      [19, { type: 'restored', ...place, address: 6, checksum: 7, applied: [{ client: 8, request: 9 }] }, [6, 7, 8, 9]],
    ] as const
  ).map(([type, entry, rest]): [string, JournalRecord, string] => [
    entry.type,
    { type: 'entry', gfid, entry },
    header(type, 16 + 8 * (5 + rest.length)) + words([1, 2, 3, 1, 5, ...rest]),
  ]),
  ...(
    [
      [17, { type: 'unmarked', gfid, id: 1, lblk: 2, seq: 5 }, [1, 2, 5]],
      [18, { type: 'encoded', gfid, id: 1, group: 3, address: 6, checksum: 7, vv: [5, 0] }, [1, 3, 6, 7, 5, 0]],
      [20, { type: 'stale', gfid, id: 1, group: 3, parity: 2 }, [1, 3, 2]],
      [21, { type: 'fresh', gfid, id: 1, group: 3, parity: 2 }, [1, 3, 2]],
    ] as const
  ).map(([type, entry, numbers]): [string, JournalRecord, string] => [
    entry.type,
    { type: 'entry', gfid, entry },
    header(type, 16 + 8 * numbers.length) + words(numbers),
  ]),
  ['a claim', { type: 'claim', gfid, token: 0x1_0000_0001 }, `${header(14, 24)}0100000001000000`],
];

it.each(records)('writes %s as documented, and reads it back', (_, record, hex) => {
  const bytes = encodeRecord(record);
  expect(Buffer.from(bytes).toString('hex')).toBe(hex);
  expect(bytes.length).toBe(recordBytes(record));
  expect(decodeRecord(new DataView(bytes.buffer), 0, bytes.length)).toEqual(record);
});

it.each(records)('takes %s of another length for no record', (_, record) => {
  const bytes = encodeRecord(record);
  // What has a list at its end has other lengths, but none that are not of whole pairs, or too long.
  const { entry } = record.type === 'entry' ? record : { entry: undefined };
  const lengths = entry?.type === 'encoded' ? [16, 40] : [16, bytes.length - 8, bytes.length + 8];
  for (const length of lengths) {
    const other = new Uint8Array(length);
    other.set(bytes.subarray(0, length));
    const view = new DataView(other.buffer);
    view.setUint32(4, length, true);
    expect(decodeRecord(view, 0, length)).toBeUndefined();
  }
});

it('says in the superblock that there may be such records, before the first is written', async () => {
  const drive = new TestDrive(scratchDirectory());
  await drive.format();
  const incompatible = () =>
    [0, 4096].map((slot) => readFileSync(join(drive.path, 'superblock')).readUInt32LE(slot + 28));
  expect(incompatible()).toEqual([0, 0]);
  await drive.store.journal({ type: 'layout', gfid, data: 1, parity: 1, unitBlocks: 4, span: [0, 1] }, 0);
  expect(incompatible()).toContain(1);
  await drive.reopen();
  expect(drive.store.journaled.layout(gfid)).toMatchObject({ data: 1, unitBlocks: 4, span: [0, 1] });
  await drive.close();
});
