import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { smallShape } from '../support/objects.ts';
import { Oracle } from '../support/oracle.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
/** More than the default for a long run: HOLDFAST_CRASH_ROUNDS=500. */
const rounds = Number(process.env.HOLDFAST_CRASH_ROUNDS ?? 4);
const writer = fileURLToPath(new URL('../support/dying-writer.ts', import.meta.url));

/** Run the writer until it dies: at that many requests, or when it has said `lines` lines. */
async function runUntilDeath(
  directory: string,
  seed: number,
  death: { readonly requests: number } | { readonly lines: number },
  oracle: Oracle,
  array: readonly string[] = [],
): Promise<void> {
  const requests = 'requests' in death ? death.requests : -1;
  const child = spawn(
    process.execPath,
    ['--conditions=holdfast-src', writer, directory, `${seed}`, `${requests}`, ...array],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let rest = '';
  let lines = 0;
  for await (const chunk of child.stdout) {
    const text = rest + String(chunk);
    const whole = text.split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) {
      oracle.noteLine(line);
      if ('lines' in death && ++lines === death.lines) child.kill('SIGKILL');
    }
  }
  expect(child.signalCode ?? (await new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal))))).toBe(
    'SIGKILL',
  );
}

it.each([
  ['at a request of the array', (round: number) => ({ requests: 3 + ((round * 5) % 400) })],
  ['at any moment', (round: number) => ({ lines: 10 + ((round * 37) % 600) })],
])(
  'loses nothing that was acknowledged when its process is killed %s, again and again',
  async (_, death) => {
    const directory = scratchDirectory();
    await (await RaidArray.createOn(new LocalHost(directory, four), smallShape)).close();
    const oracle = new Oracle();
    for (let round = 0; round < rounds; round++) {
      await runUntilDeath(directory, round + 1, death(round), oracle);
      const array = await RaidArray.openOn(new LocalHost(directory, four), {});
      expect(await array.status()).toMatchObject({ degraded: false });
      expect(await oracle.wrong(array)).toBeUndefined();
      await array.close();
    }
    for (const missing of four) {
      const array = await RaidArray.openOn(new LocalHost(directory, four), { without: [`n${missing}`] });
      expect(await oracle.wrong(array)).toBeUndefined();
      await array.close();
      await (await RaidArray.openOn(new LocalHost(directory, four), {})).close();
    }
  },
  30_000 + rounds * 15_000,
);

it(
  'loses nothing that has two parities when its process is killed and two drives do not come back',
  async () => {
    const five = [...four, 4];
    const directory = scratchDirectory();
    const host = () => new LocalHost(directory, five);
    await (await RaidArray.createOn(host(), { ...smallShape, parity: 2 })).close();
    const oracle = new Oracle();
    for (let round = 0; round < rounds / 2; round++) {
      await runUntilDeath(directory, round + 51, { requests: 40 + ((round * 71) % 400) }, oracle, ['5', '2+2']);
      const without = [`n${round % 5}`, `n${(round + 1 + (round % 4)) % 5}`];
      const array = await RaidArray.openOn(host(), { without });
      expect(await oracle.wrong(array), `round ${round} without ${without}`).toBeUndefined();
      await array.close();
      // They come back; what was stored without them is filled in.
      const whole = await RaidArray.openOn(host(), {});
      for (const node of without) await whole.rebuild(node).done;
      expect(await oracle.wrong(whole)).toBeUndefined();
      await whole.close();
    }
  },
  30_000 + rounds * 15_000,
);
