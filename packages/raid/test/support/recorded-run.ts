import { setImmediate } from 'node:timers/promises';
import type { CreateOptions } from '../../src/array/array-options.ts';
import { RaidArray } from '../../src/array/raid-array.ts';
import { type CrashImage, randomNumbers } from '../../src/crash/crash-images.ts';
import { DriveRecording } from '../../src/crash/drive-recording.ts';
import { memoryDrive } from '../../src/crash/memory-drive.ts';
import type { DriveDirectory, DriveFile } from '../../src/drive/drive-files.ts';
import type { Technique } from '../../src/layout/technique.ts';
import { LocalHost, localPools } from './local-host.ts';
import { bytesOf, smallShape } from './objects.ts';
import { type CallNote, Oracle } from './oracle.ts';

export const members = [0, 1, 2, 3];
/** Between the array and what is recorded: a flaw to be seeded there. */
export type Flaw = (drive: DriveDirectory) => DriveDirectory;

/** Operations of a memory drive end some turns of the loop later, so that they overlap and overtake. */
export function delays(random: (below: number) => number): () => Promise<void> | undefined {
  const turns = async (count: number) => {
    for (let turn = 0; turn < count; turn++) await setImmediate();
  };
  return () => {
    const count = random(4);
    return count === 0 ? undefined : turns(count);
  };
}

/** A drive whose flush of some files does something else. */
const flawed =
  (isFlawed: (file: string) => boolean, flush: (file: DriveFile) => Promise<void>): Flaw =>
  (drive: DriveDirectory) => ({
    ...drive,
    async open(name, options) {
      const file = await drive.open(name, options);
      return isFlawed(name) ? { ...file, flush: () => flush(file) } : file;
    },
  });

/** Files of that name are never flushed. */
export const noFlushOf = (isFlawed: (file: string) => boolean): Flaw => flawed(isFlawed, async () => undefined);

/** A flush is said to be over when it has begun. */
export const answersBeforeFlush: Flaw = flawed(
  () => true,
  async (file) => void file.flush(),
);

export interface RecordedRun {
  readonly seed: number;
  readonly callsEach: number;
  readonly flaw?: Flaw;
  /** The drive of a member; where omitted, one in memory whose operations take a while that follows from the seed. */
  readonly openDrive?: (member: number) => Promise<DriveDirectory>;
  /** Bytes of the largest object. */
  readonly bytesMax?: number;
  /** Where omitted, four members with groups of 3 + 1. */
  readonly array?: { readonly members: readonly number[]; readonly shape: CreateOptions };
  /** Techniques the objects have in turn, and are changed to; where omitted, that of the array. */
  readonly techniques?: readonly Technique[];
  /** A member that dies half-way; what it held goes to spare members before the rest is stored. */
  readonly dies?: number;
}

/**
 * Store, replace and remove small objects in a recorded array, three calls at a time; what was begun and acknowledged is
 * noted in the recording. The answer says from which step on the array was there, and from which on what the member that
 * died had held was with others.
 */
export async function recordRun(
  run: RecordedRun,
): Promise<{ readonly recording: DriveRecording; readonly fromStep: number; readonly rehomedStep: number }> {
  const { callsEach, flaw = (drive) => drive, bytesMax = 100_000, techniques = [] } = run;
  const { members: list, shape } = run.array ?? { members, shape: smallShape };
  const random = randomNumbers(run.seed);
  const openDrive =
    run.openDrive ?? (async (member: number) => memoryDrive(`drive ${member}`, new Map(), delays(random)));
  const recording = new DriveRecording();
  const drives: DriveDirectory[] = [];
  for (const member of list) drives.push(flaw(await recording.record(`${member}`, await openDrive(member))));
  const host = new LocalHost('recorded', list, undefined, { openDrive: (member) => drives[member]! });
  const array = await RaidArray.createOn(host, shape);
  const fromStep = recording.steps.length;
  const note = (call: CallNote) => recording.note(call);
  const changeIfThere = async (key: string, technique: Technique) => {
    if ((await array.stat(key)) !== undefined) await array.change(key, technique);
  };
  const lane = async (name: string) => {
    for (let call = 0; call < (run.dies === undefined ? callsEach : callsEach >> 1); call++) {
      const key = `${name}/${random(4)}`;
      if (techniques.length > 0 && random(6) === 0) await changeIfThere(key, techniques[random(techniques.length)]!);
      const bytes = random(6) === 0 ? random(bytesMax) : random(Math.min(bytesMax, 6000));
      const content = random(5) === 0 ? undefined : { seed: random(1_000_000), bytes };
      note({ verb: 'begin', key, content });
      if (content === undefined) await array.remove(key);
      else
        await array.put(key, bytesOf(content.bytes, content.seed), { technique: techniques[call % techniques.length] });
      note({ verb: 'acked', key, content });
    }
  };
  await Promise.all(['a', 'b', 'c'].map(lane));
  let rehomedStep = 0;
  if (run.dies !== undefined) {
    await host.cutOff(run.dies);
    const { lostGroups } = await array.rehome().done;
    if (lostGroups > 0) throw new Error(`${lostGroups} groups were lost`);
    rehomedStep = recording.steps.length;
    await Promise.all(['a', 'b', 'c'].map(lane));
  }
  await array.close();
  return { recording, fromStep, rehomedStep };
}

/** Opens crash images one after the other, all with the same pages. */
export class ImageOpener {
  readonly #members: readonly number[];
  readonly #pools: ReturnType<typeof localPools>;

  constructor(list = members) {
    this.#members = list;
    this.#pools = localPools(list);
  }

  /** Open the array that a power cut left, on drives that may be wrapped, and hold it against what was acknowledged. */
  async wrong(
    image: Pick<CrashImage, 'notes' | 'drive'>,
    options: { without?: string[] } = {},
  ): Promise<string | undefined> {
    const oracle = new Oracle();
    for (const note of image.notes) oracle.note(note as CallNote);
    const openDrive = (member: number) => image.drive(`${member}`);
    const host = new LocalHost('image', this.#members, undefined, { pools: this.#pools, openDrive });
    try {
      const array = await RaidArray.openOn(host, options);
      const wrong = await oracle.wrong(array);
      await array.close();
      return wrong;
    } catch (error) {
      await host.close();
      return String(error);
    }
  }
}
