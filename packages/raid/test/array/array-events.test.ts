import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ArrayEvent } from '../../src/array/events.ts';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, readAll, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];

/** Resolves with the first event that fits, also one that was there before. */
class Heard {
  readonly all: ArrayEvent[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(array: RaidArray) {
    array.events$.subscribe((event) => {
      this.all.push(event);
      for (const look of this.#waiting) look();
    });
  }

  until(fits: (event: ArrayEvent) => boolean): Promise<ArrayEvent> {
    const found = Promise.withResolvers<ArrayEvent>();
    const look = () => {
      const event = this.all.find(fits);
      if (event === undefined) return;
      this.#waiting.delete(look);
      found.resolve(event);
    };
    this.#waiting.add(look);
    look();
    return found.promise;
  }
}

/** Flip a bit of every block of a drive that holds bytes with this beginning. */
function flipBlocks(drive: string, beginning: Uint8Array): number {
  const file = openSync(join(drive, 'blocks'), 'r+');
  const block = Buffer.alloc(4096);
  let flipped = 0;
  for (let at = 0; readSync(file, block, 0, 4096, at) === 4096; at += 4096) {
    if (block.compare(beginning, 0, 64, 0, 64) !== 0) continue;
    block[100]! ^= 1;
    writeSync(file, block, 0, 4096, at);
    flipped++;
  }
  closeSync(file);
  return flipped;
}

it('says who is gone, who stands in, and how a member that is back catches up', async () => {
  const host = new LocalHost(scratchDirectory(), four);
  const array = await RaidArray.createOn(host, smallShape);
  const heard = new Heard(array);
  const object = await array.objects.open(await array.objects.create());
  await object.write(0, bytesOf(100_000, 1));
  await array.put('whole', bytesOf(100_000, 2));
  await host.cutOff(2);
  expect(await heard.until(({ type }) => type === 'degraded')).toMatchObject({ node: 'n2', why: 'is down (killed)' });
  const proxy = await heard.until(({ type }) => type === 'proxy');
  expect(proxy).toEqual({
    type: 'proxy',
    node: 'n2',
    state: 'begun',
    by: ['n0', 'n1', 'n3'],
    epoch: expect.any(Number),
  });
  expect((await array.status()).epoch).toBe((proxy as { epoch: number }).epoch);
  await object.write(0, bytesOf(100_000, 3));
  await array.put('whole', bytesOf(100_000, 4));
  host.bringBack(2);
  await heard.until((event) => event.type === 'resyncing' && event.state === 'ended');
  await heard.until((event) => event.type === 'rebuilding' && event.state === 'ended');
  const story = heard.all.map((event) => `${event.type}${'state' in event ? ` ${event.state}` : ''}`);
  expect(story.filter((line) => line.startsWith('degraded') || line.startsWith('proxy'))).toEqual([
    'degraded',
    'proxy begun',
    'proxy ended',
  ]);
  expect(story.indexOf('proxy ended')).toBeLessThan(story.indexOf('resyncing ended'));
  expect(story.filter((line) => line.startsWith('resyncing'))).toEqual(['resyncing begun', 'resyncing ended']);
  expect(story.filter((line) => line.startsWith('rebuilding'))).toEqual(['rebuilding begun', 'rebuilding ended']);
  expect(await object.read(0, 100_000)).toEqual(bytesOf(100_000, 3));
  await array.close();
});

it('says what reading repaired, and what nothing restores, of objects of both kinds', async () => {
  const directory = scratchDirectory();
  const host = new LocalHost(directory, four);
  const array = await RaidArray.createOn(host, smallShape);
  const gfid = await array.objects.create();
  const bare = await array.objects.create({ technique: 'none' });
  const object = await array.objects.open(gfid);
  await object.write(0, bytesOf(4096, 7));
  await (await array.objects.open(bare)).write(0, bytesOf(4096, 8));
  await array.put('whole', bytesOf(4096, 9));
  await array.put('bare', bytesOf(4096, 10), { technique: 'none' });
  await array.close();
  for (const seed of [7, 8, 9, 10]) {
    const flips = four.map((member) => flipBlocks(host.drive(member), bytesOf(4096, seed)));
    expect(flips.reduce((sum, flipped) => sum + flipped, 0)).toBeGreaterThan(0);
    // A narrow group has its block a second time, as its parity: that one stays whole.
    const first = flips.findIndex((flipped) => flipped > 0);
    const copies = seed === 7 || seed === 9 ? four.slice(first + 1) : [];
    for (const member of copies) flipBlocks(host.drive(member), bytesOf(4096, seed));
  }
  const again = await RaidArray.openOn(new LocalHost(directory, four), {});
  const heard = new Heard(again);
  expect(await (await again.objects.open(gfid)).read(0, 4096)).toEqual(bytesOf(4096, 7));
  expect(await heard.until((event) => event.type === 'repaired' && event.key === gfid)).toMatchObject({ group: 0 });
  expect(await readAll(again, 'whole')).toEqual(Buffer.from(bytesOf(4096, 9)));
  await heard.until((event) => event.type === 'repaired' && event.key === 'whole');
  await expect((await again.objects.open(bare)).read(0, 4096)).rejects.toMatchObject({ code: 'HF_OBJECT_LOST' });
  expect(await heard.until((event) => event.type === 'lost' && event.key === bare)).toMatchObject({ groups: [0] });
  await expect(readAll(again, 'bare')).rejects.toMatchObject({ code: 'HF_OBJECT_LOST' });
  expect(await heard.until((event) => event.type === 'lost' && event.key === 'bare')).toMatchObject({ groups: [0] });
  await again.close();
});
