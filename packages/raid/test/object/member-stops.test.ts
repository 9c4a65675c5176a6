import { describe, expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { randomNumbers } from '../../src/crash/crash-images.ts';
import { BlockOracle, type NotedWrite } from '../support/block-oracle.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
/** Another run: HOLDFAST_CRASH_SEED. */
const seed = Number(process.env.HOLDFAST_CRASH_SEED ?? 1);

const randomWrite = (random: (below: number) => number): NotedWrite => ({
  offset: random(40) * 4096 + (random(2) === 0 ? 0 : random(4000)),
  length: random(3) === 0 ? 4096 : 1 + random(9000),
  seed: random(1_000_000),
  toughness: 1 + random(2),
});

describe.each(['parity', 'mirror'] as const)('an object of technique %s', (technique) => {
  it.each(four)(
    'loses nothing and is written on when member %i stops between "delta sent" and "hardened"',
    async (member) => {
      const directory = scratchDirectory();
      const host = new LocalHost(directory, four);
      const array = await RaidArray.createOn(host, smallShape);
      const object = await array.objects.open(await array.objects.create({ technique }));
      const oracle = new BlockOracle();
      const random = randomNumbers(seed * four.length + member);
      const lane = async (writes: number) => {
        for (let index = 0; index < writes; index++) {
          const write = { ...randomWrite(random), toughness: 2 as const };
          oracle.begin(write);
          await object.write(write.offset, bytesOf(write.length, write.seed), { toughness: write.toughness });
          oracle.acked(write);
        }
      };
      await lane(30);
      const hold = await array.hold(`n${member}`, 'delta-sent');
      const writing = Promise.all([lane(10)]);
      // A member that has only parity never comes to that step: it is cut off all the same.
      await Promise.race([hold.reached, writing]);
      await host.cutOff(member);
      await writing;
      expect(await oracle.wrong(object)).toBeUndefined();
      await lane(30);
      expect(await oracle.wrong(object)).toBeUndefined();
      const { gfid } = object;
      await array.close();

      const again = await RaidArray.openOn(new LocalHost(directory, four), {});
      const reopened = await again.objects.open(gfid);
      expect(await oracle.wrong(reopened)).toBeUndefined();
      const last = { offset: 0, length: 160_000, seed: 7, toughness: 2 };
      oracle.begin(last);
      await reopened.write(0, bytesOf(160_000, 7));
      oracle.acked(last);
      expect(await oracle.wrong(reopened)).toBeUndefined();
      await again.close();

      // What was given up for the member at that opening is in its log now, and is read at the next.
      const third = await RaidArray.openOn(new LocalHost(directory, four), {});
      expect(await oracle.wrong(await third.objects.open(gfid))).toBeUndefined();
      await third.close();
    },
  );
});

it('syncs what is left when a member is lost meanwhile, and says with its verifier that it was', async () => {
  for (const victim of four) {
    const host = new LocalHost(scratchDirectory(), four);
    const array = await RaidArray.createOn(host, smallShape);
    const object = await array.objects.open(await array.objects.create());
    const { verifier } = await object.write(0, bytesOf(200_000, 1), { toughness: 1 });
    host.beforeRequest = (member, request) => {
      if (request === 'syncBlocks' && member === victim) void host.cutOff(victim);
    };
    expect((await object.sync()).verifier, `n${victim}`).not.toBe(verifier);
    expect(await object.read(0, 200_000), `n${victim}`).toEqual(bytesOf(200_000, 1));
    await array.close();
  }
});
