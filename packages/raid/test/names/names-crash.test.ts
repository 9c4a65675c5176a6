import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { crashImages, randomNumbers } from '../../src/crash/crash-images.ts';
import { runUntilDeath } from '../support/doomed-process.ts';
import { LocalHost } from '../support/local-host.ts';
import { NamesOracle } from '../support/names-oracle.ts';
import { smallShape } from '../support/objects.ts';
import { NamesImages, recordNames } from '../support/recorded-names.ts';
import { members, noFlushOf } from '../support/recorded-run.ts';
import { scratchDirectory } from '../support/scratch.ts';

/** Another seed, or more for a long hunt: HOLDFAST_CRASH_IMAGES=2000, HOLDFAST_NAMES_ROUNDS=100. */
const seed = Number(process.env.HOLDFAST_CRASH_SEED ?? 1);
const images = Number(process.env.HOLDFAST_CRASH_IMAGES ?? 40);
const rounds = Number(process.env.HOLDFAST_NAMES_ROUNDS ?? 2);

const opener = new NamesImages();

it(
  'has every change of a name that was answered, and the others whole, whenever the power is cut',
  async () => {
    const { recording, fromStep } = await recordNames({ seed, changesEach: 25 });
    let opened = 0;
    for (const image of crashImages(recording, { seed, images, fromStep })) {
      const without = opened++ % 4 === 0 ? [`n${Math.floor(opened / 4) % members.length}`] : [];
      expect(await opener.wrong(image, { without }), `${image.label}, without ${without}`).toBeUndefined();
    }
    expect(opened).toBe(images);
  },
  60_000 + images * 200,
);

it.each([
  ['a log that is not flushed', noFlushOf((file) => file.startsWith('log'))],
  ['a block file that is not flushed', noFlushOf((file) => file === 'blocks')],
])(
  'the crash images of names show %s',
  async (_, flaw) => {
    const { recording, fromStep } = await recordNames({ seed: 1, changesEach: 10, flaw });
    let found: string | undefined;
    for (const image of crashImages(recording, { seed: 1, images: 300, fromStep })) {
      found = await opener.wrong(image);
      if (found !== undefined) break;
    }
    expect(found).toBeDefined();
  },
  120_000,
);

it(
  'has every change of a name that was answered when its process is killed again and again',
  async () => {
    const directory = scratchDirectory();
    const made = await RaidArray.createOn(new LocalHost(directory, members), smallShape);
    const gfids = [await made.objects.create({ technique: 'mirror' }), await made.objects.create()];
    await made.close();
    const oracle = new NamesOracle();
    const random = randomNumbers(seed);
    for (let round = 0; round < rounds; round++) {
      const label = `round ${round}, seed ${seed + round}`;
      await runUntilDeath('dying-namer.ts', [directory, `${seed + round}`, ...gfids], 10 + random(200), (line) => {
        const { said, lane, change } = JSON.parse(line);
        if (said === 'begin') oracle.begin(lane, change);
        else oracle.acked(lane);
      });
      const array = await RaidArray.openOn(new LocalHost(directory, members), {});
      expect(oracle.wrong(await array.names.list()), label).toBeUndefined();
      await array.close();
    }
  },
  30_000 + rounds * 15_000,
);
