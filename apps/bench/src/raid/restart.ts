import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RaidArray } from '@holdfast/raid';
import { leaveOpen } from '@holdfast/raid/crash';
import { Cluster } from '@holdfast/runtime';
import type { Contender, Question } from '../harness/question.ts';
import { data, members } from '../ours/array-cluster.ts';

const blockBytes = 4096;
const mebibyte = 1 << 20;

interface Load {
  readonly pairs: number;
  readonly logMebibytes: number;
}

const whole: Load = { pairs: 4096, logMebibytes: 256 };
const quickly: Load = { pairs: 256, logMebibytes: 16 };
/** A mirrored object lies on two members: theirs are the logs that updates of its blocks make long. */
const holders = 2;
/** Blocks of which nothing is open, on both: what the logs are long of. */
const others = 512;

/** Make the drives that a loss of power left; the object that is on them. */
async function leaveDrives(directory: string, { pairs, logMebibytes }: Load): Promise<string> {
  await using cluster = await Cluster.start({ nodes: members });
  const array = await RaidArray.create(cluster, { data, directory });
  const object = await array.objects.open(await array.objects.create({ technique: 'mirror' }));
  await object.write(0, new Uint8Array((pairs + others) * blockBytes));
  await array.close();
  const drives = new Map(Array.from({ length: members }, (_, member) => [member, join(directory, `n${member}`)]));
  const logBytes = (logMebibytes * mebibyte) / holders;
  await leaveOpen({ pages: cluster.main.pages, drives, gfid: object.gfid, pairs, logBytes });
  return object.gfid;
}

const ours: Contender = {
  name: 'ours',
  round: async ({ quick }) => {
    const load = quick ? quickly : whole;
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
    try {
      const gfid = await leaveDrives(directory, load);
      const cpuBefore = process.cpuUsage();
      const startedMs = performance.now();
      await using cluster = await Cluster.start({ nodes: members });
      const openingMs = performance.now();
      await using array = await RaidArray.open(cluster, { directory });
      const object = await array.objects.open(gfid);
      await object.write(0, new Uint8Array(blockBytes));
      const servingMs = performance.now();
      const { user, system } = process.cpuUsage(cpuBefore);
      return {
        value: servingMs - startedMs,
        details: { 'opening alone': servingMs - openingMs, 'CPU time': (user + system) / 1000 },
      };
    } finally {
      await rm(directory, { recursive: true });
    }
  },
};

export const restart: readonly Question[] = [
  {
    name: `restart until the first write is answered, ${whole.logMebibytes} MiB of log, ${whole.pairs} open pairs`,
    unit: 'ms',
    better: 'lower',
    ours,
    peers: [],
    verdicts: [
      { measure: 'value', against: [], max: 2000 },
      { measure: 'value', detail: 'opening alone', unit: 'ms', against: [] },
      { measure: 'value', detail: 'CPU time', unit: 'ms', against: [] },
    ],
    roundsMax: 3,
  },
];
