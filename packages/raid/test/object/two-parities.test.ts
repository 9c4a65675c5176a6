import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import type { BlockObject } from '../../src/object/block-object.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const shape = { ...smallShape, data: 2, parity: 2 } as const;
const size = 40 * 4096;

async function isRight(object: BlockObject, expected: Uint8Array): Promise<boolean> {
  return Buffer.compare(await object.read(0, expected.length), expected) === 0;
}

/** Overwrite some parts, whole blocks and pieces of them. */
async function overwrite(object: BlockObject, expected: Uint8Array, seed: number): Promise<void> {
  for (const [at, length] of [
    [seed * 4096, 4096],
    [20_000 + seed * 100, 9000],
    [100_000, 300],
  ] as const) {
    const bytes = bytesOf(length, seed + at);
    expected.set(bytes, at);
    await object.write(at, bytes);
  }
}

const pairs = four.flatMap((one) => four.filter((other) => other > one).map((other) => [one, other] as const));

it.each(pairs)(
  'reads and overwrites with members %i and %i lost, and has all of it when they are back',
  async (one, other) => {
    const directory = scratchDirectory();
    const host = new LocalHost(directory, four);
    const array = await RaidArray.createOn(host, shape);
    const object = await array.objects.open(await array.objects.create({ technique: '2+2' }));
    const expected = bytesOf(size, 1);
    await object.write(0, expected);
    await host.cutOff(one);
    expect(await isRight(object, expected)).toBe(true);
    await overwrite(object, expected, 1);
    expect(await isRight(object, expected)).toBe(true);
    await host.cutOff(other);
    expect(await isRight(object, expected)).toBe(true);
    await overwrite(object, expected, 2);
    expect(await isRight(object, expected)).toBe(true);
    await array.close();

    const last = new LocalHost(directory, four);
    const again = await RaidArray.openOn(last, {});
    const reopened = await again.objects.open(object.gfid);
    expect(await isRight(reopened, expected)).toBe(true);
    await overwrite(reopened, expected, 3);
    for (const member of [one, other]) await again.rebuild(`n${member}`).done;
    const report = await again.scrub().done;
    expect(report).toMatchObject({ lost: [], repairedSlots: 0 });
    for (const member of four.filter((each) => each !== one && each !== other)) await last.cutOff(member);
    expect(await isRight(reopened, expected)).toBe(true);
    await again.close();
    expect(last.pagesInUse).toBe(0);
  },
);
