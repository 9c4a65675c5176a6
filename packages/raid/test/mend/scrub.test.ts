import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import type { ArrayEvent } from '../../src/array/events.ts';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallGroupBytes, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const content = bytesOf(4 * smallGroupBytes, 5);
const bystander = bytesOf(70_000, 6);

let host: LocalHost;
let array: RaidArray;
let events: ArrayEvent[];

beforeEach(async () => {
  host = new LocalHost(scratchDirectory(), four);
  array = await RaidArray.createOn(host, smallShape);
  events = [];
  array.events$.subscribe((event) => events.push(event));
  await array.put('k', content);
  await array.put('bystander', bystander);
});

/** Flip one bit of a block, on whichever drive it is; which one that was. */
function damage(block: Uint8Array): number {
  for (const member of four) {
    const path = join(host.drive(member), 'blocks');
    const at = readFileSync(path).indexOf(block);
    if (at < 0) continue;
    const descriptor = openSync(path, 'r+');
    writeSync(descriptor, Uint8Array.of(block[100]! ^ 4), 0, 1, at + 100);
    closeSync(descriptor);
    return member;
  }
  throw new Error('the block is on no drive');
}

const blockOf = (block: number) => content.subarray(block * 4096, (block + 1) * 4096);

/** The parity of the first block of each data slot of a group. */
function parityOf(group: number): Uint8Array {
  const parity = new Uint8Array(4096);
  for (let slot = 0; slot < 3; slot++) {
    for (const [at, byte] of blockOf(group * 12 + slot * 4).entries()) parity[at]! ^= byte;
  }
  return parity;
}

it('finds every rotten block, of data and of parity, restores each and touches nothing else', async () => {
  const nodes = [damage(blockOf(5)), damage(blockOf(17)), damage(parityOf(2)), damage(bystander.subarray(0, 4096))];
  const report = await array.scrub().done;
  expect(report).toMatchObject({ objects: 2, repairedSlots: 4, lostGroups: 0, lost: [] });
  expect(events.filter(({ type }) => type === 'repaired')).toEqual(
    expect.arrayContaining(
      nodes.map((member) => expect.objectContaining({ type: 'repaired', node: `n${member}`, why: 'damaged' })),
    ),
  );
  expect(await array.scrub().done).toMatchObject({ repairedSlots: 0, lostGroups: 0 });
  for (const lost of four) {
    await array.close();
    host = new LocalHost(host.directory, four);
    array = await RaidArray.openOn(host, {});
    await host.cutOff(lost);
    expect(await verdict(array, 'k', content)).toBe('right');
    expect(await verdict(array, 'bystander', bystander)).toBe('right');
  }
  await array.close();
});

it('reports exactly what is gone where two slots of a group are, and restores what it can', async () => {
  const nodes = [damage(blockOf(12)), damage(blockOf(16))];
  damage(blockOf(40));
  const report = await array.scrub().done;
  expect(report).toMatchObject({ repairedSlots: 1, lostGroups: 1 });
  expect(report.lost).toMatchObject([
    {
      key: 'k',
      groups: [
        {
          group: 1,
          start: smallGroupBytes,
          bytes: smallGroupBytes,
          slots: nodes.map((member) => expect.objectContaining({ node: `n${member}`, why: 'damaged' })),
        },
      ],
    },
  ]);
  expect(events).toContainEqual({ type: 'lost', key: 'k', groups: [1] });
  expect(await verdict(array, 'bystander', bystander)).toBe('right');
  await array.close();
});

it('goes on while objects are stored, replaced, removed and read', async () => {
  damage(blockOf(3));
  const scrub = array.scrub();
  await Promise.all([
    array.put('new', bytesOf(50_000, 9)),
    array.put('bystander', bytesOf(80_000, 10)),
    verdict(array, 'k', content),
  ]);
  expect(await scrub.done).toMatchObject({ lostGroups: 0 });
  expect(await array.scrub().done).toMatchObject({ objects: 3, repairedSlots: 0, lostGroups: 0 });
  expect(await verdict(array, 'bystander', bytesOf(80_000, 10))).toBe('right');
  await array.close();
  expect(host.pagesInUse).toBe(0);
});

it('leaves what only misses a member that is down as it is', async () => {
  await host.cutOff(1);
  expect(await array.scrub().done).toMatchObject({ repairedSlots: 0, lostGroups: 0 });
  expect(await verdict(array, 'k', content)).toBe('right');
  await array.close();
});
