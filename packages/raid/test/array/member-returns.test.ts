import { cpSync, rmSync } from 'node:fs';
import { firstValueFrom } from 'rxjs';
import { filter } from 'rxjs/operators';
import { describe, expect, it } from 'vitest';
import type { ArrayEvent } from '../../src/array/events.ts';
import { RaidArray } from '../../src/array/raid-array.ts';
import type { BlockObject } from '../../src/object/block-object.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, keysOf, smallGroupBytes, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const blockBytes = 4096;

const ended = (array: RaidArray, type: 'resyncing' | 'rebuilding') =>
  firstValueFrom(
    array.events$.pipe(
      filter((event: ArrayEvent) => event.type === type && 'state' in event && event.state !== 'begun'),
    ),
  );

/** Whatever other member is lost, the object reads as it should: each drive has all of its part. */
async function expectWhole(directory: string, gfid: string, expected: Uint8Array, members = four): Promise<void> {
  for (const without of members) {
    // Of its own: an opening without a member makes that one out of date.
    const copy = scratchDirectory();
    cpSync(directory, copy, { recursive: true });
    const array = await RaidArray.openOn(new LocalHost(copy, four), { without: [`n${without}`] });
    const object = await array.objects.open(gfid);
    expect(Buffer.compare(await object.read(0, expected.length), expected), `without n${without}`).toBe(0);
    await array.close();
    rmSync(copy, { recursive: true });
  }
}

/** Write some blocks of an object over, and remember what is in it. */
async function overwrite(object: BlockObject, expected: Uint8Array, blocks: readonly number[], seed: number) {
  await Promise.all(
    blocks.map(async (block, index) => {
      const bytes = bytesOf(blockBytes, seed + index);
      expected.set(bytes, block * blockBytes);
      await object.write(block * blockBytes, bytes);
    }),
  );
}

describe.each(['parity', 'mirror'] as const)('an object of technique %s', (technique) => {
  it.each(four)(
    'is caught up by member %i, which comes back to the running array while clients write',
    async (member) => {
      const directory = scratchDirectory();
      const host = new LocalHost(directory, four);
      const array = await RaidArray.createOn(host, smallShape);
      const object = await array.objects.open(await array.objects.create({ technique }));
      const expected = bytesOf(96 * blockBytes, 1);
      await object.write(0, expected);
      await host.cutOff(member);
      await overwrite(object, expected, [0, 1, 2, 5, 17, 40, 41, 90], 100);
      expect((await array.status()).degraded).toBe(true);
      const done = ended(array, 'resyncing');
      const writing = overwrite(object, expected, [3, 5, 6, 18, 42, 90], 200);
      host.bringBack(member);
      await writing;
      expect(await done).toMatchObject({ type: 'resyncing', node: `n${member}`, state: 'ended', blocks: 0, groups: 0 });
      expect(await array.status()).toMatchObject({ degraded: false, writable: true });
      expect(await object.write(0, expected.subarray(0, 5))).toMatchObject({ degraded: false });
      expect(await object.stat()).toMatchObject({ degraded: false });
      expect(Buffer.compare(await object.read(0, expected.length), expected)).toBe(0);
      await array.close();
      expect(host.pagesInUse).toBe(0);
      await expectWhole(directory, object.gfid, expected);
      rmSync(directory, { recursive: true });
    },
  );
});

it('moves for resync at most 1.2 times the blocks that those which changed are made of', async () => {
  const host = new LocalHost(scratchDirectory(), four);
  const array = await RaidArray.createOn(host, smallShape);
  const object = await array.objects.open(await array.objects.create());
  const expected = bytesOf(240 * blockBytes, 1);
  await object.write(0, expected);
  // What is on disk at both and not ended yet is marked as well when one of the two stops: here nothing is.
  const { epoch } = await array.status();
  for (const member of [...four, ...four]) await host.iom(member).decided({ epoch });
  await host.cutOff(2);
  const changed = Array.from({ length: 60 }, (_, index) => index * 4 + (index % 3));
  await overwrite(object, expected, changed, 1000);
  const done = ended(array, 'resyncing');
  host.bringBack(2);
  const event = await done;
  // Of each row the member missed either its block, or, as the one with the parity, that of another one.
  const { data, unitBlocks } = smallShape;
  const rowOf = (block: number) => Math.floor(block / (data * unitBlocks)) * unitBlocks + (block % unitBlocks);
  const nodeOf = (block: number) => object.locate(block * blockBytes, 1)[0]!.node;
  const hasParity = (block: number) => {
    const first = block - (block % (data * unitBlocks)) + (block % unitBlocks);
    return Array.from({ length: data }, (_, slot) => nodeOf(first + slot * unitBlocks)).every((node) => node !== 'n2');
  };
  const missed = changed.filter((block) => nodeOf(block) === 'n2').length;
  const stale = new Set(changed.filter(hasParity).map(rowOf)).size;
  expect(missed).toBeGreaterThan(5);
  expect(stale).toBeGreaterThan(5);
  if (event.type !== 'resyncing') throw new Error('no resync');
  expect(event.blocksMoved).toBeGreaterThanOrEqual((missed + stale) * data);
  expect(event.blocksMoved).toBeLessThanOrEqual(1.2 * (missed + stale) * data);
  await array.close();
});

