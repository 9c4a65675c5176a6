import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const old = bytesOf(150_000, 1);
const fresh = bytesOf(220_000, 2);

/**
 * Cut a member off just before the array's n-th request, whoever that one goes to, while an object is replaced. The put
 * must succeed, and its object must be there: at once, after an opening without the member's drive, and with it.
 */
async function loseAt(member: number, request: number): Promise<number> {
  const directory = scratchDirectory();
  const host = new LocalHost(directory, four);
  const array = await RaidArray.createOn(host, smallShape);
  await array.put('k', old);
  await array.put('bystander', bytesOf(60_000, 3));
  let seen = 0;
  host.beforeRequest = () => (seen++ === request ? host.cutOff(member) : undefined);
  await array.put('k', fresh);
  host.beforeRequest = () => undefined;
  const check = async (of: RaidArray) => {
    expect(await verdict(of, 'k', fresh)).toBe('right');
    expect(await verdict(of, 'bystander', bytesOf(60_000, 3))).toBe('right');
    await of.close();
  };
  await check(array);
  expect(host.pagesInUse).toBe(0);
  await check(await RaidArray.openOn(new LocalHost(directory, four), { without: [`n${member}`] }));
  const whole = await RaidArray.openOn(new LocalHost(directory, four), {});
  expect(await whole.put('k', fresh)).toMatchObject({ degraded: false });
  await check(whole);
  rmSync(directory, { recursive: true });
  return seen;
}

it.each(four)('stores an object though member %d dies at any of the requests it takes', async (member) => {
  let request = 0;
  for (let requests = 1; request < requests; request++) requests = await loseAt(member, request);
  expect(request).toBeGreaterThanOrEqual(9);
});
