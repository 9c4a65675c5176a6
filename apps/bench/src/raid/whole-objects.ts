import { processCpuNs } from '../harness/cpu.ts';
import type { Budget, Contender, Question, Sample } from '../harness/question.ts';
import { arrayBudget, data, members, putMebibytes, readAll, withArray } from '../ours/array-cluster.ts';
import { logBytesOf } from '../ours/log-bytes.ts';
import { RawFiles } from '../peers/raw-files.ts';

/** Of the object; each of the four drives holds a third of it. A multiple of 3, so that all groups are whole. */
const mebibytes = ({ quick }: Budget): number => (quick ? 24 : 96);
const mebibyte = 1 << 20;

/**
 * MB a second on the wall, since drives do the work, with the CPU time per MiB beside it. Done again and again: the first
 * times make what is there afterwards, and let the compiler see the code.
 */
async function timed(
  budget: Budget,
  movedEach: number,
  work: () => Promise<unknown>,
  prepare: () => void = () => undefined,
): Promise<Sample> {
  const run = async (untilMs: number) => {
    const spent = { times: 0, ms: 0, cpuNs: 0 };
    do {
      prepare();
      const cpuBefore = processCpuNs();
      const startedMs = performance.now();
      await work();
      spent.times += 1;
      spent.ms += performance.now() - startedMs;
      spent.cpuNs += processCpuNs() - cpuBefore;
    } while (performance.now() < untilMs);
    return spent;
  };
  await run(performance.now() + budget.warmUpMs);
  const { times, ms, cpuNs } = await run(performance.now() + budget.measureMs);
  const moved = times * movedEach;
  return { value: moved / 1e3 / ms, cpuNs: cpuNs / (moved / mebibyte) };
}

const deviceBytes = (size: number): number => (size * mebibyte * members) / data;

/** The object takes the place of the one before: the files do not grow any more once there is room for three. */
const ours: Contender = {
  name: 'ours',
  round: (budget) =>
    withArray(async ({ array, drives }) => {
      const size = mebibytes(budget);
      for (const key of ['a', 'b', 'c']) await putMebibytes(array, key, size);
      for (const key of ['b', 'c']) await array.remove(key);
      const before = drives.map(logBytesOf);
      await putMebibytes(array, 'a', size);
      const logged = drives.reduce((sum, drive, at) => sum + logBytesOf(drive).written - before[at]!.written, 0);
      const sample = await timed(arrayBudget(budget), deviceBytes(size), () => putMebibytes(array, 'a', size));
      return { ...sample, details: { 'log bytes per payload byte': (100 * logged) / (size * mebibyte) } };
    }),
};

const rawWrite: Contender = {
  name: 'raw parallel files, fdatasync',
  round: async (budget) => {
    await using files = await RawFiles.open(members);
    const each = (mebibytes(budget) / data) * mebibyte;
    await files.write(each);
    return await timed(budget, each * members, () => files.write(each));
  },
};

const read = (name: string, how: 'cold' | 'cached'): Contender => ({
  name,
  round: (budget) =>
    withArray(async ({ cluster, array, dropCached }) => {
      const size = mebibytes(budget);
      await putMebibytes(array, 'a', size);
      if (name === 'degraded') await cluster.kill('n2');
      const readIt = async () => {
        if ((await readAll(array, 'a')) !== size * mebibyte) throw new Error('bytes are missing');
      };
      return await timed(arrayBudget(budget), size * mebibyte, readIt, how === 'cold' ? dropCached : undefined);
    }),
});

const rawRead: Contender = {
  name: 'raw parallel files, cold',
  round: async (budget) => {
    await using files = await RawFiles.open(members);
    const each = (mebibytes(budget) / members) * mebibyte;
    await files.write(each);
    const readAll = () => files.read(each);
    return await timed(budget, each * members, readAll, () => files.dropCached());
  },
};

export const wholeObjects: readonly Question[] = [
  {
    name: 'whole groups written in sequence, 3+1, device bytes',
    unit: 'MB/s',
    better: 'higher',
    ours,
    peers: [rawWrite],
    verdicts: [
      { measure: 'ratio', against: [rawWrite.name], min: 0.7 },
      { measure: 'value', detail: 'log bytes per payload byte', unit: '%', against: [], max: 1 },
    ],
    roundsMax: 3,
  },
  {
    name: 'cold read of a whole object, 3+1',
    unit: 'MB/s',
    better: 'higher',
    ours: read('ours', 'cold'),
    peers: [rawRead],
    verdicts: [{ measure: 'ratio', against: [rawRead.name], min: 0.7 }],
    roundsMax: 3,
  },
  {
    name: 'degraded read of a whole object, 3+1, cached',
    unit: 'MB/s',
    better: 'higher',
    ours: read('degraded', 'cached'),
    peers: [read('healthy', 'cached')],
    verdicts: [{ measure: 'ratio', against: ['healthy'], min: 0.6 }],
    roundsMax: 3,
  },
];
