/*
 * A process that is made to be killed. It opens the array in a directory and changes names from two callers, with one line
 * of JSON for each change, before it is made and after it was answered.
 *
 * argv: directory, seed, ids of objects.
 */
import { writeSync } from 'node:fs';
import { RaidArray } from '../../src/array/raid-array.ts';
import { randomNumbers } from '../../src/crash/crash-images.ts';
import { ArrayNames } from '../../src/names/array-names.ts';
import { LocalHost } from './local-host.ts';
import { changeNames } from './name-changes.ts';

const [directory = '', seed = '1', ...gfids] = process.argv.slice(2);
const array = await RaidArray.openOn(new LocalHost(directory, [0, 1, 2, 3]), {});
const random = randomNumbers(Number(seed));
const caller = (firstLane: number) =>
  changeNames(new ArrayNames(array.objects, 6000), {
    gfids,
    firstLane,
    lanes: 2,
    changesEach: 100_000,
    random,
    note: (said, lane, change) => writeSync(1, `${JSON.stringify({ said, lane, change })}\n`),
  });
await Promise.all([caller(0), caller(2)]);
