/*
 * A process that is made to be killed while it mends. It opens the array in a directory, brings about that there is something
 * to mend, and mends it while ranges of one object are overwritten; at the given operation on any drive from then on it kills
 * itself with SIGKILL. Its lines: `begin` and `acked` of each overwrite, `mending`, and `ended OPERATIONS` when it lived.
 *
 * argv: directory, id of the object, what to do, member concerned, operation it dies at, seed.
 */
import { rmSync, writeSync } from 'node:fs';
import { firstValueFrom } from 'rxjs';
import { filter } from 'rxjs/operators';
import { RaidArray } from '../../src/array/raid-array.ts';
import { randomNumbers } from '../../src/crash/crash-images.ts';
import type { DriveDirectory } from '../../src/drive/drive-files.ts';
import { faulty } from './faulty-drive.ts';
import { LocalHost } from './local-host.ts';
import { type Mending, mendingMembers } from './mended-array.ts';
import { overwrite } from './overwrite-lanes.ts';

const [directory = '', gfid = '', mending = '', memberText = '0', diesAt = '1', seed = '1'] = process.argv.slice(2);
const member = Number(memberText);
const say = (line: string) => writeSync(1, `${line}\n`);
const random = randomNumbers(Number(seed));
let operations = -1;

const counted = (drive: DriveDirectory): DriveDirectory =>
  faulty(drive, () => {
    if (operations >= 0 && ++operations === Number(diesAt)) process.kill(process.pid, 'SIGKILL');
  });
const arm = () => {
  operations = 0;
  say('mending');
};
const host = new LocalHost(directory, mendingMembers, counted);
const overwriteSome = (array: RaidArray, writesEach: number) =>
  array.objects.open(gfid).then((object) =>
    overwrite(object, {
      lanes: 3,
      writesEach,
      random,
      note: (verb, write) => say(`${verb} ${write.offset} ${write.length} ${write.seed} ${write.toughness}`),
    }),
  );

const menders: Record<Mending, () => Promise<RaidArray>> = {
  async resync() {
    const array = await RaidArray.openOn(host, {});
    await host.cutOff(member);
    await overwriteSome(array, 3);
    const over = firstValueFrom(
      array.events$.pipe(filter((event) => event.type === 'resyncing' && event.state !== 'begun')),
    );
    arm();
    host.bringBack(member);
    await Promise.all([over, overwriteSome(array, 4)]);
    return array;
  },
  async rebuild() {
    rmSync(host.drive(member), { recursive: true });
    arm();
    const array = await RaidArray.openOn(host, { replace: [`n${member}`] });
    await Promise.all([array.rebuild(`n${member}`).done, overwriteSome(array, 4)]);
    return array;
  },
  async rehome() {
    const array = await RaidArray.openOn(host, {});
    await host.cutOff(member);
    arm();
    await Promise.all([array.rehome().done, overwriteSome(array, 4)]);
    return array;
  },
  async change() {
    const array = await RaidArray.openOn(host, {});
    arm();
    const changes = async () => {
      for (const technique of ['mirror', '3+1', '2+1'] as const) await array.change('large', technique);
    };
    await Promise.all([changes(), overwriteSome(array, 4)]);
    return array;
  },
  async scrub() {
    const array = await RaidArray.openOn(host, {});
    arm();
    await Promise.all([array.scrub().done, overwriteSome(array, 4)]);
    return array;
  },
};
const array = await menders[mending as Mending]();
await array.close();
say(`ended ${operations}`);
