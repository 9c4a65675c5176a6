import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, keysOf, smallGroupBytes, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const newArray = async (host = new LocalHost(scratchDirectory(), four)) => ({
  host,
  array: await RaidArray.createOn(host, smallShape),
});

const sizes = [0, 1, 4095, 4096, 4097, 12_288, smallGroupBytes - 1, smallGroupBytes, smallGroupBytes + 1, 3_000_001];

it('gives back objects of every size, healthy and with any one member gone, also after it is opened again', async () => {
  const directory = scratchDirectory();
  const { host, array } = await newArray(new LocalHost(directory, four));
  for (const size of sizes) {
    const stored = await array.put(`size/${size}`, bytesOf(size));
    expect(stored).toMatchObject({ bytes: size, degraded: false, groups: Math.ceil(size / smallGroupBytes) });
  }
  for (const size of sizes) expect(await verdict(array, `size/${size}`, bytesOf(size))).toBe('right');
  await array.close();
  expect(host.pagesInUse).toBe(0);

  for (const missing of four) {
    const opened = await RaidArray.openOn(new LocalHost(directory, four), { without: [`n${missing}`] });
    for (const size of sizes) expect(await verdict(opened, `size/${size}`, bytesOf(size))).toBe('right');
    await opened.close();
    // All of them together bring the one that was left out up to date again.
    const whole = await RaidArray.openOn(new LocalHost(directory, four), {});
    expect((await whole.status()).degraded).toBe(false);
    await whole.close();
  }
});

it.each([
  { data: 1, members: 3 },
  { data: 2, members: 5 },
  { data: 4, members: 5 },
  { data: 8, members: 9 },
  { data: 3, members: 8 },
])('keeps objects over $members members in groups of $data + 1, with any one gone', async ({ data, members }) => {
  const directory = scratchDirectory();
  const all = Array.from({ length: members }, (_, index) => index);
  const array = await RaidArray.createOn(new LocalHost(directory, all), { data, unitBlocks: 2, extentBlocks: 64 });
  for (const size of [1, 30_000, 400_000]) await array.put(`${size}`, bytesOf(size));
  await array.close();
  for (const missing of all) {
    const opened = await RaidArray.openOn(new LocalHost(directory, all), { without: [`n${missing}`] });
    for (const size of [1, 30_000, 400_000]) expect(await verdict(opened, `${size}`, bytesOf(size))).toBe('right');
    await opened.close();
    await (await RaidArray.openOn(new LocalHost(directory, all), {})).close();
  }
});

it('goes on storing when a member dies in the middle of a put, and reads it all back without its drive', async () => {
  const directory = scratchDirectory();
  const { host, array } = await newArray(new LocalHost(directory, four));
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
    expect(await verdict(of, 'before', bytesOf(300_000, 2))).toBe('right');
    expect(await verdict(of, 'during', bytesOf(3_000_000, 3))).toBe('right');
    expect(await verdict(of, 'after', bytesOf(200_000, 4))).toBe('right');
  };
  await check(array);
  await array.close();
  expect(host.pagesInUse).toBe(0);
  rmSync(host.drive(2), { recursive: true });
  const opened = await RaidArray.openOn(new LocalHost(directory, four), {});
  await check(opened);
  await opened.close();
});

it('avoids a dead member altogether when there are more members than a group is wide', async () => {
  const host = new LocalHost(scratchDirectory(), [0, 1, 2, 3, 4]);
  const array = await RaidArray.createOn(host, smallShape);
  await host.cutOff(1);
  expect(await array.put('k', bytesOf(500_000))).toMatchObject({ degraded: false });
  expect(await array.stat('k')).toMatchObject({ degraded: false, bytes: 500_000 });
  await array.close();
});

it('refuses to store when more members are gone than parity covers, and says who; reads what is whole', async () => {
  const { host, array } = await newArray();
  await array.put('wide', bytesOf(500_000));
  await host.cutOff(0);
  await array.put('degraded', bytesOf(100));
  await host.cutOff(3);
  const refusal = { code: 'HF_TOO_MANY_DOWN', members: { n0: expect.any(String), n3: expect.any(String) } };
  await expect(array.put('k', bytesOf(10))).rejects.toMatchObject(refusal);
  await expect(array.remove('wide')).rejects.toMatchObject(refusal);
  expect(await verdict(array, 'wide', bytesOf(500_000))).toBe('HF_OBJECT_LOST');
  expect(await array.status()).toMatchObject({ writable: false, degraded: true });
  await array.close();
});

