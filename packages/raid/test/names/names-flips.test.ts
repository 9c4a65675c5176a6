import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { randomNumbers } from '../../src/crash/crash-images.ts';
import { blockBytes } from '../../src/limits.ts';
import { LocalHost, localPools } from '../support/local-host.ts';
import { smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const seed = Number(process.env.HOLDFAST_CRASH_SEED ?? 1);

/** An array with names enough for some blocks of their log, closed. */
async function namedArray(): Promise<{ readonly path: string; readonly names: readonly unknown[] }> {
  const path = scratchDirectory();
  const array = await RaidArray.createOn(new LocalHost(path, four), smallShape);
  const gfid = await array.objects.create();
  for (let index = 0; index < 100; index++) await array.names.bind(`name-${index}-${'x'.repeat(90)}`, gfid);
  for (let index = 0; index < 100; index += 3) await array.names.unbind(`name-${index}-${'x'.repeat(90)}`);
  const names = await array.names.list();
  await array.close();
  return { path, names };
}

interface Place {
  readonly file: string;
  readonly at: number;
}

/** Where on the drives the blocks of the log and its header lie, by content: both copies of a block are equal. */
function copiesOnDrives(path: string): Place[][] {
  const copies = new Map<string, Place[]>();
  for (const drive of readdirSync(path)) {
    const file = join(path, drive, 'blocks');
    const bytes = readFileSync(file);
    for (let at = 0; at < bytes.byteLength; at += blockBytes) {
      const block = bytes.subarray(at, at + blockBytes);
      if (!block.includes('HFNM') && !block.includes('name-')) continue;
      const content = block.toString('latin1');
      copies.set(content, [...(copies.get(content) ?? []), { file, at }]);
    }
  }
  return [...copies.values()].filter((places) => places.length === 2);
}

function flip({ file, at }: Place, byte: number, bits: number): void {
  const bytes = readFileSync(file);
  bytes[at + byte]! ^= bits;
  writeFileSync(file, bytes);
}

/** All names, or the code of the refusal; an opening may be refused as well. */
async function found(path: string, pools: ReturnType<typeof localPools>): Promise<unknown> {
  try {
    const array = await RaidArray.openOn(new LocalHost(path, four, undefined, { pools }), {});
    try {
      return await array.names.list();
    } finally {
      await array.close();
    }
  } catch (error) {
    return (error as { readonly code?: string }).code;
  }
}

it('names survive a flipped byte in one copy of their log, and are never others with one in both', async () => {
  const { path, names } = await namedArray();
  const copies = copiesOnDrives(path);
  expect(copies.length).toBeGreaterThan(2);
  const random = randomNumbers(seed);
  const pools = localPools(four);
  const damaged = async (places: readonly Place[]) => {
    const copy = scratchDirectory();
    cpSync(path, copy, { recursive: true });
    for (const { file, at } of places) flip({ file: file.replace(path, copy), at }, random(blockBytes), 1 << random(8));
    return found(copy, pools);
  };
  const refusals: string[] = [];
  for (const [one, other] of copies as [Place, Place][]) {
    expect(await damaged([one]), `seed ${seed}`).toEqual(names);
    expect(await damaged([other]), `seed ${seed}`).toEqual(names);
    const both = await damaged([one, other]);
    // Blocks of logs that were written anew since are nobody's: damage there changes nothing.
    if (typeof both === 'string') refusals.push(both);
    else expect(both, `seed ${seed}`).toEqual(names);
  }
  expect(refusals.length).toBeGreaterThan(0);
  for (const code of refusals) expect(code, `seed ${seed}`).toMatch(/^HF_/);
});
