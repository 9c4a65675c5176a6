import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, readAll, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const open = (directory: string) => RaidArray.openOn(new LocalHost(directory, four), {});
const create = (directory: string) => RaidArray.createOn(new LocalHost(directory, four), smallShape);

it.each(['3+1', 'mirror', 'none', '2+1'] as const)(
  'reads back what was written in ranges of any place and length, technique %s',
  async (technique) => {
    const directory = scratchDirectory();
    const array = await create(directory);
    const gfid = await array.objects.create({ technique });
    const object = await array.objects.open(gfid);
    const expected = new Uint8Array(400_000);
    const ranges = [
      [0, 1],
      [4095, 2],
      [100_000, 50_000],
      [99_999, 3],
      [20_000, 4096],
      [16_384, 4096],
      [16_500, 100],
      [399_999, 1],
    ] as const;
    for (const [index, [offset, length]] of ranges.entries()) {
      const bytes = bytesOf(length, index + 1);
      expected.set(bytes, offset);
      const toughness = ([2, 1, 0] as const)[index % 3]!;
      expect(await object.write(offset, bytes, { toughness })).toMatchObject({ degraded: false });
    }
    expect(await object.read(0, 400_000)).toEqual(expected);
    expect(await object.read(16_400, 300)).toEqual(expected.subarray(16_400, 16_700));
    expect(await object.read(10_000_000, 5000)).toEqual(new Uint8Array(5000));
    await object.sync();
    await array.close();
    const again = await open(directory);
    const reopened = await again.objects.open(gfid);
    expect(await reopened.read(0, 400_000)).toEqual(expected);
    expect(await reopened.stat()).toMatchObject({ gfid, technique, endBytes: 401_408, degraded: false });
    await again.close();
  },
);

it('keeps whole objects and objects written in ranges side by side', async () => {
  const directory = scratchDirectory();
  const array = await create(directory);
  const gfid = await array.objects.create();
  const object = await array.objects.open(gfid);
  await array.put('whole', bytesOf(100_000, 1));
  await object.write(0, bytesOf(100_000, 2));
  await array.put('whole', bytesOf(90_000, 3));
  await object.write(50_000, bytesOf(100_000, 4));
  const listed: string[] = [];
  for await (const { key } of array.list()) listed.push(key);
  expect(listed).toEqual(['whole']);
  await array.close();
  const again = await open(directory);
  expect(Buffer.compare(await readAll(again, 'whole'), bytesOf(90_000, 3))).toBe(0);
  const reopened = await again.objects.open(gfid);
  expect(await reopened.read(0, 50_000)).toEqual(bytesOf(100_000, 2).subarray(0, 50_000));
  expect(await reopened.read(50_000, 100_000)).toEqual(bytesOf(100_000, 4));
  await again.close();
});

it('carries out writes of one block in the order they were asked for', async () => {
  const array = await create(scratchDirectory());
  const object = await array.objects.open(await array.objects.create());
  const writes = Array.from({ length: 40 }, (_, index) =>
    object.write((index % 3) * 100, bytesOf(200, index), { toughness: ([0, 1, 2] as const)[index % 3]! }),
  );
  const expected = new Uint8Array(400);
  for (let index = 0; index < 40; index++) expected.set(bytesOf(200, index), (index % 3) * 100);
  await Promise.all(writes);
  expect(await object.read(0, 400)).toEqual(expected);
  await array.close();
});

it('refuses what no object can have', async () => {
  const array = await create(scratchDirectory());
  const object = await array.objects.open(await array.objects.create());
  for (const offset of [-1, 0.5, Number.NaN, 2 ** 53]) {
    await expect(object.read(offset, 1)).rejects.toMatchObject({ code: 'HF_OBJECT_RANGE' });
    await expect(object.write(offset, new Uint8Array(1))).rejects.toMatchObject({ code: 'HF_OBJECT_RANGE' });
  }
  const tooTough = { toughness: 3 } as unknown as { toughness: 2 };
  await expect(object.write(0, new Uint8Array(1), tooTough)).rejects.toMatchObject({ code: 'HF_OBJECT_OPTION' });
  for (const gfid of ['', 'x', '0000000000000001', 'ffffffffffffffff']) {
    await expect(array.objects.open(gfid)).rejects.toMatchObject({ code: 'HF_NO_OBJECT' });
  }
  await array.close();
  await expect(object.read(0, 1)).rejects.toMatchObject({ code: 'HF_ARRAY_CLOSED' });
  await expect(object.write(0, new Uint8Array(1))).rejects.toMatchObject({ code: 'HF_ARRAY_CLOSED' });
});

it('says which member holds which part of a range', async () => {
  const array = await create(scratchDirectory());
  const object = await array.objects.open(await array.objects.create());
  const unitBytes = smallShape.unitBlocks * 4096;
  const pieces = object.locate(1000, 12 * unitBytes);
  expect(pieces[0]).toMatchObject({ offset: 1000, length: unitBytes - 1000 });
  expect(pieces.reduce((at, piece) => (piece.offset === at ? at + piece.length : Number.NaN), 1000)).toBe(
    1000 + 12 * unitBytes,
  );
  // Parity rotates, so that every member holds as much of the data as every other.
  const units = object.locate(0, 12 * unitBytes).map(({ node }) => node);
  expect(four.map((member) => units.filter((node) => node === `n${member}`).length)).toEqual([3, 3, 3, 3]);
  expect(() => object.locate(-1, 5)).toThrow(expect.objectContaining({ code: 'HF_OBJECT_RANGE' }));
  await array.close();
});