it('replaces, removes and lists by the bytes of the keys', async () => {
  const { array } = await newArray();
  for (const key of ['b', 'a/2', 'a/1', 'ä', 'a', '\u{1f600}', '\uffee']) await array.put(key, bytesOf(5000));
  await array.put('a/1', bytesOf(70_000, 9));
  expect(await keysOf(array)).toEqual(['a', 'a/1', 'a/2', 'b', 'ä', '\uffee', '\u{1f600}']);
  expect(await keysOf(array, 'a/')).toEqual(['a/1', 'a/2']);
  expect(await verdict(array, 'a/1', bytesOf(70_000, 9))).toBe('right');
  expect(await array.remove('a/1')).toBe(true);
  expect(await array.remove('a/1')).toBe(false);
  expect(await array.stat('a/1')).toBeUndefined();
  expect(await verdict(array, 'a/1', bytesOf(0))).toBe('HF_NO_OBJECT');
  await array.close();
});

it('keeps the SHA-256 of the content when asked, and when it was stored', async () => {
  const { array } = await newArray();
  const sha256 = createHash('sha256').update(bytesOf(100_000)).digest('hex');
  const before = Date.now();
  expect(await array.put('k', bytesOf(100_000), { sha256: true })).toMatchObject({ sha256 });
  const stat = await array.stat('k');
  expect(stat).toMatchObject({ sha256, key: 'k', bytes: 100_000, degraded: false });
  expect(stat!.storedAt.getTime()).toBeGreaterThanOrEqual(before);
  await array.close();
});

it('gives a reader the object as it was when the reading began, though it is replaced and its space used again', async () => {
  const { array } = await newArray();
  await array.put('k', bytesOf(2_000_000, 1));
  const reading = array.get('k');
  const chunks = [(await reading.next()).value as Uint8Array];
  for (let round = 0; round < 5; round++) await array.put('k', bytesOf(2_000_000, 10 + round));
  for await (const chunk of reading) chunks.push(chunk);
  expect(Buffer.compare(Buffer.concat(chunks), bytesOf(2_000_000, 1))).toBe(0);
  expect(await verdict(array, 'k', bytesOf(2_000_000, 14))).toBe('right');
  await array.close();
});

it('gives the space of replaced and removed objects back', async () => {
  const { array } = await newArray();
  const used = async () => {
    const { members } = await array.status();
    return members.reduce((sum, { use }) => sum + (use?.blocksUsed ?? 0), 0);
  };
  await array.put('kept', bytesOf(smallGroupBytes));
  const one = await used();
  for (let round = 0; round < 10; round++) await array.put('kept', bytesOf(smallGroupBytes, round));
  await array.put('gone', bytesOf(1_000_000));
  await array.remove('gone');
  while ((await used()) !== one) await setImmediate();
  await array.close();
});

it('orders puts of one key as they were asked for, and runs puts of different keys side by side', async () => {
  const { array } = await newArray();
  const puts = Array.from({ length: 12 }, (_, index) => array.put('same', bytesOf(20_000, index)));
  const others = Array.from({ length: 40 }, (_, index) => array.put(`other/${index}`, bytesOf(index * 3000, index)));
  await Promise.all([...puts, ...others]);
  expect(await verdict(array, 'same', bytesOf(20_000, 11))).toBe('right');
  for (const index of others.keys()) {
    expect(await verdict(array, `other/${index}`, bytesOf(index * 3000, index))).toBe('right');
  }
  await array.close();
});

it('copies many objects at once from itself to itself without waiting for ever for pages', async () => {
  const { host, array } = await newArray(new LocalHost(scratchDirectory(), four, undefined, { pagesEach: 512 }));
  await array.put('original', bytesOf(1_500_000));
  await Promise.all(Array.from({ length: 30 }, (_, index) => array.put(`copy/${index}`, array.get('original'))));
  expect(await verdict(array, 'copy/29', bytesOf(1_500_000))).toBe('right');
  await array.close();
  expect(host.pagesInUse).toBe(0);
});

it('gives each chunk memory of its own, or, where the reader says so, the same again', async () => {
  const { array, host } = await newArray();
  const whole = bytesOf(3_000_001);
  await array.put('k', whole);
  const kept: Uint8Array[] = [];
  for await (const chunk of array.get('k')) kept.push(chunk);
  expect(Buffer.concat(kept).equals(whole)).toBe(true);
  expect(new Set(kept.map(({ buffer }) => buffer)).size).toBe(kept.length);

  const copies: Buffer[] = [];
  const memories = new Set<ArrayBufferLike>();
  for await (const chunk of array.get('k', { reuseChunks: true })) {
    copies.push(Buffer.from(chunk));
    memories.add(chunk.buffer);
  }
  expect(Buffer.concat(copies).equals(whole)).toBe(true);
  expect(memories.size).toBeLessThan(copies.length);
  await array.close();
  expect(host.pagesInUse).toBe(0);
});
