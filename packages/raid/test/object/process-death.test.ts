import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { randomNumbers } from '../../src/crash/crash-images.ts';
import { BlockOracle } from '../support/block-oracle.ts';
import { runUntilDeath } from '../support/doomed-process.ts';
import { LocalHost } from '../support/local-host.ts';
import { smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
/** More than the default for a long run: HOLDFAST_OVERWRITE_ROUNDS=500. Another one: HOLDFAST_CRASH_SEED. */
const rounds = Number(process.env.HOLDFAST_OVERWRITE_ROUNDS ?? 4);
const firstSeed = Number(process.env.HOLDFAST_CRASH_SEED ?? 1);

it.concurrent.for(['parity', 'mirror'] as const)(
  'keeps every overwrite of toughness 2, and every other block, when its process is killed again and again: %s',
  { timeout: 30_000 + rounds * 15_000 },
  async (technique, { onTestFinished }) => {
    const directory = scratchDirectory(onTestFinished);
    const made = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
    const gfid = await made.objects.create({ technique });
    await made.close();
    const oracle = new BlockOracle();
    const random = randomNumbers(firstSeed);
    for (let round = 0; round < rounds; round++) {
      const seed = firstSeed + round;
      await runUntilDeath('dying-overwriter.ts', [directory, gfid, `${seed}`], 20 + random(600), (line) => {
        const [verb, ...numbers] = line.split(' ');
        const [offset = 0, length = 0, bytesSeed = 0, toughness = 0] = numbers.map(Number);
        const write = { offset, length, seed: bytesSeed, toughness };
        if (verb === 'begin') oracle.begin(write);
        else oracle.acked(write);
      });
      const array = await RaidArray.openOn(new LocalHost(directory, four), {});
      expect(await array.status()).toMatchObject({ degraded: false });
      const object = await array.objects.open(gfid);
      expect(await oracle.wrong(object), `round ${round}, seed ${seed}`).toBeUndefined();
      expect(await object.stat()).toMatchObject({ degraded: false });
      await array.close();
    }
    // Parity is the sum of the data: each drive can be done without.
    for (const missing of four) {
      const array = await RaidArray.openOn(new LocalHost(directory, four), { without: [`n${missing}`] });
      expect(await oracle.wrong(await array.objects.open(gfid)), `without n${missing}`).toBeUndefined();
      await array.close();
      // That one is out of date now, until it was there again.
      await (await RaidArray.openOn(new LocalHost(directory, four), {})).close();
    }
  },
);
