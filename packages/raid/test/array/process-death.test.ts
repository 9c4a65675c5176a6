import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, keysOf, readAll, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
/** More than the default for a long run: HOLDFAST_CRASH_ROUNDS=500. */
const rounds = Number(process.env.HOLDFAST_CRASH_ROUNDS ?? 4);
const writer = fileURLToPath(new URL('../support/dying-writer.ts', import.meta.url));

/** What a key may hold: seed and length, or nothing. */
type Content = { readonly seed: number; readonly bytes: number } | undefined;

/** What is known of every key from what the dying process said. */
class Oracle {
  /** The content that was acknowledged last, and those that were begun after. */
  readonly #possible = new Map<string, Content[]>();

  note(line: string): void {
    const [verb, key = '', seed = 0, bytes = -1] = line
      .split(' ')
      .map((word, index) => (index < 2 ? word : Number(word)));
    if (verb !== 'begin' && verb !== 'acked') return;
    const content: Content = Number(bytes) < 0 ? undefined : { seed: Number(seed), bytes: Number(bytes) };
    const before = this.#possible.get(`${key}`) ?? [undefined];
    this.#possible.set(`${key}`, verb === 'acked' ? [content] : [...before, content]);
  }

  /** Hold an array against what may be there; what is there is certain from then on. */
  async check(array: RaidArray): Promise<void> {
    const present = await keysOf(array);
    for (const key of present) expect(this.#possible.has(key), `${key} was never stored`).toBe(true);
    for (const [key, possible] of this.#possible) {
      const bytes = present.includes(key) ? await readAll(array, key) : undefined;
      const found = possible.findIndex((content) => isContent(bytes, content));
      const holds = bytes === undefined ? 'nothing' : `${bytes.length} other bytes`;
      expect(found, `${key} holds ${holds}; possible: ${JSON.stringify(possible)}`).toBeGreaterThanOrEqual(0);
      this.#possible.set(key, [possible[found]]);
    }
  }
}

function isContent(bytes: Uint8Array | undefined, content: Content): boolean {
  if (bytes === undefined || content === undefined) return bytes === content;
  return bytes.length === content.bytes && Buffer.compare(bytes, bytesOf(content.bytes, content.seed)) === 0;
}

/** Run the writer until it dies: at that many requests, or when it has said `lines` lines. */
async function runUntilDeath(
  directory: string,
  seed: number,
  death: { readonly requests: number } | { readonly lines: number },
  oracle: Oracle,
): Promise<void> {
  const requests = 'requests' in death ? death.requests : -1;
  const child = spawn(process.execPath, ['--conditions=holdfast-src', writer, directory, `${seed}`, `${requests}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let rest = '';
  let lines = 0;
  for await (const chunk of child.stdout) {
    const text = rest + String(chunk);
    const whole = text.split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) {
      oracle.note(line);
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
      await oracle.check(array);
      await array.close();
    }
    for (const missing of four) {
      const array = await RaidArray.openOn(new LocalHost(directory, four), { without: [`n${missing}`] });
      await oracle.check(array);
      await array.close();
      await (await RaidArray.openOn(new LocalHost(directory, four), {})).close();
    }
  },
  30_000 + rounds * 15_000,
);
