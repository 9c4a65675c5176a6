import { expect, it } from 'vitest';
import { crashImages } from '../../src/crash/crash-images.ts';
import { InPlaceArray } from '../support/in-place-array.ts';
import { OverwriteImages, oracleOf, recordInPlace, recordOverwrites } from '../support/recorded-overwrites.ts';
import { members } from '../support/recorded-run.ts';

/** Another seed, or more images: HOLDFAST_CRASH_SEED, HOLDFAST_HOLE_IMAGES=1000. */
const seed = Number(process.env.HOLDFAST_CRASH_SEED ?? 1);
const images = Number(process.env.HOLDFAST_HOLE_IMAGES ?? 20);

/** The power is cut, and one drive does not come back: a different one at each image. */
const missingAt = (index: number) => members[index % members.length]!;

it(
  'loses blocks to the write hole without a journal, and none with it: the same overwrites, the same cuts of power',
  async () => {
    const run = { seed, writesEach: 12 };
    const wrong = { inPlace: 0, journaled: 0 };
    const inPlace = await recordInPlace(run);
    let opened = 0;
    for (const image of crashImages(inPlace.recording, { seed, images, fromStep: inPlace.fromStep })) {
      const missing = missingAt(opened++);
      const array = await InPlaceArray.open((member) => image.drive(`${member}`));
      const found = await oracleOf(image).wrongBlocks((block) => array.read(block, missing));
      if (found !== undefined) wrong.inPlace++;
    }
    const opener = new OverwriteImages();
    const journaled = await recordOverwrites({ ...run, technique: 'parity' });
    opened = 0;
    for (const image of crashImages(journaled.recording, { seed, images, fromStep: journaled.fromStep })) {
      const without = [`n${missingAt(opened++)}`];
      if ((await opener.wrong(journaled.gfid, image, { without })) !== undefined) wrong.journaled++;
    }
    console.info(`of ${images} cuts: ${wrong.inPlace} lose blocks without a journal, ${wrong.journaled} with it`);
    expect(wrong.journaled).toBe(0);
    expect(wrong.inPlace).toBeGreaterThan(0);
  },
  60_000 + images * 400,
);
