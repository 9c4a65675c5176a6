import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CrashImage, crashImages } from '../../src/crash/crash-images.ts';
import { DriveRecording } from '../../src/crash/drive-recording.ts';
import { openDirectory } from '../../src/drive/node-drive.ts';
import { smallShape } from '../support/objects.ts';
import { answersBeforeFlush, ImageOpener, members, noFlushOf, recordRun } from '../support/recorded-run.ts';
import { scratchDirectory } from '../support/scratch.ts';

/** Another seed, or more images for a long hunt: HOLDFAST_CRASH_IMAGES=20000. */
const seed = Number(process.env.HOLDFAST_CRASH_SEED ?? 1);
const images = Number(process.env.HOLDFAST_CRASH_IMAGES ?? 1100);
const timeoutMs = 30_000 + images * 50;

const opener = new ImageOpener();

/** Every fourth image is opened with one drive left out. */
const leftOut = (index: number) => (index % 4 === 0 ? [`n${(index / 4) % members.length}`] : []);

it(
  'holds every acknowledged object whenever the power is cut, also with a drive that does not come back',
  async () => {
    const { recording, fromStep } = await recordRun({ seed, callsEach: 100 });
    let opened = 0;
    for (const image of crashImages(recording, { seed, images, fromStep })) {
      const without = leftOut(opened++);
      expect(await opener.wrong(image, { without }), `${image.label}, without ${without}`).toBeUndefined();
    }
    expect(opened).toBe(images);
  },
  timeoutMs,
);

it(
  'holds them when the power is cut a second time while the array is being opened',
  async () => {
    const { recording, fromStep } = await recordRun({ seed: seed + 1, callsEach: 40 });
    let opened = 0;
    for (const image of crashImages(recording, { seed, images: images / 20, fromStep })) {
      const opening = new DriveRecording();
      const drives = await Promise.all(members.map((member) => opening.record(`${member}`, image.drive(`${member}`))));
      const drive = (name: string) => drives[Number(name)]!;
      expect(await opener.wrong({ notes: image.notes, drive }), image.label).toBeUndefined();
      for (const second of crashImages(opening, { seed: seed + opened++, images: 5 })) {
        const label = `${image.label}, and again: ${second.label}`;
        const again: Pick<CrashImage, 'notes' | 'drive'> = { notes: image.notes, drive: second.drive };
        expect(await opener.wrong(again), label).toBeUndefined();
      }
    }
  },
  timeoutMs,
);

it(
  'holds them when the power is cut while a log is written anew',
  async () => {
    const { recording } = await recordRun({ seed, callsEach: 500, bytesMax: 100 });
    const first = recording.steps.findIndex((step) => step.kind === 'rename');
    const last = recording.steps.findLastIndex((step) => step.kind === 'rename');
    expect(first).toBeGreaterThan(0);
    for (const image of crashImages(recording, { seed, images: 200, fromStep: first - 20, toStep: last + 80 })) {
      expect(await opener.wrong(image), image.label).toBeUndefined();
    }
  },
  timeoutMs,
);

it('holds them on images of files of the file system', async () => {
  const path = scratchDirectory();
  const openDrive = (member: number) => openDirectory(join(path, `n${member}`), { create: true });
  const { recording, fromStep } = await recordRun({ seed, callsEach: 20, openDrive });
  for (const image of crashImages(recording, { seed, images: 300, fromStep })) {
    expect(await opener.wrong(image), image.label).toBeUndefined();
  }
});

it(
  'holds objects with two parities also when two drives do not come back',
  async () => {
    const five = [0, 1, 2, 3, 4];
    const shape = { ...smallShape, parity: 2 } as const;
    const techniques = ['3+2', '2+2', '1+2'] as const;
    const { recording, fromStep } = await recordRun({
      seed,
      callsEach: 40,
      array: { members: five, shape },
      techniques,
    });
    const wide = new ImageOpener(five);
    let opened = 0;
    for (const image of crashImages(recording, { seed, images: images / 20, fromStep })) {
      const first = opened++ % five.length;
      const without = [`n${first}`, `n${(first + 1 + (opened % 4)) % five.length}`];
      expect(await wide.wrong(image, { without }), `${image.label}, without ${without}`).toBeUndefined();
    }
  },
  timeoutMs,
);

it(
  'holds objects whose technique is changed, and whose slots move to spare members when one dies',
  async () => {
    const five = [0, 1, 2, 3, 4];
    const array = { members: five, shape: { ...smallShape, data: 2, parity: 2 } } as const;
    const wide = new ImageOpener(five);
    const left = (opened: number) => ['n4', ...(opened % 2 === 0 ? [`n${(opened / 2) % 4}`] : [])];
    const two = await recordRun({ seed: seed + 2, callsEach: 40, array, techniques: ['2+2', '1+2'], dies: 4 });
    let opened = 0;
    for (const image of crashImages(two.recording, { seed, images: images / 20, fromStep: two.fromStep })) {
      const without = left(opened++);
      expect(await wide.wrong(image, { without }), `${image.label}, without ${without}`).toBeUndefined();
    }
    // With one parity they survive the loss of another drive from the moment on at which the slots were moved.
    const one = await recordRun({ seed: seed + 3, callsEach: 20, array, techniques: ['2+1', 'mirror'], dies: 4 });
    const { rehomedStep } = one;
    const after = { seed, images: images / 20, fromStep: rehomedStep, toStep: rehomedStep + 40 };
    for (const image of crashImages(one.recording, after)) {
      const without = left(2 * opened++);
      expect(await wide.wrong(image, { without }), `${image.label}, without ${without}`).toBeUndefined();
    }
  },
  timeoutMs,
);

describe('the crash images show', () => {
  it.each([
    ['a log that is not flushed', noFlushOf((file) => file.startsWith('log'))],
    ['a block file that is not flushed', noFlushOf((file) => file === 'blocks')],
    ['an answer before the flush returned', answersBeforeFlush],
  ])('%s', async (_, flaw) => {
    const { recording, fromStep } = await recordRun({ seed, callsEach: 40, flaw });
    const found: string[] = [];
    for (const image of crashImages(recording, { seed, images: 300, fromStep })) {
      const wrong = await opener.wrong(image);
      if (wrong === undefined) continue;
      found.push(`${image.label}: ${wrong}`);
      break;
    }
    expect(found).not.toEqual([]);
  });
});
