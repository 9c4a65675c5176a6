import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import type { Technique } from '../../src/layout/technique.ts';
import { LocalHost, localPools } from '../support/local-host.ts';
import { bytesOf, keysOf, readAll, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const six = [0, 1, 2, 3, 4, 5];
const shape = { ...smallShape, data: 3, parity: 2 } as const;
const techniques: readonly Technique[] = ['none', 'mirror', '1+2', '2+1', '5+1', '2+2', '3+2', '4+2'];
const sizes = [0, 1, 5000, 60_000, 210_001];
const pools = localPools(six);

const objects = new Map(
  techniques.flatMap((technique) =>
    sizes.map((bytes, index) => [`${technique} ${bytes}`, { technique, bytes: bytesOf(bytes, index + 1) }] as const),
  ),
);
const lossesOf = (technique: Technique) =>
  technique === 'none' ? 0 : technique === 'mirror' ? 1 : Number(technique[2]);

const hostAt = (directory: string) => new LocalHost(directory, six, undefined, { pools });

async function filledArray(directory: string): Promise<void> {
  const array = await RaidArray.createOn(hostAt(directory), shape);
  for (const [key, { technique, bytes }] of objects) {
    expect(await array.put(key, bytes, { technique })).toMatchObject({ technique, degraded: false });
  }
  await array.close();
}

/** Every object whose technique covers so many losses is read; of others what is said is right or lost, never wrong. */
async function expectCovered(array: RaidArray, lost: number): Promise<void> {
  expect(await keysOf(array)).toEqual([...objects.keys()].sort());
  for (const [key, { technique, bytes }] of objects) {
    const found = await verdict(array, key, bytes);
    if (lossesOf(technique) >= lost) expect([key, found]).toEqual([key, 'right']);
    else expect(['right', 'HF_OBJECT_LOST']).toContain(found);
  }
}

const pairs = six.flatMap((a) => six.filter((b) => b > a).map((b) => [a, b] as const));
/** Every member is in two or three of them. */
const somePairs = pairs.filter((_, index) => index % 2 === 0);

it('reads every object without any two drives its technique covers, and names what is lost of the others', async () => {
  const directory = scratchDirectory();
  await filledArray(directory);
  for (const pair of somePairs) {
    const array = await RaidArray.openOn(hostAt(directory), { without: pair.map((member) => `n${member}`) });
    expect(await array.status()).toMatchObject({ degraded: true, writable: true });
    await expectCovered(array, 2);
    await array.close();
    // Everybody comes back: otherwise these two would still be out of date when the next two are away.
    await (await RaidArray.openOn(hostAt(directory), {})).close();
  }
});

it('goes on while two members die, and refuses to store with a third one gone', async () => {
  const directory = scratchDirectory();
  await filledArray(directory);
  const host = hostAt(directory);
  const array = await RaidArray.openOn(host, {});
  await host.cutOff(4);
  await expectCovered(array, 1);
  await host.cutOff(1);
  await expectCovered(array, 2);
  expect(await array.put('after', bytesOf(100_000, 9), { technique: '4+2' })).toMatchObject({ degraded: true });
  expect(await array.put('narrow', bytesOf(100_000, 9), { technique: '2+2' })).toMatchObject({ degraded: false });
  await expect(array.put('wide', bytesOf(10), { technique: '5+1' })).rejects.toMatchObject({
    code: 'HF_TOO_MANY_DOWN',
    message: expect.stringContaining('5+1 covers 1 member'),
    members: { n1: expect.any(String), n4: expect.any(String) },
  });
  await host.cutOff(0);
  await expect(array.put('k', bytesOf(10))).rejects.toMatchObject({
    code: 'HF_TOO_MANY_DOWN',
    message: expect.stringContaining('covers 2 members'),
  });
  await expect(array.remove('after')).rejects.toMatchObject({ code: 'HF_TOO_MANY_DOWN' });
  await array.close();
  await expect(RaidArray.openOn(hostAt(directory), { without: ['n0', 'n1', 'n4'] })).rejects.toMatchObject({
    code: 'HF_TOO_MANY_DOWN',
  });
  // The two were away: their drives do not count until a third is known to be right.
  const again = await RaidArray.openOn(hostAt(directory), {});
  expect(await verdict(again, 'after', bytesOf(100_000, 9))).toBe('right');
  await again.close();
});

it.each(pairs.filter(([a, b]) => (a + b) % 3 === 0))(
  'a put goes on when members %d and %d die on the way',
  async (a, b) => {
    const host = hostAt(scratchDirectory());
    const array = await RaidArray.createOn(host, shape);
    const bytes = bytesOf(1_500_000, a * 7 + b);
    let stores = 0;
    host.beforeRequest = (_, request) => {
      if (request !== 'store') return;
      stores++;
      if (stores === 4) void host.cutOff(a);
      if (stores === 9) void host.cutOff(b);
    };
    expect(await array.put('k', bytes, { technique: '4+2' })).toMatchObject({ degraded: true });
    host.beforeRequest = () => undefined;
    expect(await verdict(array, 'k', bytes)).toBe('right');
    expect((await array.status()).epoch).toBe(3);
    await array.close();
    expect(host.pagesInUse).toBe(0);
  },
);

it('finds the newest version of every key, and none that was removed, whoever was away when', async () => {
  const directory = scratchDirectory();
  const host = hostAt(directory);
  const array = await RaidArray.createOn(host, shape);
  const keys = Array.from({ length: 12 }, (_, index) => `key ${index}`);
  for (const key of keys) await array.put(key, bytesOf(100, 0), { technique: '2+2' });
  await array.close();
  let version = 0;
  for (const [a, b] of somePairs) {
    version++;
    const degraded = await RaidArray.openOn(hostAt(directory), { without: [`n${a}`, `n${b}`] });
    for (const [index, key] of keys.entries()) {
      const before = bytesOf(100, index % 4 === 3 ? 0 : version - 1);
      if (index % 4 !== 3 || version === 1) expect([key, await verdict(degraded, key, before)]).toEqual([key, 'right']);
      if (index % 4 === 3) await degraded.remove(key);
      else await degraded.put(key, bytesOf(100, version), { technique: '2+2' });
    }
    await degraded.close();
    // All come back; those who were away have what they missed of the metadata.
    await (await RaidArray.openOn(hostAt(directory), {})).close();
  }
  const whole = await RaidArray.openOn(hostAt(directory), {});
  expect(await keysOf(whole)).toEqual(keys.filter((_, index) => index % 4 !== 3).sort());
  await whole.close();
});

it('keeps metadata in one copy more than the array can lose', async () => {
  const host = hostAt(scratchDirectory());
  const array = await RaidArray.createOn(host, shape);
  for (const technique of techniques) await array.put(technique, bytesOf(10), { technique });
  const copies = await Promise.all(
    techniques.map(async (key) => {
      const held = await Promise.all(six.map((member) => host.iom(member).versions(key)));
      return held.filter((records) => records.length > 0).length;
    }),
  );
  expect(copies).toEqual(techniques.map(() => 3));
  await array.close();
});

it('refuses techniques that do not exist, that need more nodes, or that cover more than the array can lose', async () => {
  const array = await RaidArray.createOn(hostAt(scratchDirectory()), shape);
  for (const technique of ['raid5', '9+1', '5+2', '6+1'] as Technique[]) {
    await expect(array.put('k', bytesOf(10), { technique })).rejects.toMatchObject({ code: 'HF_GEOMETRY' });
  }
  await array.close();
  const single = await RaidArray.createOn(hostAt(scratchDirectory()), { ...shape, parity: 1 });
  await expect(single.put('k', bytesOf(10), { technique: '2+2' })).rejects.toMatchObject({ code: 'HF_GEOMETRY' });
  await single.put('k', bytesOf(10), { technique: 'none' });
  expect(await single.stat('k')).toMatchObject({ technique: 'none' });
  expect(await keysOf(single)).toEqual(['k']);
  expect(await readAll(single, 'k')).toHaveLength(10);
  await single.close();
});

it('an object without parity is lost with its drive, which is said exactly, and nothing else', async () => {
  const host = hostAt(scratchDirectory());
  const array = await RaidArray.createOn(host, { ...shape, parity: 1 });
  await array.put('bare', bytesOf(300_000), { technique: 'none' });
  await array.put('kept', bytesOf(300_000));
  await host.cutOff(3);
  await expect(readAll(array, 'bare')).rejects.toMatchObject({
    code: 'HF_OBJECT_LOST',
    lost: expect.arrayContaining([
      expect.objectContaining({ slots: [expect.objectContaining({ node: 'n3', why: 'down' })] }),
    ]),
  });
  expect(await verdict(array, 'kept', bytesOf(300_000))).toBe('right');
  // What is stored now goes round it.
  expect(await array.put('bare', bytesOf(300_000), { technique: 'none' })).toMatchObject({ degraded: false });
  expect(await verdict(array, 'bare', bytesOf(300_000))).toBe('right');
  await array.close();
});
