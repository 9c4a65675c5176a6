/*
 * A process that is made to be killed. It opens the array in a directory and overwrites ranges of one object, with one line
 * for each write, before it is made and after it was answered at toughness 2: `begin OFFSET LENGTH SEED TOUGHNESS`,
 * `acked OFFSET LENGTH SEED TOUGHNESS`.
 *
 * argv: directory, id of the object, seed.
 */
import { writeSync } from 'node:fs';
import { RaidArray } from '../../src/array/raid-array.ts';
import { randomNumbers } from '../../src/crash/crash-images.ts';
import { LocalHost } from './local-host.ts';
import { overwrite } from './overwrite-lanes.ts';

const [directory = '', gfid = '', seed = '1'] = process.argv.slice(2);
const array = await RaidArray.openOn(new LocalHost(directory, [0, 1, 2, 3]), {});
const object = await array.objects.open(gfid);
await overwrite(object, {
  lanes: 6,
  writesEach: 100_000,
  random: randomNumbers(Number(seed)),
  note: (verb, write) => writeSync(1, `${verb} ${write.offset} ${write.length} ${write.seed} ${write.toughness}\n`),
});
