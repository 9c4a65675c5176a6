import { expect, it } from 'vitest';
import { crashImages, randomNumbers } from '../../src/crash/crash-images.ts';
import { MutilatedImages, type Mutilation, mutilate, mutilations } from '../support/mutilated-images.ts';
import { recordOverwrites } from '../support/recorded-overwrites.ts';
import { answersBeforeFlush, type Flaw, members, noFlushOf } from '../support/recorded-run.ts';

/*
 * Drives worse than any promise covers: of which bytes were changed, on up to two of four, and in a hunt also those whose
 * flushes lied. Nothing is asked but that opening ends, with an array or a code, and that no block holds what nobody wrote
 * there. A hunt (HOLDFAST_MUTILATED_IMAGES=2000 HOLDFAST_CRASH_SEED=7) fails today, now and then: see what is not there yet
 * in docs/raid.md.
 */
const hunted = process.env.HOLDFAST_MUTILATED_IMAGES;
const images = Number(hunted ?? 24);
const seed = Number(process.env.HOLDFAST_CRASH_SEED ?? 1);
const imagesPerRun = 8;

const honest: Flaw = (drive) => drive;
const liars: readonly (readonly [string, Flaw])[] = [
  ['honest', honest],
  ['log not flushed', noFlushOf((file) => file.startsWith('log'))],
  ['block file not flushed', noFlushOf((file) => file === 'blocks')],
  ['nothing flushed', noFlushOf(() => true)],
  ['flush ends as it begins', answersBeforeFlush],
];

it(
  'opens or refuses whatever the drives hold, and gives no bytes that nobody wrote',
  async () => {
    const random = randomNumbers(seed);
    const opener = new MutilatedImages();
    const openings = new Map<string, number>();
    for (let met = 0; met < images; met += imagesPerRun) {
      const run = met / imagesPerRun;
      const [liar, flaw] = hunted === undefined ? liars[0]! : liars[run % liars.length]!;
      const technique = run % 2 === 0 ? 'parity' : 'mirror';
      const { recording, fromStep, gfid } = await recordOverwrites({
        seed: seed + run,
        writesEach: 10,
        technique,
        flaw,
      });
      let at = 0;
      for (const image of crashImages(recording, { seed: seed + run, images: imagesPerRun, fromStep })) {
        const mutilation: Mutilation = mutilations[at++ % mutilations.length]!;
        const drives = new Map(members.map((member) => [`${member}`, image.drive(`${member}`)]));
        const drive = (name: string) => drives.get(name)!;
        await mutilate(drive, mutilation, 1 + random(2), random);
        const without = random(4) === 0 ? [`n${random(members.length)}`] : [];
        const { opening, wrong } = await opener.meet(gfid, { notes: image.notes, drive }, without);
        expect(wrong, `${liar}, ${technique}, run ${run}, ${image.label}, ${mutilation}, without ${without}`).toBe(
          undefined,
        );
        openings.set(opening, (openings.get(opening) ?? 0) + 1);
      }
    }
    expect(openings.get('served')).toBeGreaterThan(0);
    if (hunted !== undefined) console.info(Object.fromEntries(openings));
  },
  60_000 + images * 500,
);
