import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { randomNumbers } from '../../src/crash/crash-images.ts';
import { BlockOracle } from '../support/block-oracle.ts';
import { runUntilDeath } from '../support/doomed-process.ts';
import { LocalHost } from '../support/local-host.ts';
import { smallShape } from '../support/objects.ts';
import { Oracle } from '../support/oracle.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
/** More than the default for a long run: HOLDFAST_LIVES=200. Another one: HOLDFAST_CRASH_SEED. */
const lives = Number(process.env.HOLDFAST_LIVES ?? 2);
const firstSeed = Number(process.env.HOLDFAST_CRASH_SEED ?? 1);

it(
  'keeps overwrites, trims, puts and removals while node after node dies, and when the whole process is killed in between',
  async () => {
    const directory = scratchDirectory();
    const made = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
    const gfids = await Promise.all([
      made.objects.create({ technique: 'parity' }),
      made.objects.create({ technique: 'mirror' }),
    ]);
    await made.close();
    const blocks = gfids.map(() => new BlockOracle());
    const keys = new Oracle();
    const random = randomNumbers(firstSeed);
    for (let life = 0; life < lives; life++) {
      const seed = firstSeed + life;
      await runUntilDeath('dying-cluster.ts', [directory, `${seed}`, ...gfids], 50 + random(400), (line) => {
        const [what = '', ...note] = line.split(' ');
        if (what === 'key') keys.noteLine(note.join(' '));
        else {
          const [verb, ...numbers] = note;
          const [offset = 0, length = 0, bytesSeed = 0, toughness = 0] = numbers.map(Number);
          const write = { offset, length, seed: bytesSeed, toughness };
          if (verb === 'begin') blocks[Number(what)]!.begin(write);
          else blocks[Number(what)]!.acked(write);
        }
      });
      const array = await RaidArray.openOn(new LocalHost(directory, four), {});
      for (const [index, gfid] of gfids.entries()) {
        expect(
          await blocks[index]!.wrong(await array.objects.open(gfid)),
          `seed ${seed}, object ${index}`,
        ).toBeUndefined();
      }
      expect(await keys.wrong(array), `seed ${seed}`).toBeUndefined();
      await array.close();
    }
  },
  30_000 + lives * 30_000,
);
