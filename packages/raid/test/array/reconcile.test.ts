import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import type { IomPort } from '../../src/iom/iom-port.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, keysOf, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const old = bytesOf(100_000, 1);
const fresh = bytesOf(200_000, 2);
const open = (directory: string, options = {}) => RaidArray.openOn(new LocalHost(directory, four), options);
const blocksUsed = async (array: RaidArray) =>
  (await array.status()).members.reduce((sum, { use }) => sum + (use?.blocksUsed ?? 0), 0);

/**
 * Replace an object, and stop the world at the n-th request of one kind, before it is served: nothing that was asked
 * after it happened. The drives are let go of as they are. Who served requests of that kind before.
 */
async function cutOffAt(directory: string, request: keyof IomPort, nth: number): Promise<number[]> {
  const host = new LocalHost(directory, four);
  const array = await RaidArray.openOn(host, {});
  const served: number[] = [];
  const stopped = Promise.withResolvers<void>();
  host.beforeRequest = (member, name) => {
    if (name !== request) return undefined;
    if (served.length === nth) {
      stopped.resolve();
      host.beforeRequest = () => new Promise(() => undefined);
      return new Promise(() => undefined);
    }
    served.push(member);
    return undefined;
  };
  array.put('k', fresh).catch(() => undefined);
  await stopped.promise;
  await host.close();
  return served;
}

async function arrayWithOld(): Promise<{ directory: string; used: number }> {
  const directory = scratchDirectory();
  const array = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
  await array.put('k', old);
  const used = await blocksUsed(array);
  await array.close();
  return { directory, used };
}

it('gives back the space of a put that never got as far as its metadata, and keeps the object it was to replace', async () => {
  const { directory, used } = await arrayWithOld();
  await cutOffAt(directory, 'putObject', 0);
  const array = await open(directory);
  expect((await array.status()).reconciliation).toMatchObject({ objects: 1, dropped: 4, forgotten: 0, recopied: 0 });
  expect(await blocksUsed(array)).toBe(used);
  expect(await verdict(array, 'k', old)).toBe('right');
  await array.close();
});

it('completes a put whose metadata reached one of its two homes', async () => {
  const { directory } = await arrayWithOld();
  const [home] = await cutOffAt(directory, 'putObject', 1);
  const array = await open(directory);
  expect((await array.status()).reconciliation).toMatchObject({ objects: 1, recopied: 1, forgotten: 1 });
  expect(await verdict(array, 'k', fresh)).toBe('right');
  await array.close();
  const without = await open(directory, { without: [`n${home}`] });
  expect(await verdict(without, 'k', fresh)).toBe('right');
  await without.close();
});

it('once opened without that home, keeps the old object for good', async () => {
  const { directory, used } = await arrayWithOld();
  const [home] = await cutOffAt(directory, 'putObject', 1);
  const without = await open(directory, { without: [`n${home}`] });
  expect(await verdict(without, 'k', old)).toBe('right');
  await without.close();
  const array = await open(directory);
  expect((await array.status()).reconciliation).toMatchObject({ objects: 1, forgotten: 1 });
  expect(await verdict(array, 'k', old)).toBe('right');
  expect(await blocksUsed(array)).toBe(used);
  await array.close();
});

it('completes the removal of what was replaced when the crash came behind the acknowledgement', async () => {
  const { directory } = await arrayWithOld();
  for (const request of ['forget', 'drop'] as const) {
    await cutOffAt(directory, request, 1);
    const array = await open(directory);
    expect(await verdict(array, 'k', fresh)).toBe('right');
    expect(await keysOf(array)).toEqual(['k']);
    const before = await blocksUsed(array);
    await array.close();
    const again = await open(directory);
    expect(await blocksUsed(again)).toBe(before);
    expect((await again.status()).reconciliation).toMatchObject({ forgotten: 0, dropped: 0, recopied: 0 });
    await again.close();
  }
});

it('does not let a drive that lost part of its log bring a removed object back, nor count it as complete', async () => {
  const { directory } = await arrayWithOld();
  const array = await open(directory);
  await array.put('removed', bytesOf(5000));
  await array.put('stays', bytesOf(6000));
  await array.remove('removed');
  await array.close();
  const wounded = four.find((member) => damageForget(join(directory, `n${member}`)))!;
  expect(wounded).toBeDefined();
  const other = four.find((member) => member !== wounded)!;
  // Whatever is left out now, the gap in the log is not forgotten by a refused opening.
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(open(directory, { without: [`n${other}`] })).rejects.toMatchObject({
      code: 'HF_TOO_MANY_DOWN',
      members: { [`n${wounded}`]: expect.stringMatching(/lost 1 batch/) },
    });
  }
  const whole = await open(directory);
  expect(await keysOf(whole)).toEqual(['k', 'stays']);
  expect(await verdict(whole, 'k', old)).toBe('right');
  await whole.close();
  const without = await open(directory, { without: [`n${other}`] });
  expect(await keysOf(without)).toEqual(['k', 'stays']);
  expect(await verdict(without, 'stays', bytesOf(6000))).toBe('right');
  await without.close();
});

/** Flip a byte of the batch that lets go of an object's metadata, when this drive has one with batches behind it. */
function damageForget(drive: string): boolean {
  const path = join(drive, 'log-1');
  const log = Uint8Array.from(readFileSync(path));
  const forgetRecord = 3;
  for (let at = 0; at + 4096 < log.length; at += 4096) {
    const isLast = log[at + 4096] === 0;
    if (log[at + 64] !== forgetRecord || isLast) continue;
    log[at + 66]! ^= 1;
    writeFileSync(path, log);
    return true;
  }
  return false;
}
