import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import type { DriveDirectory } from '../../src/drive/drive-files.ts';
import { faulty, systemError } from '../support/faulty-drive.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, keysOf, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];

async function newArray(wrap?: (directory: DriveDirectory, member: number) => DriveDirectory) {
  const host = new LocalHost(scratchDirectory(), four, wrap);
  return { host, array: await RaidArray.createOn(host, smallShape) };
}

const blocksUsed = async (array: RaidArray) =>
  (await array.status()).members.reduce((sum, { use }) => sum + (use?.blocksUsed ?? 0), 0);

it('takes chunks of any size, in an iterable or an async one', async () => {
  const { array } = await newArray();
  const whole = bytesOf(200_000);
  const cuts = [0, 0, 1, 4096, 4097, 100_000, 100_000, 199_999, 200_000];
  const chunks = cuts.slice(1).map((end, index) => whole.subarray(cuts[index], end));
  await array.put('iterable', chunks);
  await array.put(
    'async',
    (async function* () {
      yield* chunks;
    })(),
  );
  await array.put('nothing', []);
  expect(await verdict(array, 'iterable', whole)).toBe('right');
  expect(await verdict(array, 'async', whole)).toBe('right');
  expect(await verdict(array, 'nothing', new Uint8Array())).toBe('right');
  await array.close();
});

it('leaves nothing behind when the source fails, gives no bytes, or is none, and keeps the object that was there', async () => {
  const { host, array } = await newArray();
  await array.put('k', bytesOf(1000));
  const used = await blocksUsed(array);
  const failure = new Error('the disk of the source broke');
  const broken = async function* () {
    yield bytesOf(400_000);
    throw failure;
  };
  await expect(array.put('k', broken())).rejects.toBe(failure);
  const wrong = ['text', [1, 2, 3], 7, null, undefined] as unknown as Uint8Array[];
  for (const source of wrong) await expect(array.put('k', source)).rejects.toMatchObject({ code: 'HF_SOURCE' });
  expect(await verdict(array, 'k', bytesOf(1000))).toBe('right');
  expect(await blocksUsed(array)).toBe(used);
  await array.close();
  expect(host.pagesInUse).toBe(0);
});

it('stops when its signal says so, also while the source hangs, and tells the source to end', async () => {
  const { host, array } = await newArray();
  const used = await blocksUsed(array);
  const abort = new AbortController();
  let ended = false;
  const hanging = async function* () {
    try {
      yield bytesOf(300_000);
      abort.abort(new Error('enough'));
      await new Promise((resolve) => setTimeout(resolve, 1));
      yield bytesOf(300_000);
    } finally {
      ended = true;
    }
  };
  await expect(array.put('k', hanging(), { signal: abort.signal })).rejects.toThrow('enough');
  await expect(array.put('k', bytesOf(1), { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow(
    'before',
  );
  expect(await keysOf(array)).toEqual([]);
  expect(await blocksUsed(array)).toBe(used);
  await expect.poll(() => ended).toBe(true);
  await array.close();
  expect(host.pagesInUse).toBe(0);
});

it('says when a drive is full, shows nothing of the object, and goes on with smaller ones', async () => {
  const full = { member: -1 };
  const { host, array } = await newArray((directory, member) =>
    faulty(directory, (operation, file, bytes) => {
      // Only the growth of a block file writes that much at once.
      if (member === full.member && operation === 'write' && file === 'blocks' && bytes >= 200_000) {
        throw systemError('ENOSPC');
      }
    }),
  );
  await array.put('small', bytesOf(30_000));
  full.member = 2;
  await expect(array.put('large', bytesOf(3_000_000))).rejects.toMatchObject({ code: 'HF_NO_SPACE', retryable: true });
  expect(await keysOf(array)).toEqual(['small']);
  expect(await array.put('small', bytesOf(40_000, 2))).toMatchObject({ degraded: false });
  full.member = -1;
  await array.put('large', bytesOf(3_000_000));
  expect(await verdict(array, 'large', bytesOf(3_000_000))).toBe('right');
  await array.close();
  expect(host.pagesInUse).toBe(0);
});

it('goes on without a drive whose flush fails, and never asks that drive again', async () => {
  const broken = { member: -1, asked: 0 };
  const { array } = await newArray((directory, member) =>
    faulty(directory, (operation) => {
      if (member !== broken.member) return;
      broken.asked++;
      if (operation === 'flush') throw systemError('EIO');
    }),
  );
  await array.put('before', bytesOf(300_000));
  broken.member = 1;
  expect(await array.put('k', bytesOf(300_000, 2))).toMatchObject({ degraded: true });
  const asked = broken.asked;
  expect(await verdict(array, 'k', bytesOf(300_000, 2))).toBe('right');
  expect(await verdict(array, 'before', bytesOf(300_000))).toBe('right');
  expect(await array.put('after', bytesOf(300_000, 3))).toMatchObject({ degraded: true });
  expect(broken.asked).toBe(asked);
  expect((await array.status()).members[1]).toMatchObject({ state: 'down', why: expect.stringMatching(/stopped/) });
  await array.close();
});
