import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { randomNumbers } from '../../src/crash/crash-images.ts';
import { BlockOracle } from '../support/block-oracle.ts';
import { LocalHost, localPools } from '../support/local-host.ts';
import { type Mending, mendingMembers, mendingShape, mendings, wholeObjects } from '../support/mended-array.ts';
import { verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

/*
 * A process that mends is killed at an operation on a drive, chosen by seed out of those the mending takes.
 * More rounds of each: HOLDFAST_MENDING_ROUNDS=100. Another seed: HOLDFAST_CRASH_SEED.
 */
const rounds = Number(process.env.HOLDFAST_MENDING_ROUNDS ?? 1);
const firstSeed = Number(process.env.HOLDFAST_CRASH_SEED ?? 1);
/** Operations a mending takes at first guess; then as many as it took when it lived. */
const operationsGuess = 120;
const program = fileURLToPath(new URL('../support/dying-mender.ts', import.meta.url));
const pools = localPools(mendingMembers);
const hostAt = (directory: string) => new LocalHost(directory, mendingMembers, undefined, { pools });

/** Run the mender; how many operations it took when it lived, and whether it had begun to mend. */
async function mend(
  args: readonly string[],
  oracle: BlockOracle,
): Promise<{ took: number | undefined; began: boolean }> {
  const child = spawn(process.execPath, ['--conditions=holdfast-src', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  let said = '';
  for await (const chunk of child.stdout) said += chunk;
  const [code, signal] = await gone;
  const outcome = { took: undefined as number | undefined, began: false };
  for (const line of said.split('\n')) {
    const [verb, ...numbers] = line.split(' ');
    const [offset = 0, length = 0, seed = 0, toughness = 0] = numbers.map(Number);
    if (verb === 'begin') oracle.begin({ offset, length, seed, toughness });
    if (verb === 'acked') oracle.acked({ offset, length, seed, toughness });
    if (verb === 'mending') outcome.began = true;
    if (verb === 'ended') outcome.took = offset;
  }
  expect(outcome.took === undefined ? signal : code, `${args}`).toBe(outcome.took === undefined ? 'SIGKILL' : 0);
  return outcome;
}

/** Change a byte of the blocks of a drive: something for a scrub to find. */
function rot(drive: string, at: number): void {
  const path = join(drive, readdirSync(drive).find((name) => name === 'blocks')!);
  const file = openSync(path, 'r+');
  const byte = new Uint8Array(1);
  if (readSync(file, byte, 0, 1, at) === 1) {
    byte[0]! ^= 0x10;
    writeSync(file, byte, 0, 1, at);
  }
  closeSync(file);
}

async function expectRight(array: RaidArray, gfid: string, oracle: BlockOracle, label: string): Promise<void> {
  expect(await oracle.wrong(await array.objects.open(gfid)), label).toBeUndefined();
  for (const [key, bytes] of wholeObjects) expect(await verdict(array, key, bytes), `${label}, ${key}`).toBe('right');
}

it.each(mendings)(
  'loses nothing when its process is killed in the middle of a %s',
  async (mending: Mending) => {
    const directory = scratchDirectory();
    const made = await RaidArray.createOn(hostAt(directory), mendingShape);
    for (const [key, bytes] of wholeObjects) await made.put(key, bytes);
    const gfid = await made.objects.create();
    await made.close();
    const oracle = new BlockOracle();
    const random = randomNumbers(firstSeed);
    let operations = operationsGuess;
    let killed = 0;
    for (let round = 0; round < rounds || killed === 0; round++) {
      const member = random(mendingMembers.length);
      const diesAt = 1 + random(operations);
      const label = `${mending} of n${member}, dies at ${diesAt} of ${operations}, round ${round} of seed ${firstSeed}`;
      if (mending === 'scrub') rot(join(directory, `n${member}`), 4096 * random(40));
      const args = [directory, gfid, mending, `${member}`, `${diesAt}`, `${firstSeed + round}`];
      const { took } = await mend(args, oracle);
      if (took === undefined) killed++;
      else operations = Math.max(10, took);
      // A new drive of which not even the making had ended is made again.
      const replace = mending === 'rebuild' ? [`n${member}`] : [];
      const array = await RaidArray.openOn(hostAt(directory), { replace });
      await array.rebuild(`n${member}`).done;
      expect((await array.scrub().done).lost, label).toEqual([]);
      await expectRight(array, gfid, oracle, label);
      await array.close();
      // Each drive has all of its part: any one can be done without.
      const missing = random(mendingMembers.length);
      const without = await RaidArray.openOn(hostAt(directory), { without: [`n${missing}`] });
      await expectRight(without, gfid, oracle, `${label}, then without n${missing}`);
      await without.close();
      const whole = await RaidArray.openOn(hostAt(directory), {});
      await whole.rebuild(`n${missing}`).done;
      await whole.close();
    }
  },
  60_000 + rounds * 20_000,
);
