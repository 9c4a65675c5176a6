/*
 * A program that is run under a tracer which makes one flush fail. It opens the array in a directory, overwrites ranges of one
 * object, with one line for each write, before it is made and after it was answered at toughness 2, and closes the array. The
 * last line says which drives stopped, or that the array could not be opened.
 *
 * argv: directory, id of the object, seed, writes of each of four lanes.
 */
import { writeSync } from 'node:fs';
import { RaidArray } from '../../src/array/raid-array.ts';
import { randomNumbers } from '../../src/crash/crash-images.ts';
import { LocalHost } from './local-host.ts';
import { overwrite } from './overwrite-lanes.ts';

const [directory = '', gfid = '', seed = '1', writes = '1'] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);
const array = await RaidArray.openOn(new LocalHost(directory, [0, 1, 2, 3]), {}).catch((error: { code?: string }) => {
  say(`refused ${error.code}`);
  process.exit(0);
});
const object = await array.objects.open(gfid);
await overwrite(object, {
  lanes: 4,
  writesEach: Number(writes),
  random: randomNumbers(Number(seed)),
  note: (verb, write) => say(`${verb} ${write.offset} ${write.length} ${write.seed} ${write.toughness}`),
});
const { members } = await array.status();
say(`stopped ${members.filter(({ state }) => state === 'down').map(({ node }) => node)}`);
await array.close();
