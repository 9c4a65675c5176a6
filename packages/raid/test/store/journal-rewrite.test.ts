import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { JournalEntry, MjEntry } from '../../src/kernel/journal.ts';
import type { ProxyEntry } from '../../src/kernel/proxy-messages.ts';
import { TestDrive } from '../support/drives.ts';
import { scratchDirectory } from '../support/scratch.ts';

const gfid = 77;

const mjOf = (mj: number, lblk: number, newAddress: number, oldAddress: number, seq: number): MjEntry => ({
  type: 'mj',
  mj,
  gfid,
  lblk,
  group: lblk,
  slot: 0,
  newAddress,
  oldAddress,
  seq,
  checksum: 1000 + newAddress,
  writeStart: 0,
  writeBytes: 4096,
  client: 5,
  request: mj,
  parity: 1,
});

it('writes a log of many overwrites anew with the blocks as they are and what is open, and reads that back', async () => {
  const drive = new TestDrive(scratchDirectory());
  await drive.format();
  const { store } = drive;
  const write = (entry: JournalEntry | ProxyEntry) => store.journal({ type: 'entry', gfid, entry }, 0);
  await store.takeBlocks(60);
  // Blocks 1 to 4 move to and fro between two places each, their parity (of another object) likewise.
  let mj = 0;
  const address = (lblk: number, seq: number) => 2 * lblk + (seq % 2);
  for (let seq = 1; seq <= 260; seq++) {
    for (let lblk = 1; lblk <= 4; lblk++) {
      await write(mjOf(++mj, lblk, address(lblk, seq), seq === 1 ? 0 : address(lblk, seq - 1), seq));
      await write({ type: 'mj_complete', id: mj });
    }
  }
  const open = mjOf(5000, 2, 40, address(2, 260), 261);
  await write(open);
  const first = {
    type: 'pj',
    pj: 6000,
    newAddress: 50,
    oldAddress: 0,
    checksum: 1,
    from: 3,
    mj: mjOf(1, 9, 1, 0, 1),
  } as const;
  const second = { ...first, pj: 6001, newAddress: 51, oldAddress: 50, mj: mjOf(2, 9, 2, 1, 2) } as const;
  await write(first);
  await write(second);
  await store.journal({ type: 'claim', gfid, token: 9 }, 0);
  await store.journal({ type: 'layout', gfid, data: 1, parity: 1, unitBlocks: 4, span: [0, 1] }, 0);
  const marked = { type: 'marked', gfid, lblk: 9, group: 9, slot: 0, seq: 4, client: 5, request: 6 } as const;
  for (const lblk of [9, 10]) await write({ ...marked, id: 1, lblk });
  await write({ type: 'unmarked', gfid, id: 2, lblk: 10, seq: 4 });
  await write({ type: 'stale', gfid, id: 3, group: 2, parity: 3 });
  expect(existsSync(join(drive.path, 'log-2'))).toBe(false);
  // Ends that come behind the log that was written anew are about entries it does not have.
  await write({ type: 'pj_complete', id: 6000 });
  await drive.reopen();
  const { journaled, checksums } = drive.store;
  for (let lblk = 1; lblk <= 4; lblk++) {
    const place = address(lblk, 260);
    expect(journaled.data(gfid, lblk)).toMatchObject({ address: place, seq: 260, applied: [{ client: 5 }] });
    expect(checksums.number(place)).toBe(1000 + place);
  }
  const { data, parity } = journaled.openEntries();
  expect(data.entries).toEqual([open, { type: 'stale', gfid, id: 0, group: 2, parity: 3 }]);
  expect(parity.blocks).toEqual([{ gfid, group: 9, address: 50, vv: [1] }]);
  expect(parity.entries).toEqual([second, { ...marked, id: 0 }]);
  expect([journaled.claim(gfid), journaled.layout(gfid)?.span]).toEqual([9, [0, 1]]);
  // Only what is named is in use: four blocks, the open one, and the two of the parity.
  expect(drive.store.use.blocksUsed).toBe(7);
  await drive.close();
}, 60_000);
