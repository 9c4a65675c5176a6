import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { randomNumbers } from '../../src/crash/crash-images.ts';
import { memoryDrive } from '../../src/crash/memory-drive.ts';
import type { SparseBytes } from '../../src/crash/sparse-bytes.ts';
import type { BlockObject } from '../../src/object/block-object.ts';
import { LocalHost, localPools } from '../support/local-host.ts';
import { bytesOf, smallShape } from '../support/objects.ts';

const four = [0, 1, 2, 3];
const shape = { ...smallShape, data: 2, parity: 2 } as const;
const runs = Number(process.env.HOLDFAST_ORDER_RUNS ?? 16);
const firstSeed = Number(process.env.HOLDFAST_ORDER_SEED ?? 1);
const pools = localPools(four);

async function isRight(object: BlockObject, expected: Uint8Array): Promise<boolean> {
  return Buffer.compare(await object.read(0, expected.length), expected) === 0;
}

async function overwrite(object: BlockObject, expected: Uint8Array, turn: number): Promise<void> {
  for (const [at, length] of [
    [turn * 4096, 4096],
    [20_000 + turn * 100, 9000],
    [100_000, 300],
  ] as const) {
    const bytes = bytesOf(length, turn + at);
    expected.set(bytes, at);
    await object.write(at, bytes);
  }
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await setImmediate();
};

/** Lose two members one after the other, and have both back at once; what is slow, and how slow, follows from the seed. */
async function loseTwo(seed: number): Promise<void> {
  const random = randomNumbers(seed);
  const slowest = random(6) * random(6);
  const linkSlowest = 1 + random(8);
  const files = new Map(four.map((member) => [member, new Map<string, SparseBytes>()]));
  const host = () => {
    const made = new LocalHost('any order', four, undefined, {
      pools,
      openDrive: (member) => memoryDrive(`drive ${member}`, files.get(member), () => turns(random(2 + slowest))),
      linkTurns: () => 1 + random(linkSlowest),
    });
    made.beforeRequest = () => turns(random(3) === 0 ? random(10) : 0);
    return made;
  };
  const one = random(4);
  const other = (one + 1 + random(3)) % 4;
  const first = host();
  const array = await RaidArray.createOn(first, shape);
  const object = await array.objects.open(await array.objects.create({ technique: '2+2' }));
  const expected = bytesOf(40 * 4096, seed);
  await object.write(0, expected);
  for (const [turn, member] of [one, other].entries()) {
    await first.cutOff(member);
    expect(await isRight(object, expected)).toBe(true);
    await overwrite(object, expected, turn + 1);
    expect(await isRight(object, expected)).toBe(true);
  }
  await array.close();

  const second = host();
  const again = await RaidArray.openOn(second, {});
  const reopened = await again.objects.open(object.gfid);
  expect(await isRight(reopened, expected)).toBe(true);
  await overwrite(reopened, expected, 3);
  for (const member of [one, other]) await again.rebuild(`n${member}`).done;
  expect(await again.scrub().done).toMatchObject({ lost: [], repairedSlots: 0 });
  for (const member of four) if (member !== one && member !== other) await second.cutOff(member);
  expect(await isRight(reopened, expected)).toBe(true);
  await again.close();
  expect(second.pagesInUse).toBe(0);
}

/*
 * Messages between members, operations on drives and requests take as many turns of the loop as the seed says. Of the first
 * 24 seeds 18 did not end within 8 s, or lost a drive to a message taken for impossible, when this was written.
 */
it.each(Array.from({ length: runs }, (_, run) => firstSeed + run))(
  'whatever comes first, two lost members are overwritten and come back: seed %i',
  loseTwo,
);
