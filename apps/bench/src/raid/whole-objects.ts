import { processCpuNs } from '../harness/cpu.ts';
import type { Budget, Contender, Question, Sample } from '../harness/question.ts';
import { data, members, putMebibytes, readAll, withArray } from '../ours/array-cluster.ts';
import { RawFiles } from '../peers/raw-files.ts';

/** Of the object; each of the four drives holds a third of it. A multiple of 3, so that all groups are whole. */
const mebibytes = ({ quick }: Budget): number => (quick ? 24 : 96);
const mebibyte = 1 << 20;

/** MB a second on the wall, since drives do the work, with the CPU time per MiB beside it. */
async function timed(moved: number, work: () => Promise<unknown>): Promise<Sample> {
  const cpuBefore = processCpuNs();
  const startedMs = performance.now();
  await work();
  const ms = performance.now() - startedMs;
  return { value: moved / 1e3 / ms, cpuNs: (processCpuNs() - cpuBefore) / (moved / mebibyte) };
}

const deviceBytes = (size: number): number => (size * mebibyte * members) / data;

/** Space that is there already is written again, ours and theirs: growing a file is not what is asked. */
const ours: Contender = {
  name: 'ours',
  round: (budget) =>
    withArray(async ({ array }) => {
      const size = mebibytes(budget);
      for (const key of ['a', 'b']) await putMebibytes(array, key, size);
      await array.remove('b');
      const before = await logBytes(array);
      const sample = await timed(deviceBytes(size), () => putMebibytes(array, 'c', size));
      const logged = (await logBytes(array)) - before;
      return { ...sample, details: { 'log bytes per payload byte': (100 * logged) / (size * mebibyte) } };
    }),
};

async function logBytes(array: Parameters<typeof putMebibytes>[0]): Promise<number> {
  const { members } = await array.status();
  return members.reduce((sum, { use }) => sum + (use?.logBytes ?? 0), 0);
}

const rawWrite: Contender = {
  name: 'raw parallel files, fdatasync',
  round: async (budget) => {
    await using files = await RawFiles.open(members);
    const each = (mebibytes(budget) / data) * mebibyte;
    await files.write(each);
    return await timed(each * members, () => files.write(each));
  },
};

const read = (name: string, how: 'cold' | 'degraded'): Contender => ({
  name,
  round: (budget) =>
    withArray(async ({ cluster, array, dropCached }) => {
      const size = mebibytes(budget);
      await putMebibytes(array, 'a', size);
      if (name === 'degraded') await cluster.kill('n2');
      if (how === 'cold') dropCached();
      else await readAll(array, 'a');
      return await timed(size * mebibyte, async () => {
        if ((await readAll(array, 'a')) !== size * mebibyte) throw new Error('bytes are missing');
      });
    }),
});

const rawRead: Contender = {
  name: 'raw parallel files, cold',
  round: async (budget) => {
    await using files = await RawFiles.open(members);
    const each = (mebibytes(budget) / members) * mebibyte;
    await files.write(each);
    files.dropCached();
    return await timed(each * members, () => files.read(each));
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
    roundsMax: 5,
  },
  {
    name: 'cold read of a whole object, 3+1',
    unit: 'MB/s',
    better: 'higher',
    ours: read('ours', 'cold'),
    peers: [rawRead],
    verdicts: [{ measure: 'ratio', against: [rawRead.name], min: 0.7 }],
    roundsMax: 5,
  },
  {
    name: 'degraded read of a whole object, 3+1, cached',
    unit: 'MB/s',
    better: 'higher',
    ours: read('degraded', 'degraded'),
    peers: [read('healthy', 'degraded')],
    verdicts: [{ measure: 'ratio', against: ['healthy'], min: 0.6 }],
    roundsMax: 5,
  },
];
