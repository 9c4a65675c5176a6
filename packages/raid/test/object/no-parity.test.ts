import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import type { BlockObject } from '../../src/object/block-object.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const blockBytes = 4096;
const blocks = 48;

/** What reading each block says: `right`, `wrong`, or the code of the failure. */
async function blockVerdicts(object: BlockObject, expected: Uint8Array): Promise<string[]> {
  const verdicts = Array.from({ length: blocks }, async (_, lblk) => {
    const at = lblk * blockBytes;
    try {
      const bytes = await object.read(at, blockBytes);
      return Buffer.compare(bytes, expected.subarray(at, at + blockBytes)) === 0 ? 'right' : 'wrong';
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  });
  return Promise.all(verdicts);
}

const placesOf = (object: BlockObject, node: string): string[] =>
  Array.from({ length: blocks }, (_, lblk) =>
    object.locate(lblk * blockBytes, blockBytes)[0]!.node === node ? 'HF_OBJECT_LOST' : 'right',
  );

async function written(directory: string) {
  const host = new LocalHost(directory, four);
  const array = await RaidArray.createOn(host, smallShape);
  const object = await array.objects.open(await array.objects.create({ technique: 'none' }));
  const expected = bytesOf(blocks * blockBytes, 3);
  await object.write(0, expected);
  return { host, array, object, expected };
}

it('loses exactly the blocks of a member that is down, and has them again when it is back', async () => {
  const directory = scratchDirectory();
  const { host, array, object, expected } = await written(directory);
  await host.cutOff(2);
  expect(await blockVerdicts(object, expected)).toEqual(placesOf(object, 'n2'));
  const [gone, there] = ['n2', 'n1'].map((node) => placesOf(object, node).indexOf('HF_OBJECT_LOST') * blockBytes);
  await expect(object.write(gone!, bytesOf(10))).rejects.toMatchObject({
    code: 'HF_OBJECT_LOST',
    lost: [{ start: gone, slots: [{ node: 'n2', why: 'down' }] }],
  });
  expected.set(bytesOf(100, 9), there);
  expect(await object.write(there!, bytesOf(100, 9), { toughness: 1 })).toMatchObject({ degraded: false });
  await array.close();

  const again = await RaidArray.openOn(new LocalHost(directory, four), {});
  const reopened = await again.objects.open(object.gfid);
  expect(await blockVerdicts(reopened, expected)).toEqual(Array.from({ length: blocks }, () => 'right'));
  await again.close();
});

it('never takes what a lost drive had for zeros', async () => {
  const directory = scratchDirectory();
  const { array, object, expected } = await written(directory);
  await array.close();
  renameSync(join(directory, 'n1'), join(directory, 'aside'));
  for (const options of [{ replace: ['n1'] }, {}]) {
    const opened = await RaidArray.openOn(new LocalHost(directory, four), options);
    const reopened = await opened.objects.open(object.gfid);
    expect(await blockVerdicts(reopened, expected)).toEqual(placesOf(reopened, 'n1'));
    await opened.close();
  }
  // A part of such a block is nothing to make a whole one of; all of it is.
  const opened = await RaidArray.openOn(new LocalHost(directory, four), {});
  const reopened = await opened.objects.open(object.gfid);
  const gone = placesOf(reopened, 'n1').indexOf('HF_OBJECT_LOST') * blockBytes;
  await expect(reopened.write(gone + 1, bytesOf(10))).rejects.toMatchObject({ code: 'HF_OBJECT_LOST' });
  await reopened.write(gone, bytesOf(blockBytes, 8));
  expect(await reopened.read(gone, blockBytes)).toEqual(bytesOf(blockBytes, 8));
  await opened.close();
});
