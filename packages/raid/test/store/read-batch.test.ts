import { expect, it } from 'vitest';
import { openDirectory } from '../../src/drive/node-drive.ts';
import { blockBytes, blocksReadTogetherMax } from '../../src/limits.ts';
import { BlockFile } from '../../src/store/block-file.ts';
import { ReadBatch } from '../../src/store/read-batch.ts';
import { faulty, systemError } from '../support/faulty-drive.ts';
import { memberPools } from '../support/local-pool.ts';
import { bytesOf } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const blocks = 64;

/** A drive with something else in every block; the length of each read of it, of which some fail. */
async function writtenDrive(fails: (bytes: number) => boolean = () => false) {
  const lengths: number[] = [];
  const drive = faulty(await openDirectory(scratchDirectory(), { create: true }), (operation, _file, bytes) => {
    if (operation !== 'read') return;
    lengths.push(bytes / blockBytes);
    if (fails(bytes)) throw systemError('EIO');
  });
  const file = await BlockFile.open(drive, blocks, { create: true });
  await file.grow();
  for (let block = 0; block < blocks; block++) await file.write(block, [bytesOf(blockBytes, block)]);
  const pages = memberPools([0]).get(0)!;
  const batch = new ReadBatch(pages, file);
  const read = async (place: number) => {
    const page = pages.take();
    const isRead = await batch.read(place, page);
    return isRead ? Buffer.compare(pages.bytes(page), bytesOf(blockBytes, place)) === 0 : 'unreadable';
  };
  return { lengths, read, file };
}

it('reads blocks that are wanted in one turn in as few calls as lie side by side, each into its own page', async () => {
  const { lengths, read, file } = await writtenDrive();
  const places = [9, 3, 40, 5, 4, 3, 41];
  expect(await Promise.all(places.map(read))).toEqual(places.map(() => true));
  expect(lengths.toSorted()).toEqual([1, 1, 2, 3]);
  lengths.length = 0;
  const run = Array.from({ length: 2 * blocksReadTogetherMax + 1 }, (_, place) => place);
  expect(await Promise.all(run.map(read))).toEqual(run.map(() => true));
  expect(lengths).toEqual([blocksReadTogetherMax, blocksReadTogetherMax, 1]);
  await file.close();
});

it('tells a block that cannot be read apart from its neighbours', async () => {
  let left = 3;
  // The run as a whole, and then the second of its blocks.
  const { lengths, read, file } = await writtenDrive((bytes) => bytes > blockBytes || --left === 1);
  expect(await Promise.all([7, 8, 9].map(read))).toEqual([true, 'unreadable', true]);
  expect(lengths).toEqual([3, 1, 1, 1]);
  await file.close();
});
