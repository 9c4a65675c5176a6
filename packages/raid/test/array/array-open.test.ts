import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, keysOf, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];

/** A closed array with one object, in a directory of its own. */
async function closedArray(members = four, shape = smallShape): Promise<string> {
  const directory = scratchDirectory();
  const array = await RaidArray.createOn(new LocalHost(directory, members), shape);
  await array.put('k', bytesOf(300_000));
  await array.close();
  return directory;
}

const open = (directory: string, options = {}, members = four) =>
  RaidArray.openOn(new LocalHost(directory, members), options);

const drive = (directory: string, member: number) => join(directory, `n${member}`);

it('refuses a directory where no array is, and one where an array or something else is', async () => {
  const directory = scratchDirectory();
  await expect(open(directory)).rejects.toMatchObject({ code: 'HF_NO_ARRAY' });
  const full = await closedArray();
  await expect(RaidArray.createOn(new LocalHost(full, four), smallShape)).rejects.toMatchObject({
    code: 'HF_ARRAY_EXISTS',
  });
  mkdirSync(drive(directory, 2), { recursive: true });
  writeFileSync(join(drive(directory, 2), 'holiday.jpg'), 'x');
  await expect(RaidArray.createOn(new LocalHost(directory, four), smallShape)).rejects.toMatchObject({
    code: 'HF_ARRAY_EXISTS',
  });
  expect(await verdict(await open(full), 'k', bytesOf(300_000))).toBe('right');
  expect(readdirSync(drive(directory, 2))).toEqual(['holiday.jpg']);
  // What the refused creation made on the other members is no obstacle to the next one.
  rmSync(join(drive(directory, 2), 'holiday.jpg'));
  const array = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
  await array.put('k', bytesOf(10));
  await array.close();
});

it.each([
  { data: 4 },
  { data: 0 },
  { data: 9 },
  { data: 2.5 },
  { unitBlocks: 65 },
  { extentBlocks: 65 },
  { parity: 2 },
  { color: 'red' },
])('refuses the shape %j on four members', async (shape) => {
  const host = new LocalHost(scratchDirectory(), four);
  const creating = RaidArray.createOn(host, shape as Parameters<typeof RaidArray.createOn>[1]);
  await expect(creating).rejects.toMatchObject({ code: 'HF_GEOMETRY' });
});

it('is used by one opener at a time, and free again when that one closes', async () => {
  const directory = await closedArray();
  const first = await open(directory);
  await expect(open(directory)).rejects.toMatchObject({ code: 'HF_DRIVE_IN_USE', retryable: true });
  expect(await verdict(first, 'k', bytesOf(300_000))).toBe('right');
  await first.close();
  await (await open(directory)).close();
});

it('opens degraded without any one drive: removed, emptied, a file in its place, or left out and untouched', async () => {
  const spoils: ((path: string) => void)[] = [
    (path) => rmSync(path, { recursive: true }),
    (path) => {
      rmSync(path, { recursive: true });
      mkdirSync(path);
    },
    (path) => {
      rmSync(path, { recursive: true });
      writeFileSync(path, 'not a directory');
    },
    (path) => rmSync(join(path, 'blocks')),
  ];
  for (const [index, spoil] of spoils.entries()) {
    const directory = await closedArray();
    spoil(drive(directory, index));
    const array = await open(directory);
    const status = await array.status();
    expect(status).toMatchObject({ degraded: true, writable: true });
    expect(status.members[index]).toMatchObject({ node: `n${index}`, state: 'down', why: expect.any(String) });
    expect(await verdict(array, 'k', bytesOf(300_000))).toBe('right');
    expect(await array.put('more', bytesOf(9000))).toMatchObject({ degraded: true });
    await array.close();
  }
  const directory = await closedArray();
  renameSync(join(drive(directory, 1), 'superblock'), join(directory, 'superblock of n1'));
  const left = await open(directory, { without: ['n1'] });
  expect(await verdict(left, 'k', bytesOf(300_000))).toBe('right');
  await left.close();
});

it('refuses to open when two drives are gone, naming them, and changes nothing', async () => {
  const directory = await closedArray();
  const aside = scratchDirectory();
  for (const member of [0, 3]) renameSync(drive(directory, member), drive(aside, member));
  await expect(open(directory)).rejects.toMatchObject({
    code: 'HF_TOO_MANY_DOWN',
    members: { n0: 'has no drive', n3: 'has no drive' },
  });
  for (const member of [0, 3]) renameSync(drive(aside, member), drive(directory, member));
  const array = await open(directory);
  expect((await array.status()).degraded).toBe(false);
  expect(await verdict(array, 'k', bytesOf(300_000))).toBe('right');
  await array.close();
});

