import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { leaveOpen } from '../../src/crash/left-open.ts';
import { LocalHost, localPools } from '../support/local-host.ts';
import { counting, type ReadBytes } from '../support/read-bytes.ts';
import { scratchDirectory } from '../support/scratch.ts';

const members = [0, 1, 2, 3];
/** More for a long look: HOLDFAST_OPEN_PAIRS=4096 HOLDFAST_LOG_MIB=3, and the time is printed. */
const pairs = Number(process.env.HOLDFAST_OPEN_PAIRS ?? 100);
const logBytes = Number(process.env.HOLDFAST_LOG_MIB ?? 0.25) * 2 ** 20;
/** Blocks of which nothing is open. */
const others = 128;

it('reads the log once and the open blocks twice when it starts with many updates open', async () => {
  const pools = localPools(members, 16_384);
  const directory = scratchDirectory();
  const shape = { data: 3, unitBlocks: 16, extentBlocks: 4096 };
  const first = new LocalHost(directory, members, undefined, { pools });
  const array = await RaidArray.createOn(first, shape);
  const gfid = await array.objects.create({ technique: 'mirror' });
  const object = await array.objects.open(gfid);
  const content = new Uint8Array((pairs + others) * 4096);
  await object.write(0, content);
  await array.close();
  const drives = new Map(members.map((member) => [member, first.drive(member)]));
  await leaveOpen({ pages: pools.get(0)!, drives, gfid, pairs, logBytes });

  const read: ReadBytes = { log: 0, blocks: 0 };
  const host = new LocalHost(directory, members, (drive) => counting(drive, read), { pools });
  const startedMs = performance.now();
  const again = await RaidArray.openOn(host, {});
  const reopened = await again.objects.open(gfid);
  await reopened.write(0, new Uint8Array(4096));
  const servingMs = performance.now() - startedMs;
  const blocksAtFirst = read.blocks / 4096;
  expect(await reopened.read(0, content.byteLength)).toEqual(content);
  await again.close();
  const logs = members.length * (logBytes + 2 ** 20);
  expect(read.log).toBeLessThanOrEqual(2 * logs);
  expect(blocksAtFirst).toBeLessThanOrEqual(2 * pairs + 64);
  if (process.env.HOLDFAST_OPEN_PAIRS !== undefined) {
    console.log(`serving after ${servingMs.toFixed(0)} ms: ${read.log} bytes of log, ${blocksAtFirst} blocks`);
  }
});
