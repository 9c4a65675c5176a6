import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];

/*
 * More blocks than the kernels keep in memory: the address a restored block had before was once looked up when the map knew
 * the new one already, which was then given up while in use.
 */
it('restores all of an object that is written in ranges on a new drive, each block at a place of its own', async () => {
  for (const victim of [0, 2]) {
    const directory = scratchDirectory();
    const host = new LocalHost(directory, four);
    const array = await RaidArray.createOn(host, smallShape);
    const object = await array.objects.open(await array.objects.create());
    const expected = bytesOf(1_200_000, 1);
    await object.write(0, expected);
    await host.cutOff(victim);
    await object.write(50_000, bytesOf(300_000, 2));
    expected.set(bytesOf(300_000, 2), 50_000);
    await array.close();
    renameSync(join(directory, `n${victim}`), join(directory, 'aside'));

    const replaced = await RaidArray.openOn(new LocalHost(directory, four), { replace: [`n${victim}`] });
    await replaced.rebuild(`n${victim}`).done;
    const isRight = async (of: RaidArray) =>
      Buffer.compare(await (await of.objects.open(object.gfid)).read(0, expected.length), expected) === 0;
    expect(await isRight(replaced), `n${victim} replaced`).toBe(true);
    await replaced.close();
    const again = await RaidArray.openOn(new LocalHost(directory, four), {});
    expect(await isRight(again), `n${victim} opened again`).toBe(true);
    await again.close();
  }
});

it('takes a new drive for a new one although the process died before the others had on record that it is', async () => {
  const directory = scratchDirectory();
  const victim = 1;
  const array = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
  const object = await array.objects.open(await array.objects.create());
  const expected = bytesOf(300_000, 1);
  await object.write(0, expected);
  await array.close();
  renameSync(join(directory, `n${victim}`), join(directory, 'aside'));
  const dying = new LocalHost(directory, four);
  dying.beforeRequest = (_, request) => {
    if (request === 'blank') throw new Error('the process dies here');
  };
  await expect(RaidArray.openOn(dying, { replace: [`n${victim}`] })).rejects.toThrow('dies here');
  // Nobody says any more that it is to be replaced.
  const again = await RaidArray.openOn(new LocalHost(directory, four), {});
  await again.rebuild(`n${victim}`).done;
  const found = await (await again.objects.open(object.gfid)).read(0, expected.length);
  expect(Buffer.compare(found, expected)).toBe(0);
  await again.close();
});

it('names in every superblock who has not caught up, and is not opened without another one', async () => {
  const directory = scratchDirectory();
  const host = new LocalHost(directory, four);
  const array = await RaidArray.createOn(host, smallShape);
  const object = await array.objects.open(await array.objects.create());
  await object.write(0, bytesOf(300_000, 1));
  await host.cutOff(1);
  await object.write(0, bytesOf(300_000, 2));
  await array.close();
  const dying = new LocalHost(directory, four);
  // Nobody hears how far it is.
  dying.beforeRequest = (_, request) => (request === 'behind' ? new Promise(() => undefined) : undefined);
  await RaidArray.openOn(dying, {});
  await dying.close();
  await expect(RaidArray.openOn(new LocalHost(directory, four), { without: ['n2'] })).rejects.toMatchObject({
    code: 'HF_TOO_MANY_DOWN',
    members: { n1: 'had not caught up yet' },
  });
});
