import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const blockBytes = 4096;

it.each(['parity', 'mirror'] as const)(
  'has a change number that rises with every write and never goes back, over losses, returns and restarts: %s',
  async (technique) => {
    const directory = scratchDirectory();
    let host = new LocalHost(directory, four);
    let array = await RaidArray.createOn(host, smallShape);
    const gfid = await array.objects.create({ technique });
    let object = await array.objects.open(gfid);
    let last = -1n;
    const rises = async (label: string) => {
      const { change } = await object.stat();
      expect(change, label).toBeGreaterThan(last);
      expect((await object.stat()).change, `${label}, and nothing else`).toBe(change);
      last = change;
    };
    const write = (block: number, toughness: 0 | 1 | 2) =>
      object.write(block * blockBytes + 5, bytesOf(700, block), { toughness });
    await rises('made');
    for (const toughness of [0, 1, 2] as const) {
      for (let block = 0; block < 8; block++) {
        await write(block, toughness);
        await rises(`toughness ${toughness}`);
      }
    }
    await object.trim({ offset: 0, length: blockBytes });
    await rises('trim');
    for (const victim of [1, 3]) {
      const { allocatedBlocks } = await object.stat();
      await host.cutOff(victim);
      await write(100, 2);
      await rises(`without n${victim}`);
      // What lies on the member that is away counts.
      expect((await object.stat()).allocatedBlocks).toBeGreaterThan(allocatedBlocks);
      for (let block = 0; block < 8; block++) {
        await write(block, 2);
        await rises(`without n${victim}`);
      }
      host.bringBack(victim);
      while ((await array.status()).degraded) await new Promise((resolve) => setImmediate(resolve));
      await write(2, 1);
      await rises(`n${victim} is back`);
      await object.trim({ offset: 100 * blockBytes, length: blockBytes });
    }
    await write(1, 0);
    await rises('not hardened');
    await array.close();
    host = new LocalHost(directory, four);
    array = await RaidArray.openOn(host, {});
    object = await array.objects.open(gfid);
    await object.stat().then(({ change }) => expect(change).toBeGreaterThan(last));
    last = (await object.stat()).change;
    await write(1, 2);
    await rises('after a restart');
    await array.close();
  },
  60_000,
);

it('gives no id twice, and each opening and each life of a member a generation of its own', async () => {
  const directory = scratchDirectory();
  const gfids = new Set<string>();
  const generations: number[] = [];
  let made = 0;
  const make = async (array: RaidArray) => {
    const gfid = await array.objects.create({ technique: 'mirror' });
    const { generation } = await (await array.objects.open(gfid)).stat();
    expect(generation).toBe(Number.parseInt(gfid.slice(0, 8), 16));
    gfids.add(gfid);
    gfids.add((await array.put('k', bytesOf(10))).gfid);
    generations.push((await array.stat('k'))!.generation);
    made += 2;
  };
  const first = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
  await make(first);
  await first.close();
  for (const without of [[], ['n0'], [], ['n2'], []] as const) {
    const host = new LocalHost(directory, four);
    const array = await RaidArray.openOn(host, { without: [...without] });
    for (let round = 0; round < 3; round++) await make(array);
    await host.cutOff(without.includes('n2' as never) ? 2 : 1).catch(() => undefined);
    if (without.length === 0) {
      await make(array);
      host.bringBack(1);
      while ((await array.status()).degraded) await new Promise((resolve) => setImmediate(resolve));
      await make(array);
    }
    await array.close();
    // An opening that is cut off when it has reached some of the drives.
    const cut = new LocalHost(directory, four);
    let views = 0;
    cut.beforeRequest = (_member, request) => {
      if (request === 'setView' && views++ === 2) throw new Error('cut off');
    };
    await expect(RaidArray.openOn(cut, {})).rejects.toThrow();
    await cut.close();
  }
  expect(gfids.size).toBe(made);
  expect(new Set(generations).size).toBeGreaterThan(4);
}, 60_000);
