import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { crashImages } from '../../src/crash/crash-images.ts';
import { BlockOracle } from '../support/block-oracle.ts';
import { systemError } from '../support/faulty-drive.ts';
import { LocalHost } from '../support/local-host.ts';
import { smallShape } from '../support/objects.ts';
import { OverwriteImages, recordOverwrites } from '../support/recorded-overwrites.ts';
import type { Flaw } from '../support/recorded-run.ts';
import { scratchDirectory } from '../support/scratch.ts';

/*
 * EIO at the k-th flush. HOLDFAST_EIO=all tries every k of a run; otherwise some of them are tried.
 */
const all = process.env.HOLDFAST_EIO === 'all';
const seed = Number(process.env.HOLDFAST_CRASH_SEED ?? 1);
const four = [0, 1, 2, 3];

/** The `at`-th flush from `arm` on fails, and is never made; every other one is. */
function failingFlush(at: number) {
  const state = { flushes: -1, failed: false };
  const flaw: Flaw = (drive) => ({
    ...drive,
    async open(name, options) {
      const file = await drive.open(name, options);
      const flush = async () => {
        if (state.flushes >= 0 && ++state.flushes === at) {
          state.failed = true;
          throw systemError('EIO');
        }
        await file.flush();
      };
      return {
        name: file.name,
        size: () => file.size(),
        read: (parts, from) => file.read(parts, from),
        write: (parts, from) => file.write(parts, from),
        flush,
        close: () => file.close(),
      };
    },
  });
  const arm = () => {
    state.flushes = 0;
  };
  return { flaw, arm, state };
}

it(
  'keeps every overwrite of toughness 2 when the k-th flush fails, and the power is cut after that',
  async () => {
    const opener = new OverwriteImages();
    let tried = 0;
    for (let k = 1; ; k += all ? 1 : 23) {
      const { flaw, arm, state } = failingFlush(k);
      const run = { seed: seed + k, writesEach: 6, technique: k % 2 === 0 ? 'mirror' : 'parity' } as const;
      const { recording, fromStep, gfid } = await recordOverwrites({ ...run, flaw, onFilled: arm });
      if (!state.failed) break;
      tried++;
      for (const image of crashImages(recording, { seed: k, images: 4, fromStep })) {
        expect(await opener.wrong(gfid, image), `flush ${k} fails, ${image.label}`).toBeUndefined();
      }
    }
    expect(tried).toBeGreaterThan(2);
  },
  all ? 900_000 : 60_000,
);

const program = fileURLToPath(new URL('../support/writer-under-faults.ts', import.meta.url));

/** Whether a program can be traced here. */
function canTrace(): boolean {
  try {
    execFileSync('strace', ['-f', '-e', 'trace=fdatasync', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Run the writer with EIO at its k-th fdatasync; what it said. One thread of the pool, so that there is one order. */
async function writeUnderFault(directory: string, gfid: string, k: number): Promise<{ lines: string[]; code: number }> {
  const inject = [
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    'trace=fdatasync',
    '-e',
    `inject=fdatasync:error=EIO:when=${k}`,
  ];
  const node = [process.execPath, '--conditions=holdfast-src', program, directory, gfid, `${seed + k}`, '6'];
  const child = spawn('strace', [...inject, ...node], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
  });
  const gone = once(child, 'exit');
  let said = '';
  for await (const chunk of child.stdout) said += chunk;
  const [code] = await gone;
  return {
    lines: said
      .trim()
      .split('\n')
      .map((line) => line.trim()),
    code,
  };
}

it(
  'stops the one drive whose fdatasync fails in the system, and loses nothing that was answered',
  async ({ skip }) => {
    if (!canTrace()) skip('strace is not here, or may not trace: apt-get install strace');
    const template = scratchDirectory();
    const made = await RaidArray.createOn(new LocalHost(template, four), smallShape);
    const gfid = await made.objects.create();
    await made.close();
    const outcomes: string[] = [];
    for (let k = 1; ; k += all ? 1 : 23) {
      const directory = scratchDirectory();
      cpSync(template, directory, { recursive: true });
      const { lines, code } = await writeUnderFault(directory, gfid, k);
      const oracle = new BlockOracle();
      for (const line of lines) {
        const [verb, ...numbers] = line.split(' ');
        const [offset = 0, length = 0, bytesSeed = 0, toughness = 0] = numbers.map(Number);
        if (verb === 'begin') oracle.begin({ offset, length, seed: bytesSeed, toughness });
        if (verb === 'acked') oracle.acked({ offset, length, seed: bytesSeed, toughness });
      }
      expect(code, `EIO at flush ${k}: ${lines.at(-1)}`).toBe(0);
      const array = await RaidArray.openOn(new LocalHost(directory, four), {});
      expect(await oracle.wrong(await array.objects.open(gfid)), `EIO at flush ${k}`).toBeUndefined();
      await array.close();
      outcomes.push(lines.at(-1) ?? '');
      if (outcomes.at(-1) === 'stopped') break;
    }
    // While the array is opened a failure ends the opening; later one drive stops, and the others go on.
    for (const outcome of outcomes) expect(outcome).toMatch(/^(refused HF_DRIVE_STOPPED|stopped( n\d)?)$/);
    expect(outcomes.filter((outcome) => /^stopped n/.test(outcome)).length).toBeGreaterThan(0);
  },
  all ? 900_000 : 120_000,
);
