import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { estimateDriveBytes, windowBytes } from '../../src/layout/estimate.ts';
import { groupsPerWindow } from '../../src/limits.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallGroupBytes, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const six = [0, 1, 2, 3, 4, 5];

function usedBytes(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true });
  return files.reduce((sum, file) => {
    return sum + (file.isFile() ? statSync(join(file.parentPath, file.name)).blocks * 512 : 0);
  }, 0);
}

const manySmall = Array.from({ length: 300 }, (_, index) => index * 37);
const few = [0, 1, 4096, smallGroupBytes - 1, smallGroupBytes, smallGroupBytes + 1, 9_000_000];

it.each([
  ['many small objects on four members', four, manySmall],
  ['few objects on four members', four, few],
  ['few objects on six members', six, few],
  ['one large object on four members', four, [40_000_000]],
  ['nothing on six members', six, []],
])('an array of %s takes no more than was estimated, and not much less', async (_, members, sizes) => {
  const directory = scratchDirectory();
  const array = await RaidArray.createOn(new LocalHost(directory, members), smallShape);
  for (const [index, bytes] of sizes.entries()) await array.put(`object ${index}`, bytesOf(bytes, index + 1));
  await array.close();
  const used = usedBytes(directory);
  const estimated = estimateDriveBytes(sizes, { members: members.length, ...smallShape });
  expect(used).toBeLessThanOrEqual(estimated);
  const growth = members.length * 2 * ((1 << 20) + smallShape.extentBlocks * 4096);
  const logs = sizes.length * (members.length + 2) * 4096;
  expect(estimated - used).toBeLessThanOrEqual(growth + logs);
});

it('a window is what a node is asked for at once', () => {
  expect(windowBytes({ members: 4, data: 3 })).toBe(groupsPerWindow * 3 * 64 * 1024);
  expect(windowBytes({ members: 4, ...smallShape })).toBe(groupsPerWindow * smallGroupBytes);
});
