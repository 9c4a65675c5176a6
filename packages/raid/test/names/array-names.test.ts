import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { ArrayNames } from '../../src/names/array-names.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const create = async () => RaidArray.createOn(new LocalHost(scratchDirectory(), four), smallShape);

it('binds, finds, renames, lists and unbinds names, and still knows them when the array is opened again', async () => {
  const directory = scratchDirectory();
  const array = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
  const { names, objects } = array;
  const [one, other] = [await objects.create({ technique: 'mirror' }), await objects.create()];
  expect(await names.get('a/one')).toBeUndefined();
  expect(await names.bind('a/one', one)).toBeUndefined();
  expect(await names.bind('a/one', one)).toBe(one);
  await names.bind('b/é', other);
  await expect(names.bind('b/é', one)).rejects.toMatchObject({ code: 'HF_NAME_TAKEN', gfid: other });
  expect(await names.bind('b/é', one, { replace: true })).toBe(other);
  expect(await names.rename('a/one', 'a/two')).toBe(one);
  expect(await names.get('a/one')).toBeUndefined();
  await expect(names.rename('a/one', 'a/three')).rejects.toMatchObject({ code: 'HF_NO_NAME' });
  await expect(names.rename('a/two', 'b/é')).rejects.toMatchObject({ code: 'HF_NAME_TAKEN' });
  await names.bind('a/ten', other);
  expect(await names.unbind('a/nothing')).toBeUndefined();
  await array.close();
  await expect(names.get('a/two')).rejects.toMatchObject({ code: 'HF_ARRAY_CLOSED' });

  const again = await RaidArray.openOn(new LocalHost(directory, four), {});
  expect(await again.names.list()).toEqual([
    { key: 'a/ten', gfid: other },
    { key: 'a/two', gfid: one },
    { key: 'b/é', gfid: one },
  ]);
  expect(await again.names.list({ prefix: 'a/' })).toHaveLength(2);
  expect(await again.names.unbind('a/ten')).toBe(other);
  expect(await again.names.rename('a/two', 'b/é', { replace: true })).toBe(one);
  expect(await again.names.list()).toEqual([{ key: 'b/é', gfid: one }]);
  await again.close();
});

it('refuses keys that cannot be, objects that are not there, and its own object as one of them', async () => {
  const array = await create();
  const { names, objects } = array;
  const gfid = await objects.create();
  for (const key of ['', 'a\0b', 'k'.repeat(4096), 'é'.repeat(600), '\ud800', 7 as never, undefined as never]) {
    const refused = { code: 'HF_BAD_KEY' };
    await expect(names.bind(key, gfid), String(key).slice(0, 10)).rejects.toMatchObject(refused);
    await expect(names.rename('a', key)).rejects.toMatchObject(refused);
    await expect(names.remove(key)).rejects.toMatchObject(refused);
    await expect(names.get(key)).rejects.toMatchObject(refused);
  }
  for (const none of ['', 'x', '0000000000000001', '00000001000000ff', 12 as never, undefined as never]) {
    await expect(names.bind('a', none), String(none)).rejects.toMatchObject({ code: 'HF_NO_OBJECT' });
    await expect(objects.open(none)).rejects.toMatchObject({ code: 'HF_NO_OBJECT' });
    expect(await objects.remove(none)).toBe(false);
  }
  const longest = 'n'.repeat(1024);
  await names.bind(longest, gfid);
  await names.rename(longest, 'm'.repeat(1024));
  expect(await names.list()).toEqual([{ key: 'm'.repeat(1024), gfid }]);
  await expect(names.bind('late', gfid, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  await array.close();
});

it('lets one of many callers win a name, and loses no change of any of them', async () => {
  const array = await create();
  const callers = [array.names, new ArrayNames(array.objects), new ArrayNames(array.objects)];
  const objects = await Promise.all(callers.map(() => array.objects.create({ technique: 'mirror' })));
  const wanted = Array.from({ length: 12 }, (_, index) => `name ${index}`);
  const won = await Promise.all(
    wanted.map(async (key) => {
      const answers = await Promise.allSettled(callers.map((names, caller) => names.bind(key, objects[caller]!)));
      const winners = answers.flatMap(({ status }, caller) => (status === 'fulfilled' ? [objects[caller]] : []));
      expect(winners, key).toHaveLength(1);
      return winners[0];
    }),
  );
  await Promise.all(wanted.map((key, index) => callers[index % 3]!.rename(key, `moved ${key}`)));
  for (const names of callers) {
    for (const [index, key] of wanted.entries()) expect(await names.get(`moved ${key}`)).toBe(won[index]);
    expect(await names.list()).toHaveLength(wanted.length);
  }
  await array.close();
});

it('removes an object with its last name, and frees what a crash left to be freed at the next opening', async () => {
  const directory = scratchDirectory();
  const host = new LocalHost(directory, four);
  const array = await RaidArray.createOn(host, smallShape);
  const { names, objects } = array;
  const gfid = await objects.create();
  await (await objects.open(gfid)).write(0, bytesOf(100_000));
  await names.bind('one', gfid);
  await names.bind('other', gfid);
  expect(await names.remove('one')).toBe(gfid);
  expect(await names.sweep()).toBe(0);
  expect(await objects.has(gfid)).toBe(true);
  await expect(names.bind('third', gfid)).rejects.toMatchObject({ code: 'HF_NO_OBJECT' });
  // The metadata cannot be let go of any more: the process dies between the name and the object.
  host.beforeRequest = (_, request) => {
    if (request === 'forget') throw new Error('killed');
  };
  expect(await names.remove('other')).toBe(gfid);
  await expect(names.sweep()).rejects.toThrow('killed');
  expect(await objects.has(gfid)).toBe(true);
  await array.close();

  const again = await RaidArray.openOn(new LocalHost(directory, four), {});
  await again.names.sweep();
  expect(await again.objects.has(gfid)).toBe(false);
  expect(await again.names.list()).toEqual([]);
  expect(await again.names.sweep()).toBe(0);
  await again.close();
});

it('goes on when a member is lost in the middle of a change, and knows all names without it', async () => {
  for (const victim of four) {
    const host = new LocalHost(scratchDirectory(), four);
    const array = await RaidArray.createOn(host, smallShape);
    const gfid = await array.objects.create({ technique: 'mirror' });
    await array.names.bind('before', gfid);
    let writes = 0;
    host.beforeRequest = (member, request) => {
      if (request === 'writeBlocks' && ++writes === 2 && member !== victim) void host.cutOff(victim);
    };
    const keys = Array.from({ length: 6 }, (_, index) => `name ${index}`);
    for (const key of keys) await array.names.bind(key, gfid);
    const other = new ArrayNames(array.objects);
    expect(
      (await other.list()).map(({ key }) => key),
      `without n${victim}`,
    ).toEqual(['before', ...keys]);
    await array.close();
  }
});
