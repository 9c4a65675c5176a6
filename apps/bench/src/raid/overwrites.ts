import type { Contender, Question } from '../harness/question.ts';
import { callsPerSecond } from '../load/chains.ts';
import { uniform } from '../load/keys.ts';
import { arrayBudget, members, withObject } from '../ours/array-cluster.ts';
import { logBytesOf } from '../ours/log-bytes.ts';
import { btrfsOverwrites } from '../peers/btrfs.ts';
import { rawOverwrites } from '../peers/raw-overwrites.ts';
import { sqliteOverwrites } from '../peers/sqlite-overwrites.ts';

const blockBytes = 4096;
const mebibyte = 1 << 20;
/** What is overwritten is 12 MiB with all of them. */
const mebibytes = 12;
const blocks = (mebibytes * mebibyte) / blockBytes;
const inFlight = 16;

/** Writes counted for the log: few enough that no log is written anew meanwhile. */
const countedWrites = 800;

function randomBlocks(seed: number): () => number {
  const random = uniform(seed);
  return () => Math.floor(random() * blocks) * blockBytes;
}

const ours: Contender = {
  name: 'ours',
  round: (budget) =>
    withObject(mebibytes, async ({ object }) => {
      const next = randomBlocks(1);
      const block = new Uint8Array(blockBytes).fill(0xa5);
      return await callsPerSecond(arrayBudget(budget), inFlight, () => object.write(next(), block));
    }),
};

const logged: Contender = {
  name: 'ours',
  round: () =>
    withObject(mebibytes, async ({ object, drives }) => {
      const before = drives.map(logBytesOf);
      const next = randomBlocks(2);
      const block = new Uint8Array(blockBytes).fill(0xa5);
      const chain = async () => {
        for (let write = 0; write < countedWrites / inFlight; write++) await object.write(next(), block);
      };
      await Promise.all(Array.from({ length: inFlight }, chain));
      const after = drives.map(logBytesOf);
      if (after.some(({ file }, drive) => file !== before[drive]?.file)) throw new Error('a log was written anew');
      const share = (of: 'records' | 'written') =>
        (100 * after.reduce((sum, each, drive) => sum + each[of] - before[drive]![of], 0)) /
        (countedWrites * blockBytes);
      return { value: share('records'), details: { 'with headers and padding': share('written') } };
    }),
};

const raw = rawOverwrites(members, (mebibytes / (members - 1)) * mebibyte, inFlight);
const oneRow = sqliteOverwrites(blocks, 1);
const manyRows = sqliteOverwrites(blocks, inFlight);
const btrfs = btrfsOverwrites(members, mebibytes * mebibyte, inFlight);

export const overwrites: readonly Question[] = [
  {
    name: `4 KiB overwritten at random at toughness 2, ${inFlight} in flight, 3+1`,
    unit: 'writes/s',
    better: 'higher',
    ours,
    peers: [btrfs, oneRow, manyRows, raw],
    verdicts: [
      { measure: 'ratio', against: [btrfs.name], min: 4 },
      { measure: 'ratio', against: [oneRow.name], min: 2 },
      { measure: 'ratio', against: [manyRows.name] },
      { measure: 'ratio', against: [raw.name], min: 0.5 },
    ],
    roundsMax: 3,
  },
  {
    name: `log records per 4 KiB overwritten, ${inFlight} in flight, 3+1`,
    unit: '%',
    better: 'lower',
    ours: logged,
    peers: [],
    verdicts: [
      { measure: 'value', against: [], max: 10 },
      { measure: 'value', detail: 'with headers and padding', against: [] },
    ],
    roundsMax: 2,
  },
];