it('brings whole objects up to date as well: what was put, replaced and removed meanwhile', async () => {
  const directory = scratchDirectory();
  const host = new LocalHost(directory, four);
  const array = await RaidArray.createOn(host, smallShape);
  const [old, fresh] = [bytesOf(2 * smallGroupBytes, 1), bytesOf(3 * smallGroupBytes + 77, 2)];
  for (const key of ['kept', 'replaced', 'removed']) await array.put(key, old);
  await host.cutOff(1);
  await array.put('replaced', fresh);
  await array.put('new', fresh);
  await array.remove('removed');
  const done = ended(array, 'rebuilding');
  host.bringBack(1);
  expect(await done).toMatchObject({ state: 'ended', node: 'n1' });
  expect(await keysOf(array)).toEqual(['kept', 'new', 'replaced']);
  for (const key of ['kept', 'new', 'replaced']) expect(await array.stat(key)).toMatchObject({ degraded: false });
  await array.close();
  for (const without of ['n0', 'n2', 'n3']) {
    const copy = scratchDirectory();
    cpSync(directory, copy, { recursive: true });
    const again = await RaidArray.openOn(new LocalHost(copy, four), { without: [without] });
    expect(await verdict(again, 'kept', old)).toBe('right');
    expect(await verdict(again, 'replaced', fresh)).toBe('right');
    expect(await verdict(again, 'new', fresh)).toBe('right');
    expect(await keysOf(again)).not.toContain('removed');
    await again.close();
  }
});

it('fills an empty drive in the place of one that is gone, in the running array', async () => {
  const directory = scratchDirectory();
  const host = new LocalHost(directory, four);
  const array = await RaidArray.createOn(host, smallShape);
  const object = await array.objects.open(await array.objects.create());
  const expected = bytesOf(200 * blockBytes, 1);
  await object.write(0, expected);
  await host.cutOff(3);
  rmSync(host.drive(3), { recursive: true });
  host.bringBack(3);
  await expect(array.revive('n3')).rejects.toMatchObject({ code: 'HF_NO_ARRAY' });
  const done = ended(array, 'resyncing');
  await array.revive('n3', { replace: true });
  expect(await done).toMatchObject({ state: 'ended', blocks: 0, groups: 0 });
  await array.close();
  await expectWhole(directory, object.gfid, expected);
});

it('refuses nodes it does not have', async () => {
  const array = await RaidArray.createOn(new LocalHost(scratchDirectory(), four), smallShape);
  await expect(array.revive('n9')).rejects.toMatchObject({ code: 'HF_UNKNOWN_NODE' });
  await expect(array.revive('n1')).resolves.toBeUndefined();
  await array.close();
});

it.each([
  ['the member that returns', 1, 1],
  ['another one, which some of it is made from', 1, 3],
] as const)('goes on when %s dies while it catches up, and both come back', async (_, member, victim) => {
  const directory = scratchDirectory();
  const host = new LocalHost(directory, four);
  const array = await RaidArray.createOn(host, smallShape);
  const object = await array.objects.open(await array.objects.create());
  const expected = bytesOf(240 * blockBytes, 1);
  await object.write(0, expected);
  await host.cutOff(member);
  await overwrite(
    object,
    expected,
    Array.from({ length: 120 }, (_, index) => index * 2),
    300,
  );
  let isBack = false;
  host.beforeRequest = (asked, request) => {
    // The first count of what is left comes when it has just begun.
    if (request !== 'behind' || isBack || asked === -1) return undefined;
    isBack = true;
    return host.cutOff(victim);
  };
  const failed = ended(array, 'resyncing');
  host.bringBack(member);
  if (victim === member) expect(await failed).toMatchObject({ state: 'failed' });
  else await array.revive(`n${member}`);
  host.beforeRequest = () => undefined;
  expect(await array.status()).toMatchObject({ degraded: true });
  const both = ended(array, 'resyncing');
  host.bringBack(victim);
  await both;
  while ((await array.status()).degraded) await new Promise(setImmediate);
  expect(Buffer.compare(await object.read(0, expected.length), expected)).toBe(0);
  await array.close();
  await expectWhole(directory, object.gfid, expected);
});
