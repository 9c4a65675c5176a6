import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const blocks = 60;
const blockBytes = 4096;

/** An object of some rows, on drives that are closed. */
async function written(technique: 'parity' | 'mirror') {
  const directory = scratchDirectory();
  const array = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
  const object = await array.objects.open(await array.objects.create({ technique }));
  const expected = bytesOf(blocks * blockBytes, 5);
  await object.write(0, expected);
  const { gfid } = object;
  await array.close();
  return { directory, gfid, expected };
}

/** The places of a drive that something was written to. */
function writtenPlaces(directory: string, member: number): number[] {
  const bytes = readFileSync(join(directory, `n${member}`, 'blocks'));
  const places = Array.from({ length: bytes.length / blockBytes }, (_, address) => address);
  return places.filter((address) => bytes.subarray(address * blockBytes, (address + 1) * blockBytes).some(Boolean));
}

/** Flip a bit in each of these blocks of a drive. */
function flip(directory: string, member: number, addresses: readonly number[]): void {
  const path = join(directory, `n${member}`, 'blocks');
  const bytes = readFileSync(path);
  for (const address of addresses) bytes[address * blockBytes + 77]! ^= 4;
  writeFileSync(path, bytes);
}

it.each(['parity', 'mirror'] as const)(
  'repairs flipped bytes of data and of parity on one drive, whoever wrote them: technique %s',
  async (technique) => {
    const { directory, gfid, expected } = await written(technique);
    flip(directory, 1, writtenPlaces(directory, 1));
    const host = new LocalHost(directory, four);
    const array = await RaidArray.openOn(host, {});
    const report = await array.scrub().done;
    expect(report).toMatchObject({ lost: [], lostGroups: 0 });
    expect(report.rangeObjects).toBeGreaterThan(0);
    expect(report.repairedSlots).toBeGreaterThan(10);
    expect((await array.scrub().done).repairedSlots).toBe(0);
    await array.close();
    expect(host.pagesInUse).toBe(0);
    // Each of the others may be gone now.
    const last = new LocalHost(directory, four);
    const again = await RaidArray.openOn(last, {});
    await last.cutOff(2);
    const object = await again.objects.open(gfid);
    expect(Buffer.compare(await object.read(0, expected.length), expected)).toBe(0);
    await again.close();
  },
);

it('says exactly which blocks two failures of a row took, and touches no other', async () => {
  const { directory, gfid, expected } = await written('parity');
  flip(directory, 1, writtenPlaces(directory, 1));
  // Some of them lie idle: parity was written more than once.
  flip(directory, 2, writtenPlaces(directory, 2).slice(0, 16));
  const array = await RaidArray.openOn(new LocalHost(directory, four), {});
  const report = await array.scrub().done;
  expect(report.lostGroups).toBeGreaterThan(0);
  expect(report.lost.map(({ key }) => key)).toEqual([gfid]);
  const gone = report.lost[0]!.groups;
  for (const { slots } of gone)
    expect(slots.map(({ node, why }) => `${node} ${why}`).sort()).toEqual(['n1 damaged', 'n2 damaged']);
  const object = await array.objects.open(gfid);
  let lostBlocks = 0;
  for (let block = 0; block < blocks; block++) {
    const read = await object.read(block * blockBytes, blockBytes).catch((error: { code: string }) => error.code);
    if (typeof read === 'string') {
      expect(read).toBe('HF_OBJECT_LOST');
      lostBlocks++;
    } else expect(Buffer.compare(read, expected.subarray(block * blockBytes, (block + 1) * blockBytes))).toBe(0);
  }
  expect(lostBlocks).toBeGreaterThan(0);
  await array.close();
});
