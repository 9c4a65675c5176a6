import { RaidArray } from '../../src/array/raid-array.ts';
import { type CrashImage, randomNumbers } from '../../src/crash/crash-images.ts';
import { DriveRecording } from '../../src/crash/drive-recording.ts';
import { memoryDrive } from '../../src/crash/memory-drive.ts';
import type { DriveDirectory } from '../../src/drive/drive-files.ts';
import { BlockOracle, type NotedWrite } from './block-oracle.ts';
import { InPlaceArray } from './in-place-array.ts';
import { LocalHost, localPools } from './local-host.ts';
import { bytesOf, smallShape } from './objects.ts';
import { laneBlocks, overwrite } from './overwrite-lanes.ts';
import { delays, type Flaw, members } from './recorded-run.ts';

/** A note in a recording: before a write was made, and after it was answered at toughness 2. */
interface WriteNote {
  readonly verb: 'begin' | 'acked';
  readonly write: NotedWrite;
}

export interface RecordedOverwrites {
  readonly recording: DriveRecording;
  /** From here on the object was there, all of it written. */
  readonly fromStep: number;
  readonly gfid: string;
}

const lanes = 4;

/** Fill an object of a recorded array, then overwrite it in lanes that share rows. */
export async function recordOverwrites(run: {
  readonly seed: number;
  readonly writesEach: number;
  readonly technique: 'mirror' | 'parity';
  readonly flaw?: Flaw;
  /** Called when the object is filled and its overwrites begin. */
  readonly onFilled?: () => void;
}): Promise<RecordedOverwrites> {
  const { writesEach, technique, flaw = (drive: DriveDirectory) => drive } = run;
  const random = randomNumbers(run.seed);
  const recording = new DriveRecording();
  const drives: DriveDirectory[] = [];
  for (const member of members) {
    const drive = memoryDrive(`drive ${member}`, new Map(), delays(random));
    drives.push(flaw(await recording.record(`${member}`, drive)));
  }
  const host = new LocalHost('recorded', members, undefined, { openDrive: (member) => drives[member]! });
  const array = await RaidArray.createOn(host, smallShape);
  const object = await array.objects.open(await array.objects.create({ technique }));
  const note = (verb: WriteNote['verb'], write: NotedWrite) => recording.note({ verb, write } satisfies WriteNote);
  const all: NotedWrite = { offset: 0, length: lanes * laneBlocks * 4096, seed: run.seed, toughness: 2 };
  note('begin', all);
  await object.write(all.offset, bytesOf(all.length, all.seed));
  note('acked', all);
  const fromStep = recording.steps.length;
  run.onFilled?.();
  await overwrite(object, { lanes, writesEach, random, note });
  await array.close();
  return { recording, fromStep, gfid: object.gfid };
}

/** The same overwrites of the same layout without a journal. */
export async function recordInPlace(run: { readonly seed: number; readonly writesEach: number }) {
  const random = randomNumbers(run.seed);
  const recording = new DriveRecording();
  const drives: DriveDirectory[] = [];
  for (const member of members) {
    drives.push(await recording.record(`${member}`, memoryDrive(`drive ${member}`, new Map(), delays(random))));
  }
  const array = await InPlaceArray.open((member) => drives[member]!);
  for (const drive of drives) await drive.sync();
  const note = (verb: WriteNote['verb'], write: NotedWrite) => recording.note({ verb, write } satisfies WriteNote);
  const all: NotedWrite = { offset: 0, length: lanes * laneBlocks * 4096, seed: run.seed, toughness: 2 };
  note('begin', all);
  await array.write(0, bytesOf(all.length, all.seed));
  note('acked', all);
  const fromStep = recording.steps.length;
  await overwrite(array, { lanes, writesEach: run.writesEach, random, note });
  return { recording, fromStep };
}

/** What the writes of an image leave open. */
export function oracleOf({ notes }: Pick<CrashImage, 'notes'>): BlockOracle {
  const oracle = new BlockOracle();
  for (const note of notes) {
    const { verb, write } = note as WriteNote;
    if (verb === 'begin') oracle.begin(write);
    else oracle.acked(write);
  }
  return oracle;
}

/** Opens crash images of overwrites one after the other, all with the same pages. */
export class OverwriteImages {
  readonly #pools = localPools(members);

  /** Open the array that a power cut left, and hold the object against what was answered; undefined when all is right. */
  async wrong(
    gfid: string,
    image: Pick<CrashImage, 'notes' | 'drive'>,
    options: { without?: string[] } = {},
  ): Promise<string | undefined> {
    const oracle = oracleOf(image);
    const openDrive = (member: number) => image.drive(`${member}`);
    const host = new LocalHost('image', members, undefined, { pools: this.#pools, openDrive });
    try {
      const array = await RaidArray.openOn(host, options);
      const wrong = await oracle.wrong(await array.objects.open(gfid));
      await array.close();
      return wrong;
    } catch (error) {
      await host.close();
      return String(error);
    }
  }
}
