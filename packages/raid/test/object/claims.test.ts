import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const refused = { code: 'HF_CLAIMED' };

it('lets only the last who claimed an object write it, also after the array was opened again', async () => {
  const directory = scratchDirectory();
  const array = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
  const gfid = await array.objects.create({ technique: 'mirror' });
  const [first, second, third] = [
    await array.objects.open(gfid),
    await array.objects.open(gfid),
    await array.objects.open(gfid),
  ];
  await first.write(0, bytesOf(10_000, 1));
  const token = await first.claim();
  await first.write(0, bytesOf(10_000, 2));
  await expect(second.write(0, bytesOf(10, 3))).rejects.toMatchObject(refused);
  expect(await second.claim()).toBeGreaterThan(token);
  await second.write(20_000, bytesOf(10_000, 4));
  await expect(first.write(0, bytesOf(10, 5))).rejects.toMatchObject(refused);
  await expect(third.write(0, bytesOf(10, 6))).rejects.toMatchObject(refused);
  expect(await third.read(0, 10_000)).toEqual(bytesOf(10_000, 2));
  await array.close();

  const again = await RaidArray.openOn(new LocalHost(directory, four), {});
  const fourth = await again.objects.open(gfid);
  await expect(fourth.write(0, bytesOf(10, 7))).rejects.toMatchObject(refused);
  await fourth.claim();
  await fourth.write(0, bytesOf(10_000, 8));
  expect(await fourth.read(20_000, 10_000)).toEqual(bytesOf(10_000, 4));
  await again.close();
});

it('has waited for the writes of those it shuts out, and lets at most one of two at the same time go on', async () => {
  const array = await RaidArray.createOn(new LocalHost(scratchDirectory(), four), smallShape);
  const gfid = await array.objects.create();
  const [old, one, other] = [
    await array.objects.open(gfid),
    await array.objects.open(gfid),
    await array.objects.open(gfid),
  ];
  const writes = Promise.allSettled(
    Array.from({ length: 30 }, (_, index) => old.write(index * 4096, bytesOf(4096, index), { toughness: 0 })),
  );
  const claims = await Promise.all([one.claim(), other.claim()]);
  const seen = await one.read(0, 30 * 4096, { atLeast: 2 });
  await writes;
  expect(await one.read(0, 30 * 4096)).toEqual(seen);
  const [lower, higher] = claims[0] < claims[1] ? [one, other] : [other, one];
  await expect(lower.write(0, bytesOf(10))).rejects.toMatchObject(refused);
  await higher.write(0, bytesOf(10));
  await array.close();
});

it('holds at a member that was away when the object was claimed', async () => {
  const directory = scratchDirectory();
  const host = new LocalHost(directory, four);
  const array = await RaidArray.createOn(host, smallShape);
  const gfid = await array.objects.create();
  const object = await array.objects.open(gfid);
  await object.write(0, bytesOf(300_000, 1));
  await host.cutOff(2);
  await object.claim();
  await array.close();
  const again = await RaidArray.openOn(new LocalHost(directory, four), {});
  const late = await again.objects.open(gfid);
  for (let block = 0; block < 70; block++) {
    await expect(late.write(block * 4096, bytesOf(4096))).rejects.toMatchObject(refused);
  }
  expect(await late.read(0, 300_000)).toEqual(bytesOf(300_000, 1));
  await again.close();
});
