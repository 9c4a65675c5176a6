import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { scratchDirectory } from '../support/scratch.ts';

const small = { data: 3, unitBlocks: 4, extentBlocks: 64 };
const bytesOf = (length: number, seed = 1) => {
  const bytes = new Uint8Array(length);
  let state = (seed * 2654435761 + length) | 1;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
};

async function readAll(array: RaidArray, key: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of array.get(key)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const sizes = [0, 1, 4095, 4096, 4097, 12_288, 49_151, 49_152, 49_153, 500_000, 3_000_001];

it('gives back objects of every size, healthy and with any one member gone, also after it is opened again', async () => {
  const directory = scratchDirectory();
  const host = new LocalHost(directory, [0, 1, 2, 3]);
  const array = await RaidArray.createOn(host, small);
  for (const size of sizes) {
    const stored = await array.put(`size/${size}`, bytesOf(size));
    expect(stored).toMatchObject({ bytes: size, degraded: false });
  }
  for (const size of sizes) expect(Buffer.compare(await readAll(array, `size/${size}`), bytesOf(size))).toBe(0);
  await array.close();
  expect(host.pagesInUse).toBe(0);

  for (const missing of [0, 1, 2, 3]) {
    const opened = await RaidArray.openOn(new LocalHost(directory, [0, 1, 2, 3]), { without: [`n${missing}`] });
    for (const size of sizes) expect(Buffer.compare(await readAll(opened, `size/${size}`), bytesOf(size))).toBe(0);
    await opened.close();
    // All of them together bring the one that was left out up to date again.
    const whole = await RaidArray.openOn(new LocalHost(directory, [0, 1, 2, 3]), {});
    expect((await whole.status()).degraded).toBe(false);
    await whole.close();
  }
});

it('goes on storing when a member dies in the middle of a put, and reads it all back without its drive', async () => {
  const directory = scratchDirectory();
  const host = new LocalHost(directory, [0, 1, 2, 3]);
  const array = await RaidArray.createOn(host, small);
  await array.put('before', bytesOf(300_000, 2));
  let chunks = 0;
  const source = async function* () {
    for (let at = 0; at < 3_000_000; at += 100_000) {
      if (chunks++ === 15) await host.cutOff(2);
      yield bytesOf(3_000_000, 3).subarray(at, at + 100_000);
    }
  };
  expect(await array.put('during', source())).toMatchObject({ degraded: true, bytes: 3_000_000 });
  expect(await array.put('after', bytesOf(200_000, 4))).toMatchObject({ degraded: true });
  expect(await array.status()).toMatchObject({ degraded: true, writable: true });
  const check = async (of: RaidArray) => {
    expect(Buffer.compare(await readAll(of, 'before'), bytesOf(300_000, 2))).toBe(0);
    expect(Buffer.compare(await readAll(of, 'during'), bytesOf(3_000_000, 3))).toBe(0);
    expect(Buffer.compare(await readAll(of, 'after'), bytesOf(200_000, 4))).toBe(0);
  };
  await check(array);
  await array.close();
  expect(host.pagesInUse).toBe(0);
  rmSync(host.drive(2), { recursive: true });
  const opened = await RaidArray.openOn(new LocalHost(directory, [0, 1, 2, 3]), {});
  await check(opened);
  await opened.close();
});

it('replaces, removes and lists', async () => {
  const host = new LocalHost(scratchDirectory(), [0, 1, 2, 3]);
  const array = await RaidArray.createOn(host, small);
  for (const key of ['b', 'a/2', 'a/1', 'ä', 'a']) await array.put(key, bytesOf(5000), { sha256: true });
  await array.put('a/1', bytesOf(70_000, 9));
  const keys = [];
  for await (const { key } of array.list()) keys.push(key);
  expect(keys).toEqual(['a', 'a/1', 'a/2', 'b', 'ä']);
  const some = [];
  for await (const { key, bytes } of array.list({ prefix: 'a/' })) some.push([key, bytes]);
  expect(some).toEqual([
    ['a/1', 70_000],
    ['a/2', 5000],
  ]);
  expect(await array.remove('a/1')).toBe(true);
  expect(await array.remove('a/1')).toBe(false);
  expect(await array.stat('a/1')).toBeUndefined();
  await expect(readAll(array, 'a/1')).rejects.toMatchObject({ code: 'HF_NO_OBJECT' });
  await array.close();
});
