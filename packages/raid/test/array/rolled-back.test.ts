import { cpSync, rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const open = (directory: string, options = {}) => RaidArray.openOn(new LocalHost(directory, four), options);

/** `openings` of the array after a copy of a drive was kept, each with overwrites; then the copy takes the drive's place. */
async function rolledBack(member: number, openings: number) {
  const directory = scratchDirectory();
  const made = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
  const expected = bytesOf(200_000, 1);
  const object = await made.objects.open(await made.objects.create());
  await object.write(0, expected);
  await made.put('whole', bytesOf(90_000, 5));
  await made.close();
  const copy = scratchDirectory();
  const drive = new LocalHost(directory, four).drive(member);
  cpSync(drive, copy, { recursive: true });
  for (let opening = 0; opening < openings; opening++) {
    const array = await open(directory);
    const bytes = bytesOf(50_000, 10 + opening);
    expected.set(bytes, 40_000 * opening);
    await (await array.objects.open(object.gfid)).write(40_000 * opening, bytes);
    await array.put('whole', bytesOf(90_000, 20 + opening));
    await array.close();
  }
  rmSync(drive, { recursive: true });
  cpSync(copy, drive, { recursive: true });
  return { directory, gfid: object.gfid, expected, whole: bytesOf(90_000, 19 + openings) };
}

it.each([1, 3])(
  'finds a drive that was rolled back by %i openings through the others, and makes its part again',
  async (openings) => {
    for (const member of [0, 2]) {
      const { directory, gfid, expected, whole } = await rolledBack(member, openings);
      // Beside one that is missing it does not count.
      const other = `n${(member + 1) % 4}`;
      await expect(open(directory, { without: [other] })).rejects.toMatchObject({
        code: 'HF_TOO_MANY_DOWN',
        members: { [`n${member}`]: expect.stringContaining('was rolled back') },
      });
      const array = await open(directory);
      await array.rebuild(`n${member}`).done;
      const isRight = async (of: RaidArray) =>
        Buffer.compare(await (await of.objects.open(gfid)).read(0, expected.length), expected) === 0;
      expect(await isRight(array)).toBe(true);
      expect(await verdict(array, 'whole', whole)).toBe('right');
      await array.close();
      const without = await open(directory, { without: [other] });
      expect(await isRight(without), `n${member} rolled back, then without ${other}`).toBe(true);
      expect(await verdict(without, 'whole', whole)).toBe('right');
      await without.close();
    }
  },
);
