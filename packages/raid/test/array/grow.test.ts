import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import type { IomPort } from '../../src/iom/iom-port.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, keysOf, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const five = [...four, 4];
const keys = Array.from({ length: 40 }, (_, index) => `key ${index}`);
const content = (key: string) => bytesOf(200 + Number(key.slice(4)) * 1500, Number(key.slice(4)) + 1);

const filled = new Map<1 | 2, string>();

beforeAll(async () => {
  for (const parity of [1, 2] as const) {
    filled.set(parity, mkdtempSync(join(tmpdir(), 'holdfast-raid-')));
    await fillArray(filled.get(parity)!, parity);
  }
});
afterAll(() => {
  for (const directory of filled.values()) rmSync(directory, { recursive: true });
});

/** A copy of a closed array of its own. */
function arrayOfFour(parity: 1 | 2 = 1): string {
  const directory = scratchDirectory();
  cpSync(filled.get(parity)!, directory, { recursive: true });
  return directory;
}

/** Each quarter of the keys is stored while another member is away, so that homes of all ranks hold metadata. */
async function fillArray(directory: string, parity: 1 | 2): Promise<void> {
  const shape = { ...smallShape, data: 4 - parity, parity };
  await (await RaidArray.createOn(new LocalHost(directory, four), shape)).close();
  for (const away of four) {
    const array = await open(directory, { without: [`n${away}`] }, four);
    const technique = parity === 2 ? '1+2' : 'mirror';
    for (const key of keys) if (Number(key.slice(4)) % 4 === away) await array.put(key, content(key), { technique });
    await array.close();
    await (await open(directory, {}, four)).close();
  }
}

const open = (directory: string, options = {}, members = five) =>
  RaidArray.openOn(new LocalHost(directory, members), options);

async function expectKeys(array: RaidArray, expected = keys): Promise<void> {
  expect(await keysOf(array)).toEqual([...expected].sort());
  for (const key of expected) expect([key, await verdict(array, key, content(key))]).toEqual([key, 'right']);
}

const nodesOf = async (array: RaidArray) => (await array.status()).members.map(({ node }) => node);

it.each([1, 2] as const)(
  'grows by a node: new objects lie on it, old ones stay, any loss is covered (parity %d)',
  async (parity) => {
    const directory = arrayOfFour(parity);
    const array = await open(directory, { grow: ['n4'] });
    expect(await nodesOf(array)).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
    await expectKeys(array);
    const used = async () => (await array.status()).members[4]?.use?.blocksUsed ?? 0;
    expect(await used()).toBe(0);
    for (const key of keys.slice(0, 20)) await array.put(key, content(key));
    expect(await used()).toBeGreaterThan(0);
    expect(await array.put('wide', bytesOf(70_000), { technique: `${5 - parity}+${parity}` as '4+1' })).toMatchObject({
      degraded: false,
    });
    await array.remove('wide');
    await array.close();
    // No option is needed to open it from now on, and the node can be missed like any other.
    for (const lost of parity === 1 ? five : [1, 4]) {
      const host = new LocalHost(directory, five);
      const again = await RaidArray.openOn(host, {});
      await host.cutOff(lost);
      if (parity === 2) await host.cutOff((lost + 2) % 5);
      await expectKeys(again);
      await again.close();
      await (await open(directory)).close();
    }
  },
);

it('keeps what is removed and replaced gone, whoever held the metadata before it grew', async () => {
  const directory = arrayOfFour();
  const array = await open(directory, { grow: ['n4'] });
  const left = keys.filter((_, index) => index % 2 === 0);
  for (const key of keys) if (!left.includes(key)) await array.remove(key);
  for (const key of left) await array.put(key, content(key));
  await array.close();
  for (const without of five) {
    const again = await open(directory, { without: [`n${without}`] });
    await expectKeys(again, left);
    await again.close();
    await (await open(directory)).close();
  }
  const whole = await open(directory);
  expect((await whole.status()).reconciliation).toMatchObject({ objects: left.length, forgotten: 0, dropped: 0 });
  await whole.close();
});

