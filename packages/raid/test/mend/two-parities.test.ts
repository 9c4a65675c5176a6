import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ArrayEvent } from '../../src/array/events.ts';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const five = [0, 1, 2, 3, 4];
const shape = { ...smallShape, parity: 2 } as const;
const unitBytes = smallShape.unitBlocks * 4096;
const content = bytesOf(2 * 3 * unitBytes + 20_000, 5);
const objects = new Map([
  ['whole', content],
  ['small', bytesOf(3000, 8)],
  ['empty', new Uint8Array(0)],
]);

async function filled(directory: string) {
  const host = new LocalHost(directory, five);
  const array = await RaidArray.createOn(host, shape);
  for (const [key, bytes] of objects) await array.put(key, bytes);
  return { host, array };
}

async function expectAll(array: RaidArray): Promise<void> {
  for (const [key, bytes] of objects) expect([key, await verdict(array, key, bytes)]).toEqual([key, 'right']);
}

/** Flip one bit of a block, on whichever drive it is; which one that was. */
function damage(host: LocalHost, block: Uint8Array): number {
  for (const member of five) {
    const path = join(host.drive(member), 'blocks');
    const at = readFileSync(path).indexOf(block);
    if (at < 0) continue;
    const descriptor = openSync(path, 'r+');
    writeSync(descriptor, Uint8Array.of(block[77]! ^ 32), 0, 1, at + 77);
    closeSync(descriptor);
    return member;
  }
  throw new Error('the block is on no drive');
}

/** The first block of part `part` of a group of the large object. */
const partBlock = (group: number, part: number) => content.subarray((group * 3 + part) * unitBytes).subarray(0, 4096);

/** The first block of P or Q of a group: bytewise, the sum of its parts, each times 2^part in GF(2^8) for Q. */
function parityBlock(group: number, parity: 'p' | 'q'): Uint8Array {
  const doubled = (value: number) => ((value << 1) ^ (value & 0x80 ? 0x11d : 0)) & 0xff;
  return Uint8Array.from({ length: 4096 }, (_, at) =>
    [2, 1, 0].reduce((sum, part) => (parity === 'p' ? sum : doubled(sum)) ^ partBlock(group, part)[at]!, 0),
  );
}

it('restores two rotten slots of a group as they are read, of data and of parity, and has them sound after', async () => {
  const { host, array } = await filled(scratchDirectory());
  const events: ArrayEvent[] = [];
  array.events$.subscribe((event) => events.push(event));
  const nodes = [damage(host, partBlock(0, 0)), damage(host, partBlock(0, 2)), damage(host, partBlock(1, 1))];
  // The parity a restore would use first.
  damage(host, parityBlock(1, 'p'));
  await expectAll(array);
  expect(events.map((event) => (event.type === 'repaired' ? event.node : event))).toEqual(
    expect.arrayContaining(nodes.map((member) => `n${member}`)),
  );
  expect(events).toHaveLength(3);
  expect(await array.scrub().done).toMatchObject({ repairedSlots: 1, lostGroups: 0 });
  await array.close();
  expect(host.pagesInUse).toBe(0);
});

it('restores a rotten slot while a member is down, and names what three failures take', async () => {
  const { host, array } = await filled(scratchDirectory());
  const rotten = damage(host, partBlock(0, 1));
  const [first, second] = five.filter((member) => member !== rotten) as [number, number];
  const heard: ArrayEvent['type'][] = [];
  const standIn = Promise.withResolvers<void>();
  array.events$.subscribe(({ type }) => {
    heard.push(type);
    if (type === 'proxy') standIn.resolve();
  });
  await host.cutOff(first);
  // Until the view without the member is recorded everywhere, a read restores and does not write anew.
  await standIn.promise;
  await expectAll(array);
  expect(heard).toEqual(['degraded', 'proxy', 'repaired']);
  damage(host, partBlock(0, 1));
  await host.cutOff(second);
  expect(await verdict(array, 'whole', content)).toBe('HF_OBJECT_LOST');
  await array.close();
});

it('scrubs data and both parities, two bad slots in a group included, and touches nothing else', async () => {
  const { host, array } = await filled(scratchDirectory());
  damage(host, partBlock(0, 0));
  damage(host, parityBlock(0, 'q'));
  damage(host, parityBlock(1, 'p'));
  damage(host, parityBlock(1, 'q'));
  expect(await array.scrub().done).toMatchObject({ repairedSlots: 4, lostGroups: 0 });
  expect(await array.scrub().done).toMatchObject({ repairedSlots: 0, lostGroups: 0 });
  await host.cutOff(0);
  damage(host, partBlock(1, 1));
  expect((await array.scrub().done).lostGroups).toBe(0);
  await host.cutOff(3);
  await expectAll(array);
  await array.close();
  expect(host.pagesInUse).toBe(0);
});

it.each([
  [0, 1],
  [1, 3],
  [2, 4],
])('fills the new drives of members %d and %d, which were wiped together', async (a, b) => {
  const directory = scratchDirectory();
  const { host: before, array: filling } = await filled(directory);
  await filling.close();
  for (const member of [a, b]) rmSync(before.drive(member), { recursive: true });
  const host = new LocalHost(directory, five);
  const array = await RaidArray.openOn(host, { replace: [`n${a}`, `n${b}`] });
  await expectAll(array);
  const reports = await Promise.all([a, b].map((member) => array.rebuild(`n${member}`).done));
  for (const { lostGroups, repairedSlots } of reports) {
    expect(lostGroups).toBe(0);
    expect(repairedSlots).toBeGreaterThan(0);
  }
  expect(await array.scrub().done).toMatchObject({ repairedSlots: 0, lostGroups: 0 });
  // Any two others may go now.
  const others = five.filter((member) => member !== a && member !== b);
  for (const member of others.slice(0, 2)) await host.cutOff(member);
  await expectAll(array);
  await array.close();
  expect(host.pagesInUse).toBe(0);
});
