import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { TimeoutError } from '@holdfast/runtime';
import { expect, it } from 'vitest';
import type { ArrayEvent } from '../../src/array/events.ts';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallGroupBytes, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const content = bytesOf(3 * smallGroupBytes, 5);

/** An array with one object of three groups, and the events it has. */
async function damagedArray() {
  const host = new LocalHost(scratchDirectory(), four);
  const array = await RaidArray.createOn(host, smallShape);
  const events: ArrayEvent[] = [];
  array.events$.subscribe((event) => events.push(event));
  await array.put('whole', bytesOf(5000));
  await array.put('k', content);
  return { host, array, events };
}

/** Where a block of the content lies on a drive; -1 when it is not there. */
function find(host: LocalHost, member: number, block: number): number {
  const path = join(host.drive(member), 'blocks');
  const bytes = Buffer.alloc(statSync(path).size);
  const descriptor = openSync(path, 'r');
  readSync(descriptor, bytes, 0, bytes.length, 0);
  closeSync(descriptor);
  return bytes.indexOf(content.subarray(block * 4096, (block + 1) * 4096));
}

/** Flip one bit of a block of the content, on whichever drive it is; which one that was. */
function damage(host: LocalHost, block: number): number {
  for (const member of four) {
    const at = find(host, member, block);
    if (at < 0) continue;
    const descriptor = openSync(join(host.drive(member), 'blocks'), 'r+');
    writeSync(descriptor, Uint8Array.of(content[block * 4096]! ^ 1), 0, 1, at);
    closeSync(descriptor);
    return member;
  }
  throw new Error(`block ${block} is on no drive`);
}

it('restores a rotten block as it is read, says so, and has it sound again after', async () => {
  const { host, array, events } = await damagedArray();
  const member = damage(host, 17);
  expect(await verdict(array, 'k', content)).toBe('right');
  expect(events).toEqual([
    { type: 'repaired', key: 'k', group: 1, slot: expect.any(Number), node: `n${member}`, why: 'damaged' },
  ]);
  expect(await verdict(array, 'k', content)).toBe('right');
  expect(events).toHaveLength(1);
  // It would not survive the loss of another member if it had only been restored in memory.
  for (const other of four.filter((candidate) => candidate !== member).slice(0, 1)) await host.cutOff(other);
  expect(await verdict(array, 'k', content)).toBe('right');
  await array.close();
});

it('restores one rotten block in every group at once', async () => {
  const { host, array, events } = await damagedArray();
  for (const block of [3, 14, 35]) damage(host, block);
  expect(await verdict(array, 'k', content)).toBe('right');
  expect(events.map(({ type }) => type)).toEqual(['repaired', 'repaired', 'repaired']);
  await array.close();
});

it('names exactly what is lost when two slots of a group are, gives no wrong bytes, and reads the rest', async () => {
  const { host, array, events } = await damagedArray();
  const nodes = [damage(host, 12), damage(host, 16)].map((member) => `n${member}`);
  await expect(
    (async () => {
      for await (const _ of array.get('k'));
    })(),
  ).rejects.toMatchObject({
    code: 'HF_OBJECT_LOST',
    key: 'k',
    lost: [
      {
        group: 1,
        start: smallGroupBytes,
        bytes: smallGroupBytes,
        slots: nodes.map((node) => expect.objectContaining({ node, why: 'damaged' })),
      },
    ],
  });
  expect(events).toEqual([{ type: 'lost', key: 'k', groups: [1] }]);
  expect(await verdict(array, 'whole', bytesOf(5000))).toBe('right');
  await array.close();
});

it('names the dead member and the rotten block of another when both are needed', async () => {
  const { host, array } = await damagedArray();
  const rotten = damage(host, 0);
  const dead = four.find((member) => member !== rotten && find(host, member, 4) >= 0)!;
  await host.cutOff(dead);
  const failure = await array
    .get('k')
    .next()
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'HF_OBJECT_LOST' });
  expect((failure as { lost: { slots: { node: string; why: string }[] }[] }).lost[0]!.slots).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ node: `n${rotten}`, why: 'damaged' }),
      expect.objectContaining({ node: `n${dead}`, why: 'down' }),
    ]),
  );
  await array.close();
});

it('restores what a member does not answer in time, and does not take that for its death', async () => {
  const { host, array, events } = await damagedArray();
  const slow = four.find((member) => find(host, member, 4) >= 0)!;
  host.beforeRequest = (member, request) => {
    if (member === slow && request === 'fetch') throw new TimeoutError('A read', 1);
  };
  expect(await verdict(array, 'k', content)).toBe('right');
  expect(events).toEqual([]);
  expect(await array.status()).toMatchObject({ degraded: false });
  await array.close();
  expect(host.pagesInUse).toBe(0);
});

it('finds an object though one of the members that may know of it does not answer, and says so when two do not', async () => {
  const { host, array } = await damagedArray();
  for (const late of four) {
    host.beforeRequest = (member, request) => {
      if (member === late && request === 'versions') throw new TimeoutError('A lookup', 1);
    };
    expect(await verdict(array, 'k', content)).toBe('right');
  }
  host.beforeRequest = (_, request) => {
    if (request === 'versions') throw new TimeoutError('A lookup', 1);
  };
  await expect(array.stat('k')).rejects.toMatchObject({ code: 'HF_TIMEOUT' });
  host.beforeRequest = () => undefined;
  await array.close();
});
