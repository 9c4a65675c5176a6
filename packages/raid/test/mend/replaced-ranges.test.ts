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
