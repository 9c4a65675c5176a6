import { RaidArray } from '../../src/array/raid-array.ts';
import { type CrashImage, randomNumbers } from '../../src/crash/crash-images.ts';
import { DriveRecording } from '../../src/crash/drive-recording.ts';
import { memoryDrive } from '../../src/crash/memory-drive.ts';
import type { DriveDirectory } from '../../src/drive/drive-files.ts';
import { ArrayNames } from '../../src/names/array-names.ts';
import { LocalHost, localPools } from './local-host.ts';
import { changeNames } from './name-changes.ts';
import { NamesOracle, type NotedChange } from './names-oracle.ts';
import { smallShape } from './objects.ts';
import { delays, type Flaw, members } from './recorded-run.ts';

interface ChangeNote {
  readonly said: 'begin' | 'acked';
  readonly lane: number;
  readonly change: NotedChange;
}

/** A log this long is written anew, so that a short run has seen that happen. */
const logBytesMin = 6000;

/** Change the names of a recorded array from two callers that take turns in its log. */
export async function recordNames(run: { readonly seed: number; readonly changesEach: number; readonly flaw?: Flaw }) {
  const { changesEach, flaw = (drive: DriveDirectory) => drive } = run;
  const random = randomNumbers(run.seed);
  const recording = new DriveRecording();
  const drives: DriveDirectory[] = [];
  for (const member of members) {
    drives.push(flaw(await recording.record(`${member}`, memoryDrive(`drive ${member}`, new Map(), delays(random)))));
  }
  const host = new LocalHost('recorded', members, undefined, { openDrive: (member) => drives[member]! });
  const array = await RaidArray.createOn(host, smallShape);
  const gfids = [await array.objects.create({ technique: 'mirror' }), await array.objects.create()];
  const fromStep = recording.steps.length;
  const caller = (first: number) =>
    changeNames(new ArrayNames(array.objects, logBytesMin), {
      gfids,
      lanes: 2,
      changesEach,
      random,
      firstLane: first,
      note: (said, lane, change) => recording.note({ said, lane, change } satisfies ChangeNote),
    });
  await Promise.all([caller(0), caller(2)]);
  await array.close();
  return { recording, fromStep };
}

/** Opens crash images of names one after the other, all with the same pages. */
export class NamesImages {
  readonly #pools = localPools(members);

  /** Open the array that a power cut left, and hold its names against what was answered; undefined when all is right. */
  async wrong(
    image: Pick<CrashImage, 'notes' | 'drive'>,
    options: { without?: string[] } = {},
  ): Promise<string | undefined> {
    const oracle = new NamesOracle();
    for (const note of image.notes as readonly ChangeNote[]) {
      if (note.said === 'begin') oracle.begin(note.lane, note.change);
      else oracle.acked(note.lane);
    }
    const openDrive = (member: number) => image.drive(`${member}`);
    const host = new LocalHost('image', members, undefined, { pools: this.#pools, openDrive });
    try {
      const array = await RaidArray.openOn(host, options);
      const wrong = oracle.wrong(await array.names.list());
      await array.close();
      return wrong;
    } catch (error) {
      await host.close();
      return String(error);
    }
  }
}
