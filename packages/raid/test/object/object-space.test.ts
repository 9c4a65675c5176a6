import { firstValueFrom } from 'rxjs';
import { filter } from 'rxjs/operators';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { addressesAhead } from '../../src/limits.ts';
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

it.each(['parity', 'mirror'] as const)(
  'gives the space of what is trimmed back, of data and parity, and reads zeros there afterwards: %s',
  async (technique) => {
    const directory = scratchDirectory();
    const array = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
    const object = await array.objects.open(await array.objects.create({ technique }));
    await object.write(0, bytesOf(10, 9));
    const used = await blocksUsed(array);
    const expected = bytesOf(600_000, 1);
    await object.write(0, expected);
    await object.write(2 ** 40, bytesOf(5000, 3));
    const full = await blocksUsed(array);
    await object.trim({ offset: 100_001, length: 300_000 });
    expected.fill(0, 100_001, 400_001);
    expect(full - (await blocksUsed(array))).toBeGreaterThan(50);
    expect(await object.read(0, 600_000)).toEqual(expected);
    expect(await object.stat()).toMatchObject({ allocatedBlocks: 149 - 74 + 2 });
    await object.write(200_000, bytesOf(10_000, 2));
    expected.set(bytesOf(10_000, 2), 200_000);
    await array.close();

    const again = await RaidArray.openOn(new LocalHost(directory, four), {});
    const reopened = await again.objects.open(object.gfid);
    expect(await reopened.read(0, 600_000)).toEqual(expected);
    await reopened.truncate(0);
    // What the roles keep ahead of need is no more than it was.
    expect(await blocksUsed(again)).toBeLessThanOrEqual(used + 4 * 64 * 4);
    expect(await reopened.stat()).toMatchObject({ allocatedBlocks: 0, endBytes: 0 });
    expect(await reopened.read(0, 600_000)).toEqual(new Uint8Array(600_000));
    await again.close();
  },
);

it.each([
  ['is down', false],
  ['dies before it says what it holds', true],
])('trims what lies on a member that %s, and takes no block back when that is there again', async (_, isAsked) => {
  for (const technique of ['parity', 'mirror'] as const) {
    for (const victim of four) {
      const directory = scratchDirectory();
      const host = new LocalHost(directory, four);
      const array = await RaidArray.createOn(host, smallShape);
      const object = await array.objects.open(await array.objects.create({ technique }));
      // Some rows of which one member alone was ever written.
      for (let block = 0; block < 40; block += 5) await object.write(block * 4096, bytesOf(4096, block));
      if (isAsked) {
        let dying: Promise<void> | undefined;
        host.beforeRequest = (member, request) => {
          if (member === victim && request === 'heldBlocks') dying ??= host.cutOff(victim);
          return dying;
        };
      } else await host.cutOff(victim);
      await object.trim({ offset: 4096 * 3, length: 4096 * 30 });
      const expected = new Uint8Array(40 * 4096);
      for (const block of [0, 35]) expected.set(bytesOf(4096, block), block * 4096);
      expect(await object.read(0, 40 * 4096), `${technique}, without n${victim}`).toEqual(expected);
      await array.close();
      const again = await RaidArray.openOn(new LocalHost(directory, four), {});
      expect(await (await again.objects.open(object.gfid)).read(0, 40 * 4096), `n${victim} is back`).toEqual(expected);
      await again.close();
    }
  }
});

it.each(['parity', 'mirror'] as const)(
  'trims what was written for a member while it was away, and is not restored there yet: %s',
  async (technique) => {
    const host = new LocalHost(scratchDirectory(), four);
    const array = await RaidArray.createOn(host, smallShape);
    const object = await array.objects.open(await array.objects.create({ technique }));
    for (const member of four) {
      await host.cutOff(member);
      // Many, so that they are not restored in a moment; of each the member knows a hole.
      const blocks = 240;
      await object.write(0, bytesOf(blocks * 4096, member));
      const isBack = firstValueFrom(array.events$.pipe(filter(({ type }) => type === 'resyncing')));
      host.bringBack(member);
      await isBack;
      await object.truncate(4096);
      expect(Buffer.compare(await object.read(4096, (blocks - 1) * 4096), Buffer.alloc((blocks - 1) * 4096))).toBe(0);
      await object.truncate(0);
    }
    await array.close();
  },
);

it('removes an object for good, gives its space back, and refuses who still writes it', async () => {
  const directory = scratchDirectory();
  const empty = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
  const atFirst = await blocksUsed(empty);
  await empty.close();
  const array = await RaidArray.openOn(new LocalHost(directory, four), {});
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
  // The object had 327; while its last writes ended, roles may have taken some more ahead of need.
  expect(before - (await blocksUsed(array))).toBeGreaterThan(327 - 2 * addressesAhead);
  await array.close();
  // What was taken ahead is nobody's once the array was closed: exactly as much is in use as before there was an object.
  const reopened = await RaidArray.openOn(new LocalHost(directory, four), {});
  expect(await blocksUsed(reopened)).toBe(atFirst);
  const next = await reopened.objects.open(await reopened.objects.create());
  await next.write(0, bytesOf(1_000_000, 2));
  await reopened.put('whole', bytesOf(500_000, 3));
  expect(await next.read(0, 1_000_000)).toEqual(bytesOf(1_000_000, 2));
  await reopened.close();
  const again = await RaidArray.openOn(new LocalHost(directory, four), {});
  await expect(again.objects.open(gfid)).rejects.toMatchObject({ code: 'HF_NO_OBJECT' });
  expect(await (await again.objects.open(next.gfid)).read(0, 1_000_000)).toEqual(bytesOf(1_000_000, 2));
  await again.close();
});
