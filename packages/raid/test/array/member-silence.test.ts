import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const large = bytesOf(900_000, 1);
const small = bytesOf(5000, 2);

async function openArray() {
  const host = new LocalHost(scratchDirectory(), four);
  const array = await RaidArray.createOn(host, smallShape);
  await array.put('large', large);
  await array.put('small', small);
  return { host, array };
}

const keys = async (array: RaidArray): Promise<string[]> => {
  const listed: string[] = [];
  for await (const { key } of array.list()) listed.push(key);
  return listed;
};

/** Requests to these members are answered only after `goOn`; nothing here has a time-out. */
function freeze(host: LocalHost, ...members: number[]): () => void {
  const thaw = Promise.withResolvers<void>();
  host.beforeRequest = (member) => (members.includes(member) ? thaw.promise : undefined);
  return () => {
    host.beforeRequest = () => undefined;
    thaw.resolve();
  };
}

it.each(four)(
  'reads and lists round member %d while it is known to stand still, and counts it in again',
  async (member) => {
    const { host, array } = await openArray();
    const goOn = freeze(host, member);
    host.hush(member, true);
    expect(await verdict(array, 'large', large)).toBe('right');
    expect(await verdict(array, 'small', small)).toBe('right');
    expect(await keys(array)).toEqual(['large', 'small']);
    goOn();
    host.hush(member, false);
    expect(await array.put('after', small)).toMatchObject({ degraded: false });
    expect(await keys(array)).toEqual(['after', 'large', 'small']);
    await array.close();
    expect(host.pagesInUse).toBe(0);
  },
);

it.each(four)('gives up on what it asked of member %d as soon as that is known to stand still', async (member) => {
  const { host, array } = await openArray();
  const goOn = freeze(host, member);
  const reading = Promise.all([verdict(array, 'large', large), verdict(array, 'small', small), keys(array)]);
  // The requests are on their way: three members have answered theirs.
  await new Promise((resolve) => setImmediate(resolve));
  host.hush(member, true);
  expect(await reading).toEqual(['right', 'right', ['large', 'small']]);
  goOn();
  await array.close();
  expect(host.pagesInUse).toBe(0);
});

it('waits for a member that stands still when parity does not cover it too, and loses nothing by it', async () => {
  const { host, array } = await openArray();
  await host.cutOff(0);
  const goOn = freeze(host, 1);
  host.hush(1, true);
  let settled = false;
  const reading = Promise.all([verdict(array, 'large', large), keys(array)]).finally(() => {
    settled = true;
  });
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(settled).toBe(false);
  goOn();
  host.hush(1, false);
  expect(await reading).toEqual(['right', ['large', 'small']]);
  await array.close();
});

it('reads what neither needs while one member is down and the view waits for another that stands still', async () => {
  const six = [0, 1, 2, 3, 4, 5];
  const host = new LocalHost(scratchDirectory(), six);
  const array = await RaidArray.createOn(host, smallShape);
  const names = Array.from({ length: 40 }, (_, index) => `small ${index}`);
  for (const name of names) await array.put(name, small);
  const goOn = freeze(host, 1);
  host.hush(1, true);
  await host.cutOff(0);
  const read: string[] = [];
  const reading = names.map(async (name) => {
    expect(await verdict(array, name, small)).toBe('right');
    read.push(name);
  });
  let stored = false;
  const storing = array.put('after', small).then((object) => {
    stored = true;
    return object;
  });
  // Whoever does not need both has been read; nothing was stored, because the member has not recorded the view.
  await expect.poll(() => read.length).toBeGreaterThan(names.length / 4);
  expect(read.length).toBeLessThan(names.length);
  expect(stored).toBe(false);
  goOn();
  host.hush(1, false);
  await Promise.all(reading);
  expect(await storing).toMatchObject({ bytes: small.byteLength });
  await array.close();
  expect(host.pagesInUse).toBe(0);
});
