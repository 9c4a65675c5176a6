import { rmSync } from 'node:fs';
import { lastValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import type { ArrayEvent } from '../../src/array/events.ts';
import { RaidArray } from '../../src/array/raid-array.ts';
import { faulty, systemError } from '../support/faulty-drive.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, keysOf, smallGroupBytes, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
/** From nothing to several groups, with narrow last ones. */
const objects = new Map(
  [0, 1, 4096, 5000, 60_000, smallGroupBytes, 3 * smallGroupBytes + 4097].map((bytes, index) => [
    `object ${index}`,
    bytesOf(bytes, index + 1),
  ]),
);

async function filledArray(directory: string): Promise<void> {
  const array = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
  for (const [key, bytes] of objects) await array.put(key, bytes);
  await array.close();
}

async function expectAll(array: RaidArray, expected = objects): Promise<void> {
  for (const [key, bytes] of expected) expect([key, await verdict(array, key, bytes)]).toEqual([key, 'right']);
}

/** Whatever other member is lost, everything is there: each drive has all it should have. */
async function expectWhole(directory: string, but: number, expected = objects): Promise<void> {
  for (const other of four.filter((member) => member !== but)) {
    const host = new LocalHost(directory, four);
    const array = await RaidArray.openOn(host, {});
    await host.cutOff(other);
    await expectAll(array, expected);
    await array.close();
  }
}

it.each(four)('fills a new drive in the place of the wiped one of member %d', async (wiped) => {
  const directory = scratchDirectory();
  await filledArray(directory);
  const host = new LocalHost(directory, four);
  rmSync(host.drive(wiped), { recursive: true });
  const array = await RaidArray.openOn(host, { replace: [`n${wiped}`] });
  const events: ArrayEvent[] = [];
  array.events$.subscribe((event) => events.push(event));
  const rebuild = array.rebuild(`n${wiped}`);
  // It serves meanwhile.
  await expectAll(array);
  await array.put('meanwhile', bytesOf(70_000, 99));
  const { lost, repairedSlots, lostGroups } = await rebuild.done;
  expect({ lost, lostGroups }).toEqual({ lost: [], lostGroups: 0 });
  expect((await lastValueFrom(rebuild.progress$)).repairedSlots).toBe(repairedSlots);
  expect((await array.rebuild(`n${wiped}`).done).repairedSlots).toBe(0);
  expect(await verdict(array, 'meanwhile', bytesOf(70_000, 99))).toBe('right');
  const node = `n${wiped}`;
  expect(events.filter(({ type }) => type === 'rebuilding').slice(0, 2)).toMatchObject([
    { node, state: 'begun', repairedBytes: 0 },
    { node, state: 'ended', repairedBytes: expect.any(Number) },
  ]);
  await array.remove('meanwhile');
  await array.close();
  expect(host.pagesInUse).toBe(0);
  await expectWhole(directory, wiped);
  rmSync(directory, { recursive: true });
});

it('brings a member up to date that missed puts, replacements and removals, and counts it in again', async () => {
  const directory = scratchDirectory();
  await filledArray(directory);
  const without = await RaidArray.openOn(new LocalHost(directory, four), { without: ['n1'] });
  const replaced = bytesOf(2 * smallGroupBytes, 44);
  await without.put('object 4', replaced);
  await without.put('gone', bytesOf(9000));
  await without.remove('gone');
  expect(await without.stat('object 4')).toMatchObject({ degraded: true });
  await without.close();
  const array = await RaidArray.openOn(new LocalHost(directory, four), {});
  expect(await array.stat('object 4')).toMatchObject({ degraded: true });
  expect(await array.rebuild('n1').done).toMatchObject({ lostGroups: 0 });
  expect(await array.stat('object 4')).toMatchObject({ degraded: false });
  expect(await keysOf(array)).not.toContain('gone');
  await array.close();
  await expectWhole(directory, 1, new Map([...objects, ['object 4', replaced]]));
  rmSync(directory, { recursive: true });
});

it('goes on where it was stopped, and stops when the array is closed', async () => {
  const directory = scratchDirectory();
  await filledArray(directory);
  const host = new LocalHost(directory, four);
  rmSync(host.drive(3), { recursive: true });
  const array = await RaidArray.openOn(host, { replace: ['n3'] });
  const stop = new AbortController();
  const cut = array.rebuild('n3', { signal: stop.signal });
  cut.progress$.subscribe({
    next: ({ repairedSlots }) => repairedSlots >= 3 && stop.abort(),
    error: () => undefined,
  });
  await expect(cut.done).rejects.toMatchObject({ name: 'AbortError' });
  const rest = await array.rebuild('n3').done;
  const whole = rest.groups;
  expect(rest.repairedSlots).toBeGreaterThan(0);
  expect(rest.repairedSlots).toBeLessThan(whole);
  const closing = array.rebuild('n3', { bytesPerSecondMax: 65_536 });
  await array.close();
  await expect(closing.done).rejects.toMatchObject({ code: 'HF_ARRAY_CLOSED' });
  await expectWhole(directory, 3);
  rmSync(directory, { recursive: true });
});

it('says exactly what it cannot bring back, and brings back the rest', async () => {
  const directory = scratchDirectory();
  await filledArray(directory);
  const host = new LocalHost(directory, four);
  rmSync(host.drive(0), { recursive: true });
  const array = await RaidArray.openOn(host, { replace: ['n0'] });
  await host.cutOff(1);
  const report = await array.rebuild('n0').done;
  const named = new Set(report.lost.map(({ key }) => key));
  expect(report.lostGroups).toBeGreaterThan(0);
  for (const [key, bytes] of objects) {
    expect([key, await verdict(array, key, bytes)]).toEqual([key, named.has(key) ? 'HF_OBJECT_LOST' : 'right']);
  }
  await array.close();
  rmSync(directory, { recursive: true });
});

it('refuses nodes that are down or unknown, and options that make no sense', async () => {
  const host = new LocalHost(scratchDirectory(), four);
  const array = await RaidArray.createOn(host, smallShape);
  await host.cutOff(2);
  expect(() => array.rebuild('n2')).toThrow(expect.objectContaining({ code: 'HF_UNKNOWN_NODE' }));
  expect(() => array.rebuild('n9')).toThrow(expect.objectContaining({ code: 'HF_UNKNOWN_NODE' }));
  expect(() => array.scrub({ bytesPerSecondMax: 1 })).toThrow(expect.objectContaining({ code: 'HF_GEOMETRY' }));
  await array.close();
  expect(() => array.scrub()).toThrow(expect.objectContaining({ code: 'HF_ARRAY_CLOSED' }));
});

it('makes a new drive again whose making was cut off, wherever that was', async () => {
  const directory = scratchDirectory();
  await filledArray(directory);
  const wiped = 1;
  for (let cut = 1, reached = true; reached; cut++) {
    rmSync(new LocalHost(directory, four).drive(wiped), { recursive: true, force: true });
    let operations = 0;
    const host = new LocalHost(directory, four, (drive, member) =>
      faulty(drive, () => {
        if (member === wiped && ++operations >= cut) throw systemError('EIO');
      }),
    );
    const replace = [`n${wiped}`];
    await RaidArray.openOn(host, { replace }).then(
      (array) => array.close(),
      () => undefined,
    );
    reached = operations >= cut && cut < 12;
    const array = await RaidArray.openOn(new LocalHost(directory, four), { replace });
    expect((await array.rebuild(`n${wiped}`).done).lost, `cut off at ${cut}`).toEqual([]);
    await array.close();
  }
});