it('keeps objects that are written in ranges, and spreads new ones over the new node too', async () => {
  const directory = arrayOfFour();
  const before = await open(directory);
  const gfid = await before.objects.create();
  await (await before.objects.open(gfid)).write(5000, bytesOf(50_000, 4));
  await before.close();
  const array = await open(directory, { grow: ['n4'] });
  const old = await array.objects.open(gfid);
  expect(Buffer.compare(await old.read(5000, 50_000), bytesOf(50_000, 4))).toBe(0);
  await old.write(9000, bytesOf(3000, 5));
  const fresh = await array.objects.open(await array.objects.create());
  await fresh.write(0, bytesOf(300_000, 6));
  expect(new Set(fresh.locate(0, 300_000).map(({ node }) => node))).toContain('n4');
  await array.close();
  const again = await open(directory, { without: ['n1'] });
  const reread = await again.objects.open(gfid);
  expect(Buffer.compare(await reread.read(9000, 3000), bytesOf(3000, 5))).toBe(0);
  const freshAgain = await again.objects.open(fresh.gfid);
  expect(Buffer.compare(await freshAgain.read(0, 300_000), bytesOf(300_000, 6))).toBe(0);
  await again.close();
});

it('moves the metadata that would not be looked for where it is', async () => {
  const array = await open(arrayOfFour(), { grow: ['n4'] });
  expect((await array.status()).reconciliation.recopied).toBeGreaterThan(0);
  await array.close();
});

/** Grow, and stop the world before the n-th request of a kind is served, or after it was. Whether it came to that. */
async function cutOffGrowth(directory: string, request: keyof IomPort, nth: number): Promise<boolean> {
  const host = new LocalHost(directory, five);
  const stopped = Promise.withResolvers<boolean>();
  let served = 0;
  host.beforeRequest = (_, name) => {
    if (name !== request || served++ < nth) return undefined;
    host.beforeRequest = () => new Promise(() => undefined);
    stopped.resolve(true);
    return new Promise(() => undefined);
  };
  RaidArray.openOn(host, { grow: ['n4'] }).then(
    () => stopped.resolve(false),
    () => stopped.resolve(false),
  );
  const cut = await stopped.promise;
  await host.close();
  return cut;
}

it.each<[keyof IomPort, number]>([
  ['create', 0],
  ['setView', 0],
  ['setView', 1],
  ['putObject', 0],
  ['forget', 0],
  ['forget', 2],
])(
  'is as it was or has grown when cut off at %s number %d, also with a drive that does not come back',
  async (request, nth) => {
    const directory = arrayOfFour();
    const cut = await cutOffGrowth(directory, request, nth);
    expect(cut).toBe(true);
    for (const missing of [nth % 4, 4]) {
      const without = await open(directory, { without: [`n${missing}`] });
      await expectKeys(without);
      await without.close();
      const whole = await open(directory);
      await expectKeys(whole);
      await whole.close();
    }
    const has = await open(directory);
    const grown = (await nodesOf(has)).length === 5;
    await has.close();
    if (!grown && existsSync(new LocalHost(directory, five).drive(4))) {
      rmSync(new LocalHost(directory, five).drive(4), { recursive: true });
    }
    const again = await open(directory, { grow: ['n4'] });
    expect(await nodesOf(again)).toHaveLength(5);
    await expectKeys(again);
    await again.close();
  },
);

it('does not grow while a drive is away or out of date, by a node that is not there, or onto files', async () => {
  const directory = arrayOfFour();
  await expect(open(directory, { grow: ['n4'], without: ['n1'] })).rejects.toMatchObject({
    code: 'HF_GEOMETRY',
    message: expect.stringContaining('n1 was left out'),
  });
  await (await open(directory, { without: ['n1'] })).close();
  await expect(open(directory, { grow: ['n4'] })).rejects.toMatchObject({ code: 'HF_GEOMETRY' });
  await (await open(directory)).close();
  await expect(open(directory, { grow: ['n7'] })).rejects.toMatchObject({ code: 'HF_GEOMETRY' });
  await expect(open(directory, { grow: ['n4'] }, four)).rejects.toMatchObject({ code: 'HF_GEOMETRY' });
  const array = await open(directory, { grow: ['n2'] });
  expect(await nodesOf(array)).toHaveLength(4);
  await expectKeys(array);
  await array.close();
});
