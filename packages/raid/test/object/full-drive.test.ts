import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import type { BlockObject } from '../../src/object/block-object.ts';
import { BoundedDrive } from '../support/bounded-drive.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, readAll, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const blockBytes = 4096;
const noSpace = { code: 'HF_NO_SPACE', retryable: true };

/** An array of four over drives whose room the test decides. */
class BoundedArray {
  readonly directory = scratchDirectory();
  readonly drives = new Map(four.map((member) => [member, new BoundedDrive()]));
  #host: LocalHost | undefined;

  get host(): LocalHost {
    this.#host ??= new LocalHost(this.directory, four, (drive, member) => this.drives.get(member)!.wrap(drive));
    return this.#host;
  }

  create(): Promise<RaidArray> {
    return RaidArray.createOn(this.host, smallShape);
  }

  open(): Promise<RaidArray> {
    this.#host = undefined;
    return RaidArray.openOn(this.host, {});
  }

  fill(): void {
    for (const drive of this.drives.values()) drive.fill();
  }

  free(): void {
    for (const drive of this.drives.values()) drive.capacity = Number.POSITIVE_INFINITY;
  }
}

/** What an object should hold, a seed for each of its blocks. */
class Blocks {
  readonly seeds = new Map<number, number>();

  async write(object: BlockObject, block: number, seed: number, toughness: 0 | 1 | 2 = 2): Promise<void> {
    await object.write(block * blockBytes, bytesOf(blockBytes, seed), { toughness });
    this.seeds.set(block, seed);
  }

  async check(object: BlockObject, label = ''): Promise<void> {
    for (const [block, seed] of this.seeds) {
      expect(await object.read(block * blockBytes, blockBytes), `${label} block ${block}`).toEqual(
        bytesOf(blockBytes, seed),
      );
    }
  }
}

/** Write new blocks until there is no room; how many were written. */
async function writeUntilFull(object: BlockObject, blocks: Blocks, from: number): Promise<number> {
  for (let block = from; ; block++) {
    try {
      await blocks.write(object, block, block + 1);
    } catch (error) {
      expect(error).toMatchObject(noSpace);
      return block - from;
    }
    if (block - from > 5000) throw new Error('the drives never fill up');
  }
}

it.each(['parity', 'mirror'] as const)(
  'refuses new blocks on full drives, and overwrites, trims and removes what is there: %s',
  async (technique) => {
    const bounded = new BoundedArray();
    const array = await bounded.create();
    const object = await array.objects.open(await array.objects.create({ technique }));
    const blocks = new Blocks();
    for (let block = 0; block < 12; block++) await blocks.write(object, block, block + 1);
    bounded.fill();
    const count = await writeUntilFull(object, blocks, 12);
    expect(count).toBeGreaterThan(0);
    await expect(array.put('whole', bytesOf(3_000_000))).rejects.toMatchObject(noSpace);
    // Many at a time, more than there are places kept, at all levels, and far more than the log has room for in one piece.
    for (let round = 0; round < 12; round++) {
      await Promise.all(
        [...blocks.seeds.keys()].map((block, at) =>
          blocks.write(object, block, 1000 * round + block, (at % 3) as 0 | 1 | 2),
        ),
      );
    }
    await object.sync();
    await blocks.check(object, 'overwritten');
    await expect(object.write((12 + count) * blockBytes, bytesOf(blockBytes))).rejects.toMatchObject(noSpace);
    await array.close();

    // A restart finds all of it, and is as full as before.
    const again = await bounded.open();
    const reopened = await again.objects.open(object.gfid);
    await blocks.check(reopened, 'after a restart');
    await blocks.write(reopened, 3, 77_777);
    await reopened.trim({ offset: 4 * blockBytes, length: 20 * blockBytes });
    for (let block = 4; block < 24; block++) blocks.seeds.delete(block);
    for (let block = 5; block < 10; block++) await blocks.write(reopened, block, 88_888 + block);
    await blocks.check(reopened, 'trimmed');
    await again.objects.remove(object.gfid);
    const next = await again.objects.open(await again.objects.create({ technique }));
    const nextBlocks = new Blocks();
    for (let block = 0; block < 12; block++) await nextBlocks.write(next, block, block);
    await nextBlocks.check(next, 'in the place of what was removed');
    bounded.free();
    await again.put('whole', bytesOf(3_000_000));
    expect(await readAll(again, 'whole')).toEqual(Buffer.from(bytesOf(3_000_000)));
    await again.close();
  },
  60_000,
);

