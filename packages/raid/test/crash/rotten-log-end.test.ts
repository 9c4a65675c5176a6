import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { memoryDrive } from '../../src/crash/memory-drive.ts';
import type { SparseBytes } from '../../src/crash/sparse-bytes.ts';
import { blockBytes } from '../../src/limits.ts';
import { batchHeaderBytes, decodeBatchHeader } from '../../src/store/log-batch.ts';
import { LocalHost, localPools } from '../support/local-host.ts';
import { bytesOf, smallShape } from '../support/objects.ts';
import { members } from '../support/recorded-run.ts';

type Drives = readonly Map<string, SparseBytes>[];

const pools = localPools(members);
const newHost = (drives: Drives) =>
  new LocalHost('rotten', members, undefined, {
    pools,
    openDrive: (member) => memoryDrive(`drive ${member}`, drives[member]),
  });

const copyOf = (drives: Drives): Drives =>
  drives.map((files) => new Map([...files].map(([name, content]) => [name, content.fork()])));

async function withArray<T>(drives: Drives, without: string[], use: (array: RaidArray) => Promise<T>): Promise<T> {
  const array = await RaidArray.openOn(newHost(drives), { without });
  try {
    return await use(array);
  } finally {
    await array.close();
  }
}

/** Where the batches of a member's log begin. */
function batchesOf(files: Map<string, SparseBytes>): number[] {
  const log = files.get('log-1')!;
  const found: number[] = [];
  const bytes = new Uint8Array(blockBytes);
  for (let at = 0; log.read(bytes, at) === blockBytes; ) {
    const header = decodeBatchHeader(bytes, 1, Buffer.from(bytes.subarray(40, 56)).toString('hex'));
    if (header === undefined) break;
    found.push(at);
    at += header.bytes;
  }
  return found;
}

const rowBytes = 12 * blockBytes;

/** Each block as it was written last, or why it is not given. */
async function readings(drives: Drives, gfid: string, without: string[], expected: Uint8Array): Promise<string[]> {
  return withArray(drives, without, async (array) => {
    const object = await array.objects.open(gfid);
    const reads = Array.from({ length: rowBytes / blockBytes }, async (_, block) => {
      const at = block * blockBytes;
      try {
        const bytes = await object.read(at, blockBytes);
        return Buffer.compare(bytes, expected.subarray(at, at + blockBytes)) === 0 ? 'right' : 'wrong';
      } catch (error) {
        return (error as { code: string }).code;
      }
    });
    return Promise.all(reads);
  });
}

/** The first row is blocks 0, 4 and 8; its places follow from the id of the object, which is always the same here. */
const parityOfRow = 3;
const otherData = [0, 2];
const ownerOfBlock0 = 1;

it('parity that lost an update to the rotten end of its log restores nothing of the row, until it is computed anew', async () => {
  const drives = members.map(() => new Map<string, SparseBytes>());
  const expected = bytesOf(rowBytes, 1);
  const first = await RaidArray.createOn(newHost(drives), smallShape);
  const object = await first.objects.open(await first.objects.create());
  const { gfid } = object;
  await object.write(0, expected);
  await first.close();
  const overwrite = async (seed: number) => {
    expected.set(bytesOf(blockBytes, seed));
    await withArray(drives, [], async (array) => {
      const opened = await array.objects.open(gfid);
      await opened.write(0, expected.subarray(0, blockBytes));
    });
  };
  const kept = batchesOf(drives[parityOfRow]!).length;
  await overwrite(2);
  const lost = batchesOf(drives[parityOfRow]!).slice(kept);
  expect(lost.length).toBeGreaterThan(0);
  for (const at of lost) drives[parityOfRow]!.get('log-1')!.write(new Uint8Array(8).fill(0xff), at + batchHeaderBytes);
  // What this one changes is merged into parity that lacks what the one before changed.
  await overwrite(3);
  for (const away of [ownerOfBlock0, ...otherData]) {
    const read = await readings(copyOf(drives), gfid, [`n${away}`], expected);
    expect(read.filter((each) => each !== 'right')).toEqual(['HF_OBJECT_LOST']);
  }
  const report = await withArray(drives, [], (array) => array.scrub().done);
  expect(report).toMatchObject({ repairedSlots: 1, lostGroups: 0 });
  for (const away of members) {
    const read = await readings(copyOf(drives), gfid, [`n${away}`], expected);
    expect(read.filter((each) => each !== 'right')).toEqual([]);
  }
});
