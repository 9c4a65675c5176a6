import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];

const blocksUsed = async (array: RaidArray) =>
  (await array.status()).members.reduce((sum, { use }) => sum + (use?.blocksUsed ?? 0), 0);

it('reads zeros where a range was trimmed or the object was cut off, also behind a later write', async () => {
  const array = await RaidArray.createOn(new LocalHost(scratchDirectory(), four), smallShape);
  const object = await array.objects.open(await array.objects.create());
  const expected = bytesOf(100_000, 1);
  await object.write(0, expected);
  await object.trim({ offset: 5000, length: 20_000 });
  expected.fill(0, 5000, 25_000);
  expect(await object.read(0, 100_000)).toEqual(expected);
  await object.truncate(50_001);
  expected.fill(0, 50_001);
  await object.write(99_999, bytesOf(1, 2));
  expected.set(bytesOf(1, 2), 99_999);
  expect(await object.read(0, 100_000)).toEqual(expected);
  await expect(object.truncate(-1)).rejects.toMatchObject({ code: 'HF_OBJECT_RANGE' });
  await array.close();
});

it('removes an object for good, gives its space back, and refuses who still writes it', async () => {
  const directory = scratchDirectory();
  const array = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
  const gfid = await array.objects.create();
  const object = await array.objects.open(gfid);
  await object.write(0, bytesOf(1_000_000, 1));
  const before = await blocksUsed(array);
  const writing = Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => object.write(index * 5000, bytesOf(5000), { toughness: 0 })),
  );
  expect(await array.objects.remove(gfid)).toBe(true);
  await writing;
  expect(await array.objects.remove(gfid)).toBe(false);
  await expect(object.write(0, bytesOf(10))).rejects.toMatchObject({ code: 'HF_CLAIMED' });
  await expect(array.objects.open(gfid)).rejects.toMatchObject({ code: 'HF_NO_OBJECT' });
  expect(before - (await blocksUsed(array))).toBeGreaterThan(300);
  const next = await array.objects.open(await array.objects.create());
  await next.write(0, bytesOf(1_000_000, 2));
  await array.put('whole', bytesOf(500_000, 3));
  expect(await next.read(0, 1_000_000)).toEqual(bytesOf(1_000_000, 2));
  await array.close();
  const again = await RaidArray.openOn(new LocalHost(directory, four), {});
  await expect(again.objects.open(gfid)).rejects.toMatchObject({ code: 'HF_NO_OBJECT' });
  expect(await (await again.objects.open(next.gfid)).read(0, 1_000_000)).toEqual(bytesOf(1_000_000, 2));
  await again.close();
});