it('writes what is reserved on full drives, also after a restart, and gives back what is released, trimmed or removed', async () => {
  const bounded = new BoundedArray();
  const array = await bounded.create();
  const [object, other] = await Promise.all([
    array.objects.open(await array.objects.create()),
    array.objects.open(await array.objects.create()),
  ]);
  const blocks = new Blocks();
  const others = new Blocks();
  for (let block = 0; block < 6; block++) await blocks.write(object, block, block + 1);
  await object.reserve(100);
  await object.reserve(50, { offset: 2 ** 35 });
  expect(await object.stat()).toMatchObject({ allocatedBlocks: 6, reservedBlocks: 150 });
  bounded.fill();
  await writeUntilFull(other, others, 0);
  // The half of it at once, the other half after a restart.
  const first = 2 ** 35 / blockBytes;
  await Promise.all(Array.from({ length: 60 }, (_, block) => blocks.write(object, block, block + 500)));
  await Promise.all(Array.from({ length: 20 }, (_, block) => blocks.write(object, first + block, block + 700)));
  await expect(object.write(200 * blockBytes, bytesOf(blockBytes))).rejects.toMatchObject(noSpace);
  await expect(object.reserve(100, { offset: 2 ** 36 })).rejects.toMatchObject(noSpace);
  await array.close();

  const again = await bounded.open();
  const [reopened, otherReopened] = await Promise.all([
    again.objects.open(object.gfid),
    again.objects.open(other.gfid),
  ]);
  await expect(otherReopened.write(2 ** 20, bytesOf(blockBytes))).rejects.toMatchObject(noSpace);
  await Promise.all(Array.from({ length: 40 }, (_, at) => blocks.write(reopened, at + 60, at + 900)));
  await Promise.all(Array.from({ length: 20 }, (_, at) => blocks.write(reopened, first + 20 + at, at + 1100)));
  await blocks.check(reopened);
  await others.check(otherReopened);
  await expect(otherReopened.write(2 ** 20, bytesOf(blockBytes))).rejects.toMatchObject(noSpace);
  // Ten are left: they go to who wants them.
  await reopened.release({ offset: 2 ** 35, length: 40 * blockBytes });
  expect(await reopened.stat()).toMatchObject({ reservedBlocks: 110 });
  await reopened.release();
  expect(await reopened.stat()).toMatchObject({ reservedBlocks: 0 });
  await blocks.check(reopened, 'released');
  expect(await writeUntilFull(otherReopened, others, 1000)).toBeGreaterThan(0);
  await again.close();
}, 60_000);

it('reserves nothing where one of the members has no room, and counts a range once', async () => {
  const bounded = new BoundedArray();
  const array = await bounded.create();
  const object = await array.objects.open(await array.objects.create());
  bounded.drives.get(2)!.fill();
  await expect(object.reserve(2000)).rejects.toMatchObject(noSpace);
  expect(await object.stat()).toMatchObject({ reservedBlocks: 0 });
  bounded.free();
  await object.reserve(20);
  await object.reserve(10, { offset: 5 * blockBytes });
  expect(await object.stat()).toMatchObject({ reservedBlocks: 20 });
  await object.truncate(4 * blockBytes);
  expect(await object.stat()).toMatchObject({ reservedBlocks: 4 });
  for (const [count, offset] of [
    [0, 0],
    [-1, 0],
    [1.5, 0],
    [2 ** 23, 0],
    [1, 100],
    [1, -4096],
    [1, 2 ** 44],
  ] as const) {
    await expect(object.reserve(count, { offset }), `${count} at ${offset}`).rejects.toMatchObject({
      code: expect.stringMatching(/HF_OBJECT_(OPTION|RANGE)/),
    });
  }
  await array.close();
});

/** A short run of everything that takes space; what was acknowledged of it. */
async function shortRun(
  array: RaidArray,
  gfid: string,
  wholes: Map<string, Uint8Array>,
  blocks: Blocks,
): Promise<string[]> {
  const refused: string[] = [];
  const attempt = async (name: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      expect(error, name).toMatchObject(noSpace);
      refused.push(name);
    }
  };
  const object = await array.objects.open(gfid);
  for (let step = 0; step < 12; step++) {
    const bytes = bytesOf(400_000, step);
    await attempt(`put ${step}`, async () => {
      await array.put(`whole ${step % 5}`, bytes);
      wholes.set(`whole ${step % 5}`, bytes);
    });
    await attempt(`write ${step}`, () =>
      Promise.all([0, 1, 2, 3].map((at) => blocks.write(object, 7 * step + at, step))),
    );
    await attempt(`overwrite ${step}`, () => blocks.write(object, 0, 100 + step));
    if (step % 4 === 1) await attempt(`reserve ${step}`, () => object.reserve(8, { offset: 2 ** 30 + step * 2 ** 20 }));
    if (step === 6) {
      await array.remove('whole 1');
      wholes.delete('whole 1');
    }
  }
  return refused;
}

it('goes on after each single growth of a file that finds the file system full, and has lost nothing', async () => {
  // How many growths there are, without a failure: then one array for each of them, on one of its drives.
  const growths = await (async () => {
    const bounded = new BoundedArray();
    const array = await bounded.create();
    const gfid = await array.objects.create();
    const before = bounded.drives.get(1)!.growths;
    await shortRun(array, gfid, new Map(), new Blocks());
    await array.close();
    return bounded.drives.get(1)!.growths - before;
  })();
  expect(growths).toBeGreaterThan(3);
  for (let at = 0; at < growths; at++) {
    const bounded = new BoundedArray();
    const array = await bounded.create();
    const gfid = await array.objects.create();
    const drive = bounded.drives.get(1)!;
    drive.failsAt = drive.growths + at;
    const wholes = new Map<string, Uint8Array>();
    const blocks = new Blocks();
    await shortRun(array, gfid, wholes, blocks);
    expect((await array.status()).degraded, `growth ${at}`).toBe(false);
    await array.close();
    const again = await bounded.open();
    for (const [key, bytes] of wholes) expect(await readAll(again, key), `growth ${at}`).toEqual(Buffer.from(bytes));
    await blocks.check(await again.objects.open(gfid), `growth ${at}`);
    await again.close();
  }
}, 120_000);
