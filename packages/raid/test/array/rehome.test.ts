import { expect, it } from 'vitest';
import type { ArrayEvent } from '../../src/array/events.ts';
import { RaidArray } from '../../src/array/raid-array.ts';
import type { IomPort } from '../../src/iom/iom-port.ts';
import type { Technique } from '../../src/layout/technique.ts';
import { LocalHost, localPools } from '../support/local-host.ts';
import { bytesOf, readAll, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const six = [0, 1, 2, 3, 4, 5];
const pools = localPools(six);
const hostAt = (directory: string) => new LocalHost(directory, six, undefined, { pools });
const sizes = [0, 1, 40_000, 250_001];
const techniques: readonly Technique[] = ['mirror', '2+1', '3+1', '4+1'];
const objects = new Map(
  techniques.flatMap((technique) =>
    sizes.map((bytes, index) => [`${technique} ${bytes}`, { technique, bytes: bytesOf(bytes, index + 3) }] as const),
  ),
);

async function filledArray(directory = scratchDirectory()) {
  const host = hostAt(directory);
  const array = await RaidArray.createOn(host, smallShape);
  for (const [key, { technique, bytes }] of objects) await array.put(key, bytes, { technique });
  return { host, array };
}

async function expectAll(array: RaidArray): Promise<void> {
  for (const [key, { bytes }] of objects) expect([key, await verdict(array, key, bytes)]).toEqual([key, 'right']);
}

const degradedKeys = async (array: RaidArray) => {
  const keys: string[] = [];
  for await (const { key, degraded } of array.list()) if (degraded) keys.push(key);
  return keys;
};

const blocksUsed = async (array: RaidArray) => (await array.status()).members.map(({ use }) => use?.blocksUsed ?? 0);

it.each([0, 5])('after what member %d held lies on others any second loss is survived', async (lost) => {
  const { host, array } = await filledArray();
  const events: ArrayEvent[] = [];
  array.events$.subscribe((event) => events.push(event));
  await host.cutOff(lost);
  expect(await degradedKeys(array)).toHaveLength(objects.size);
  const report = await array.rehome().done;
  expect(report).toMatchObject({ lost: [], lostGroups: 0 });
  expect(report.repairedSlots).toBeGreaterThan(0);
  expect(await degradedKeys(array)).toEqual([]);
  expect(events.filter(({ type }) => type === 'rebuilding')).toMatchObject([
    { node: `n${lost}`, state: 'begun' },
    { node: `n${lost}`, state: 'ended', repairedBytes: report.repairedBytes },
  ]);
  expect((await array.rehome().done).repairedSlots).toBe(0);
  expect(await array.scrub().done).toMatchObject({ repairedSlots: 0, lostGroups: 0 });
  await host.cutOff((lost + 2) % 6);
  await expectAll(array);
  await array.close();
  expect(host.pagesInUse).toBe(0);
});

it('goes on from one loss to the next while spans are wide enough, and gives back what returning drives held', async () => {
  const directory = scratchDirectory();
  const { array: first } = await filledArray(directory);
  await first.close();
  let host = hostAt(directory);
  let array = await RaidArray.openOn(host, {});
  await host.cutOff(1);
  await array.rehome().done;
  await array.close();
  // It stays away for another opening, in which another one is lost; that takes more than an array with parity 1 can lose.
  host = hostAt(directory);
  array = await RaidArray.openOn(host, { without: ['n1'] });
  await expectAll(array);
  expect(await degradedKeys(array)).toEqual([]);
  await array.close();
  // Back with all it held once: none of it counts, and all copies of metadata say the same.
  host = hostAt(directory);
  array = await RaidArray.openOn(host, {});
  for (const key of objects.keys()) {
    const held = await Promise.all(six.map((member) => host.iom(member).versions(key)));
    expect(new Set(held.flat().map(({ moved }) => String(moved))).size).toBe(1);
  }
  await expectAll(array);
  expect((await blocksUsed(array))[1]).toBe(0);
  expect(await array.put('new', bytesOf(90_000), { technique: '5+1' })).toMatchObject({ degraded: false });
  expect((await blocksUsed(array))[1]).toBeGreaterThan(0);
  await array.close();
  for (const lost of [0, 1, 4]) {
    host = hostAt(directory);
    array = await RaidArray.openOn(host, {});
    await host.cutOff(lost);
    await expectAll(array);
    await array.close();
    await (await RaidArray.openOn(hostAt(directory), {})).close();
  }
});

it('with two parities takes what two lost members held, at once or one after the other, and two more may go', async () => {
  for (const between of [false, true]) {
    const host = hostAt(scratchDirectory());
    const array = await RaidArray.createOn(host, { ...smallShape, data: 2, parity: 2 });
    for (const [key, { bytes }] of objects)
      await array.put(key, bytes, { technique: key.endsWith('1') ? '1+2' : '2+2' });
    await host.cutOff(4);
    if (between) await array.rehome().done;
    await host.cutOff(2);
    expect(await array.rehome().done).toMatchObject({ lostGroups: 0 });
    expect(await degradedKeys(array)).toEqual([]);
    // More than the array can lose, so that nothing is stored any more; all is read.
    await host.cutOff(0);
    await host.cutOff(5);
    await expectAll(array);
    await array.close();
  }
});

it('makes moved slots durable everywhere before the metadata says where they are', async () => {
  const host = hostAt(scratchDirectory());
  const array = await RaidArray.createOn(host, smallShape);
  await array.put('k', bytesOf(300_000));
  await host.cutOff(2);
  const requests: string[] = [];
  host.beforeRequest = (member, request) => {
    if (['store', 'harden', 'putObject'].includes(request)) requests.push(`${request} ${member}`);
  };
  await array.rehome().done;
  const stored = requests.findLastIndex((request) => request.startsWith('store'));
  const recorded = requests.findIndex((request) => request.startsWith('putObject'));
  const others = six.filter((member) => member !== 2);
  expect(stored).toBeGreaterThanOrEqual(0);
  expect(requests.slice(stored + 1, recorded).sort()).toEqual(others.map((member) => `harden ${member}`));
  await array.close();
});

it('leaves objects as they are whose span has no spare member, and says what is gone of others', async () => {
  const { host, array } = await filledArray();
  const wide = bytesOf(200_000, 77);
  await array.put('wide', wide, { technique: '5+1' });
  await array.put('bare', wide, { technique: 'none' });
  await host.cutOff(2);
  expect(await array.rehome().done).toMatchObject({ lost: [] });
  expect((await degradedKeys(array)).sort()).toEqual(['bare', 'wide']);
  expect(await verdict(array, 'wide', wide)).toBe('right');
  expect(await verdict(array, 'bare', wide)).toBe('HF_OBJECT_LOST');
  await array.close();
});

it('a put with substitutes is whole though a member dies on the way, where there is a spare one', async () => {
  const host = hostAt(scratchDirectory());
  const array = await RaidArray.createOn(host, smallShape);
  const bytes = bytesOf(900_000, 8);
  let stores = 0;
  host.beforeRequest = (_, request) => {
    if (request === 'store' && ++stores === 8) void host.cutOff(2);
  };
  expect(await array.put('k', bytes, { degraded: 'substitute' })).toMatchObject({ degraded: false, technique: '3+1' });
  host.beforeRequest = () => undefined;
  expect(await array.stat('k')).toMatchObject({ degraded: false });
  expect(await array.put('narrow', bytes, { degraded: 'substitute', technique: '5+1' })).toMatchObject({
    degraded: true,
  });
  await host.cutOff(5);
  expect(await verdict(array, 'k', bytes)).toBe('right');
  await array.close();
  expect(host.pagesInUse).toBe(0);
  const again = await RaidArray.openOn(hostAt(host.directory), { without: ['n0'] }).catch((error: unknown) => error);
  expect(again).toMatchObject({ code: 'HF_TOO_MANY_DOWN' });
});

it.each<[keyof IomPort, number]>([
  ['store', 9],
  ['putObject', 1],
  ['putObject', 9],
])('cut off at %s number %d every object is there, also with another drive away', async (request, nth) => {
  const directory = scratchDirectory();
  const { host, array } = await filledArray(directory);
  await host.cutOff(3);
  const stopped = Promise.withResolvers<void>();
  let served = 0;
  host.beforeRequest = (_, name) => {
    if (name !== request || served++ < nth) return undefined;
    host.beforeRequest = () => new Promise(() => undefined);
    stopped.resolve();
    return new Promise(() => undefined);
  };
  array.rehome().done.catch(() => undefined);
  await stopped.promise;
  await host.close();
  const without = await RaidArray.openOn(new LocalHost(directory, six), { without: ['n3'] });
  await expectAll(without);
  await without.rehome().done;
  expect(await degradedKeys(without)).toEqual([]);
  await without.close();
  const host2 = new LocalHost(directory, six);
  const whole = await RaidArray.openOn(host2, {});
  await host2.cutOff(nth % 3);
  for (const [key, { bytes }] of objects) expect(Buffer.compare(await readAll(whole, key), bytes)).toBe(0);
  await whole.close();
});
