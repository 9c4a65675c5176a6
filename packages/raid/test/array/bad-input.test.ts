import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { lockDrive } from '../../src/drive/drive-lock.ts';
import { namesWaitingMax } from '../../src/limits.ts';
import { systemError } from '../support/faulty-drive.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, readAll, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

/*
 * What must be refused, with a code and with what to do, and nothing lost. Drives of a newer format and with rotten bytes:
 * store/hostile-bytes.test.ts; of another array, of an old epoch, missing, opened twice: array-open.test.ts.
 */
const four = [0, 1, 2, 3];
const refusal = (code: string) => ({ code, message: expect.stringMatching(/\. [A-Z].*\.$/s) });

const shared = mkdtempSync(join(tmpdir(), 'holdfast-raid-'));
let array: RaidArray;
let gfid: string;

beforeAll(async () => {
  array = await RaidArray.createOn(new LocalHost(shared, four), smallShape);
  gfid = await array.objects.create();
  await (await array.objects.open(gfid)).write(0, bytesOf(10_000, 1));
  await array.put('kept', bytesOf(10_000, 2));
});

afterAll(async () => {
  // Nothing of all that changed anything.
  expect(await (await array.objects.open(gfid)).read(0, 10_000)).toEqual(bytesOf(10_000, 1));
  expect(await readAll(array, 'kept')).toEqual(Buffer.from(bytesOf(10_000, 2)));
  expect((await array.status()).degraded).toBe(false);
  await array.close();
  rmSync(shared, { recursive: true });
});

it.each([
  ['beyond the greatest object', 2 ** 44, 1],
  ['across its end', 2 ** 44 - 1, 2],
  ['negative', -1, 1],
  ['of a fraction of a byte', 0.5, 1],
  ['of no number', Number.NaN, 1],
  ['infinite', Number.POSITIVE_INFINITY, 1],
])('an offset %s is refused by every call that takes one', async (_, offset, length) => {
  const object = await array.objects.open(gfid);
  const range = refusal('HF_OBJECT_RANGE');
  await expect(object.read(offset, length)).rejects.toMatchObject(range);
  await expect(object.write(offset, new Uint8Array(length))).rejects.toMatchObject(range);
  await expect(object.readv([{ offset, length }])).rejects.toMatchObject(range);
  await expect(object.writev([{ offset, bytes: new Uint8Array(length) }])).rejects.toMatchObject(range);
  await expect(object.trim({ offset, length })).rejects.toMatchObject(range);
  await expect(object.sync({ offset, length })).rejects.toMatchObject(range);
  await expect(object.release({ offset, length })).rejects.toMatchObject(range);
  expect(() => object.locate(offset, length)).toThrow(expect.objectContaining(range));
  if (offset + length !== 2 ** 44 + 1) await expect(object.truncate(offset)).rejects.toMatchObject(range);
});

it.each([-1, 0.5, Number.NaN, 2 ** 53])('a length of %s is refused', async (length) => {
  const object = await array.objects.open(gfid);
  await expect(object.read(0, length)).rejects.toMatchObject(refusal('HF_OBJECT_RANGE'));
  await expect(object.trim({ offset: 0, length })).rejects.toMatchObject(refusal('HF_OBJECT_RANGE'));
});

it.each([3, -1, 1.5, '2', Number.NaN])('toughness %s is refused', async (toughness) => {
  const object = await array.objects.open(gfid);
  const wrong = { toughness: toughness as 2 };
  await expect(object.write(0, new Uint8Array(1), wrong)).rejects.toMatchObject(refusal('HF_OBJECT_OPTION'));
  await expect(object.read(0, 1, { atLeast: toughness as 2 })).rejects.toMatchObject(refusal('HF_OBJECT_OPTION'));
});

it.each(['0000000900000001', '', 'x', '00000001000000010', '../../etc/passwd', 7, undefined])(
  'an id of no object, %s, is refused',
  async (id) => {
    const none = refusal('HF_NO_OBJECT');
    await expect(array.objects.open(id as string)).rejects.toMatchObject(none);
    expect(await array.objects.has(id as string)).toBe(false);
    expect(await array.objects.remove(id as string)).toBe(false);
    await expect(array.names.bind('name', id as string)).rejects.toMatchObject(none);
  },
);

it.each([
  ['of 4 KiB', 'x'.repeat(4096)],
  ['with NUL', 'a\0b'],
  ['that is empty', ''],
  ['that is a number', 7],
])('a key %s is refused, of objects and of names', async (_, given) => {
  const key = given as string;
  const bad = refusal('HF_BAD_KEY');
  await expect(array.put(key, bytesOf(10))).rejects.toMatchObject(bad);
  await expect(readAll(array, key)).rejects.toMatchObject(bad);
  await expect(array.stat(key)).rejects.toMatchObject(bad);
  await expect(array.remove(key)).rejects.toMatchObject(bad);
  await expect(array.change(key, 'mirror')).rejects.toMatchObject(bad);
  await expect(array.names.bind(key, gfid)).rejects.toMatchObject(bad);
  await expect(array.names.get(key)).rejects.toMatchObject(bad);
  await expect(array.names.rename('kept', key)).rejects.toMatchObject(bad);
});

it('more calls for names than may wait in one thread are refused, and the others answered', async () => {
  const calls = Array.from({ length: namesWaitingMax + 50 }, () => array.names.get('nothing'));
  const answers = await Promise.allSettled(calls);
  const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThanOrEqual(50);
  expect(refused[0]).toMatchObject({ ...refusal('HF_NAMES_BUSY'), retryable: true });
});

it('a drive that is read-only is gone around, and named; when all are, opening says so', async () => {
  const directory = scratchDirectory();
  const made = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
  await made.put('kept', bytesOf(50_000, 3));
  await made.close();
  const readOnly = (isReadOnly: (member: number) => boolean) =>
    new LocalHost(directory, four, (drive, member) => ({
      ...drive,
      open: async (name, options) => {
        if (isReadOnly(member)) throw systemError('EROFS');
        return drive.open(name, options);
      },
    }));
  const opened = await RaidArray.openOn(
    readOnly((member) => member === 2),
    {},
  );
  expect((await opened.status()).members[2]).toMatchObject({ state: 'down', why: expect.stringContaining('EROFS') });
  expect(await readAll(opened, 'kept')).toEqual(Buffer.from(bytesOf(50_000, 3)));
  await opened.close();
  await expect(
    RaidArray.openOn(
      readOnly(() => true),
      {},
    ),
  ).rejects.toMatchObject(refusal('HF_DRIVE_UNUSABLE'));
  const again = await RaidArray.openOn(new LocalHost(directory, four), {});
  expect(await readAll(again, 'kept')).toEqual(Buffer.from(bytesOf(50_000, 3)));
  await again.close();
});

it('a directory where no lock can lie is no drive that can be used', () => {
  const directory = scratchDirectory();
  mkdirSync(join(directory, 'lock'));
  expect(() => lockDrive(directory)).toThrow(expect.objectContaining(refusal('HF_DRIVE_UNUSABLE')));
  rmSync(directory, { recursive: true });
  expect(() => lockDrive(directory)).toThrow(expect.objectContaining(refusal('HF_DRIVE_UNUSABLE')));
});