it('refuses a drive of another array and a drive in the place of another', async () => {
  const directory = await closedArray();
  const other = await closedArray();
  const aside = scratchDirectory();
  renameSync(drive(directory, 2), drive(aside, 2));
  cpSync(drive(other, 2), drive(directory, 2), { recursive: true });
  await expect(open(directory)).rejects.toMatchObject({ code: 'HF_FOREIGN_DRIVE' });
  rmSync(drive(directory, 2), { recursive: true });
  cpSync(drive(directory, 1), drive(directory, 2), { recursive: true });
  await expect(open(directory)).rejects.toMatchObject({ code: 'HF_FOREIGN_DRIVE' });
  rmSync(drive(directory, 2), { recursive: true });
  renameSync(drive(aside, 2), drive(directory, 2));
  await (await open(directory)).close();
});

it('takes a drive back that was away, brings its records up to date, and never shows what it remembers wrongly', async () => {
  const directory = await closedArray();
  const before = await open(directory);
  for (const key of ['removed', 'replaced', 'kept']) await before.put(key, bytesOf(50_000, 1));
  await before.close();
  for (const away of four) {
    const without = await open(directory, { without: [`n${away}`] });
    await without.remove('removed');
    await without.put('replaced', bytesOf(60_000, 10 + away));
    await without.put(`new/${away}`, bytesOf(70_000, 20 + away));
    await without.close();
    const whole = await open(directory);
    expect(await whole.status()).toMatchObject({ degraded: false, writable: true });
    expect(await keysOf(whole)).not.toContain('removed');
    expect(await verdict(whole, 'replaced', bytesOf(60_000, 10 + away))).toBe('right');
    expect(await verdict(whole, 'kept', bytesOf(50_000, 1))).toBe('right');
    expect(await verdict(whole, `new/${away}`, bytesOf(70_000, 20 + away))).toBe('right');
    expect(await whole.stat(`new/${away}`)).toMatchObject({ degraded: true });
    await whole.put('removed', bytesOf(50_000, 1));
    await whole.close();
  }
});

it('refuses to open with one drive out of date and another one gone: together that is more than parity covers', async () => {
  const directory = await closedArray();
  const without = await open(directory, { without: ['n1'] });
  await without.put('k', bytesOf(40_000, 2));
  await without.close();
  await expect(open(directory, { without: ['n3'] })).rejects.toMatchObject({
    code: 'HF_TOO_MANY_DOWN',
    members: { n1: expect.stringMatching(/out of date/), n3: 'was left out' },
  });
  const whole = await open(directory);
  expect(await verdict(whole, 'k', bytesOf(40_000, 2))).toBe('right');
  await whole.close();
});

it('refuses one half of a mirror of two, which the other half may have outlived, unless told to accept that', async () => {
  const mirror = { data: 1, unitBlocks: 4, extentBlocks: 64 };
  const directory = await closedArray([0, 1], mirror);
  await expect(open(directory, { without: ['n0'] }, [0, 1])).rejects.toMatchObject({ code: 'HF_MAYBE_OLD' });
  const array = await open(directory, { without: ['n0'], acceptOld: true }, [0, 1]);
  expect(await verdict(array, 'k', bytesOf(300_000))).toBe('right');
  await array.close();
});

it('opens on a cluster that has more nodes than the array has members', async () => {
  const directory = await closedArray();
  const array = await open(directory, {}, [0, 1, 2, 3, 4, 5]);
  expect((await array.status()).members).toHaveLength(4);
  expect(await verdict(array, 'k', bytesOf(300_000))).toBe('right');
  await array.close();
  expect(existsSync(drive(directory, 5)) ? readdirSync(drive(directory, 5)) : []).toEqual([]);
});

it('answers every call after close with an error that says so', async () => {
  const array = await open(await closedArray());
  const reading = array.get('k');
  await reading.next();
  await Promise.all([array.close(), array.close()]);
  const calls = [
    () => array.put('a', bytesOf(1)),
    () => array.stat('k'),
    () => array.remove('k'),
    () => array.status(),
    () => array.get('k').next(),
    () => array.list().next(),
  ];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'HF_ARRAY_CLOSED' });
});

it('refuses when a member is lost on the way beside one that has not caught up, which may wait for it for ever', async () => {
  const directory = await closedArray();
  const degraded = await open(directory, { without: ['n1'] });
  const object = await degraded.objects.open(await degraded.objects.create());
  await object.write(0, bytesOf(100_000));
  await degraded.close();
  const host = new LocalHost(directory, four);
  host.beforeRequest = async (member, request) => {
    if (request !== 'decided' || member !== 1) return;
    await host.cutOff(3);
    await new Promise(() => undefined);
  };
  await expect(RaidArray.openOn(host, {})).rejects.toMatchObject({ code: 'HF_TOO_MANY_DOWN' });
});

it('refuses when a second member is lost on the way, though a third one waits for that one for ever', async () => {
  const directory = await closedArray();
  const host = new LocalHost(directory, four);
  host.beforeRequest = async (member, request) => {
    if (request !== 'decided' || member !== 2) return;
    await host.cutOff(3);
    await new Promise(() => undefined);
  };
  await expect(RaidArray.openOn(host, { without: ['n1'] })).rejects.toMatchObject({ code: 'HF_TOO_MANY_DOWN' });
  expect(await verdict(await open(directory), 'k', bytesOf(300_000))).toBe('right');
});
