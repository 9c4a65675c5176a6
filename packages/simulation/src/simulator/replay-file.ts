import { ReplayFileError } from '../errors.ts';
import type { ChoiceLists } from './choices.ts';

/** What a failing run is replayed from: every choice that is not the dullest, as [place, value] by stream. */
export interface ReplayFile {
  readonly format: 'holdfast-replay-1';
  readonly kernel: string;
  /** The name of the world the run was in. */
  readonly world: string;
  /** The seed the run was found with. */
  readonly seed: number;
  readonly choices: Readonly<Record<string, readonly (readonly [number, number])[]>>;
}

export function replayFile(kernel: string, world: string, seed: number, lists: ChoiceLists): ReplayFile {
  const sparse = Array.from(lists, ([label, list]) => {
    const spots = list.flatMap((value, index) => (value === 0 ? [] : [[index, value] as const]));
    return [label, spots] as const;
  });
  return {
    format: 'holdfast-replay-1',
    kernel,
    world,
    seed,
    choices: Object.fromEntries(sparse.filter(([, spots]) => spots.length > 0)),
  };
}

/**
 * The choices of a replay file, parsed from JSON.
 * @throws ReplayFileError when it is not one, or one of another kernel.
 */
export function choicesOf(kernel: string, parsed: unknown): { world: string; seed: number; lists: ChoiceLists } {
  if (!isReplayFile(parsed)) throw new ReplayFileError('this is not a replay file that a failing `sim` has written');
  if (parsed.kernel !== kernel) {
    throw new ReplayFileError(`the replay file is for ${parsed.kernel}, not ${kernel}: name that kernel instead`);
  }
  const lists = Object.entries(parsed.choices).map(([label, spots]) => {
    const list = new Array<number>(1 + spots.reduce((last, [index]) => Math.max(last, index), -1)).fill(0);
    for (const [index, value] of spots) list[index] = value;
    return [label, list] as const;
  });
  return { world: parsed.world, seed: parsed.seed, lists: new Map(lists) };
}

const indexMax = 2 ** 28;

function isReplayFile(parsed: unknown): parsed is ReplayFile {
  if (typeof parsed !== 'object' || parsed === null) return false;
  const { format, kernel, world, seed, choices } = parsed as Partial<Record<keyof ReplayFile, unknown>>;
  return (
    format === 'holdfast-replay-1' &&
    typeof kernel === 'string' &&
    typeof world === 'string' &&
    Number.isSafeInteger(seed) &&
    typeof choices === 'object' &&
    choices !== null &&
    Object.values(choices).every((spots) => Array.isArray(spots) && spots.every(isSpot))
  );
}

function isSpot(spot: unknown): boolean {
  if (!Array.isArray(spot) || spot.length !== 2) return false;
  const [index, value] = spot as unknown[];
  return isCount(index) && index < indexMax && isCount(value) && value < 2 ** 32;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
