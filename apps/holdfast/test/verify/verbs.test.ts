import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import type { VerificationSuite } from '@holdfast/simulation';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Streams } from '../../src/streams.ts';
import { type ExploreArguments, runExploreVerb } from '../../src/verify/explore-verb.ts';
import type { VerificationSuites } from '../../src/verify/registry.ts';
import { SimProgress } from '../../src/verify/sim-progress.ts';
import { runSimVerb, type SimArguments } from '../../src/verify/sim-verb.ts';
import { removeDirectory, scratchDirectory } from '../tree/nasty-tree.ts';
import { relaySuite } from './relay-suite.ts';
import { verificationSuites } from './relay-suites.ts';

const home = process.cwd();
let directory: string;

beforeEach(() => {
  directory = scratchDirectory('verify');
  // A failing simulation writes below the current directory.
  process.chdir(directory);
});

afterEach(() => {
  process.chdir(home);
  removeDirectory(directory);
});

type Verb<Arguments> = (given: Arguments, streams: Streams, suites: VerificationSuites) => Promise<number>;

async function run<Arguments>(verb: Verb<Arguments>, given: Arguments, suite: VerificationSuite) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const exitCode = await verb(
    given,
    { stdin: Readable.from([]), stdout, stderr },
    new Map([['relay', async () => suite]]),
  );
  return { exitCode, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

describe('explore', () => {
  const explore = (given: Partial<ExploreArguments> = {}, suite = relaySuite()) =>
    run(runExploreVerb, { kernel: 'relay', mutants: true, ...given }, suite);

  test('a kernel that holds, with its bug caught, exits with 0 and writes one entry a configuration', async () => {
    const json = join(directory, 'result.json');
    const { exitCode, stdout } = await explore({ json });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/fixpoint/);
    expect(stdout).toMatch(/caught: delivers duplicates/);
    expect(stdout).toMatch(/✓ relay holds/);
    const [entry, ...more] = JSON.parse(readFileSync(json, 'utf8'));
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      name: 'relay',
      states: expect.any(Number),
      transitions: expect.any(Number),
      fixpoint: true,
      statesPerSecond: expect.any(Number),
      violations: [],
      deadlocks: 0,
      cells: { handled: 2, ignored: 1, impossible: 0, evidenced: 3 },
      mutants: { total: 1, killed: 1 },
    });
  });

  test('a violation exits with 1 and shows the steps', async () => {
    const { exitCode, stdout } = await explore({}, relaySuite({ sound: false }));
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/a number was delivered twice/);
    expect(stdout).toMatch(/1\. source is called: send/);
    expect(stdout).toMatch(/✗ relay does not hold/);
  });

  test('several threads give the same report, and show each result as it comes', async () => {
    const suites = new URL('./relay-suites.ts', import.meta.url).href;
    const explore = async (jobs: number) => {
      const json = join(directory, `${jobs}.json`);
      const stdout = new PassThrough();
      const streams = { stdin: Readable.from([]), stdout, stderr: new PassThrough() };
      const given = { kernel: 'relay', mutants: true, jobs, json };
      const exitCode = await runExploreVerb(given, streams, verificationSuites, suites);
      const text = String(stdout.read() ?? '').replaceAll(/[\d.,]+ s, [\d,]+ states\/s/g, '');
      const entries = JSON.parse(readFileSync(json, 'utf8')) as { statesPerSecond: number }[];
      return {
        exitCode,
        lines: text.split('\n').toSorted(),
        entries: entries.map((entry) => ({ ...entry, statesPerSecond: 0 })),
      };
    };
    const alone = await explore(1);
    expect(alone.exitCode).toBe(1);
    expect(alone.entries.map((entry) => 'name' in entry && entry.name)).toEqual(['relay', 'broken', 'again']);
    expect(await explore(3)).toEqual(alone);
  });

  test('a terminal says what is under way', async () => {
    const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 100 });
    const streams = { stdin: Readable.from([]), stdout, stderr: new PassThrough() };
    await runExploreVerb({ kernel: 'relay', mutants: false }, streams, new Map([['relay', async () => relaySuite()]]));
    expect(String(stdout.read())).toContain('0 of 1 done; under way: relay');
  });

  test('the list is of the kernel that was named, or of all', async () => {
    const list = async (kernel?: string) => {
      const stdout = new PassThrough();
      const streams = { stdin: Readable.from([]), stdout, stderr: new PassThrough() };
      const suites: VerificationSuites = new Map([
        ['relay', async () => relaySuite()],
        ['other', async () => ({ ...relaySuite(), kernel: 'other' })],
      ]);
      await runExploreVerb({ ...(kernel === undefined ? {} : { kernel }), list: true, mutants: true }, streams, suites);
      return String(stdout.read())
        .split('\n')
        .filter((line) => /^[a-z]+$/.test(line));
    };
    expect(await list('other')).toEqual(['other']);
    expect(await list()).toEqual(['relay', 'other']);
  });

  test('the way to a violation or seeded bug is written as a scenario, where the suite knows how', async () => {
    const asScenario: VerificationSuite['asScenario'] = (configuration, { actions }) =>
      JSON.stringify({ configuration, actions });
    const scenarios = join(directory, 'ways');
    const { stdout } = await explore({ scenarios }, { ...relaySuite(), asScenario });
    expect(stdout).toContain('ways/bug-delivers-duplicates.jsonl');
    expect(JSON.parse(readFileSync(join(scenarios, 'bug-delivers-duplicates.jsonl'), 'utf8'))).toEqual({
      configuration: 'relay',
      actions: [
        { kind: 'call', node: 0, event: { type: 'send' } },
        { kind: 'other', line: expect.stringContaining('receives') },
        { kind: 'deliver', from: 0, to: 1 },
      ],
    });
    expect((await explore({ scenarios }, relaySuite({ sound: false }))).stdout).not.toContain('run it by hand');
    expect((await explore({ scenarios: '/dev/null/ways' })).exitCode).toBe(2);
  });

  test('a seeded bug that survives exits with 1', async () => {
    const { exitCode, stdout } = await explore({}, relaySuite({ caught: false }));
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/SURVIVED: delivers duplicates/);
    expect((await explore({ mutants: false }, relaySuite({ caught: false }))).exitCode).toBe(0);
  });

  test('a cell without evidence exits with 1', async () => {
    const suite = relaySuite();
    const quiet = suite.configurations.map((world) => ({ ...world, faults: {} }));
    const { exitCode, stdout } = await explore({}, { ...suite, configurations: quiet });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/never reached: .*stale/);
  });

  test('--list names configurations and bugs', async () => {
    const { exitCode, stdout } = await explore({ list: true });
    expect(exitCode).toBe(0);
    expect(stdout).toBe('relay\n  relay\n  relay, with a bug: delivers duplicates\n');
  });

  test.each([
    ['an unknown kernel', { kernel: 'telay' }, /no kernel "telay"\. Name one of: relay/],
    ['no kernel', { kernel: undefined }, /No kernel was named\. Name one of: relay/],
    ['an unknown configuration', { configuration: 'x' }, /no configuration "x"\. It has: relay/],
    ['a file that cannot be written', { json: '/nowhere/at/all' }, /cannot be written \(ENOENT\)/],
  ])('%s is a usage error', async (_, given, said) => {
    const { kernel, ...rest } = { kernel: 'relay', ...given };
    const { exitCode, stderr } = await run(
      runExploreVerb,
      { mutants: true, ...(kernel === undefined ? {} : { kernel }), ...rest },
      relaySuite(),
    );
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(said);
  });
});

describe('sim', () => {
  const sim = (given: Partial<SimArguments> = {}, suite = relaySuite()) =>
    run(runSimVerb, { kernel: 'relay', seed: 7, runs: 50, ...given }, suite);

  test('the same seed gives the same digest, another seed another', async () => {
    const json = join(directory, 'result.json');
    const digest = async (seed: number) => {
      expect((await sim({ seed, json })).exitCode).toBe(0);
      const [report] = JSON.parse(readFileSync(json, 'utf8'));
      expect(report).toMatchObject({ runs: 50, violations: [], faults: { duplicate: expect.any(Number) } });
      expect(report.faults.duplicate).toBeGreaterThan(0);
      return report.digest;
    };
    expect(await digest(7)).toBe(await digest(7));
    expect(await digest(7)).not.toBe(await digest(8));
  });

  test('a violation exits with 1, and its replay file fails the same way', async () => {
    const broken = relaySuite({ sound: false });
    const { exitCode, stdout } = await sim({}, broken);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/a number was delivered twice/);
    const [file] = readdirSync(join('.holdfast', 'replay'));
    const path = join('.holdfast', 'replay', String(file));
    expect(stdout).toContain(`replay it with: holdfast sim relay --replay ${path}`);
    const again = await sim({ replay: path }, broken);
    expect(again.exitCode).toBe(1);
    expect(again.stdout).toMatch(/a number was delivered twice/);
    // The kernel without the bug passes the same history.
    expect((await sim({ replay: path })).exitCode).toBe(0);
  });

  test('a run that nobody could decide exits with 1, is named by its seed and is no violation', async () => {
    const ending = { name: 'nothing is left', violation: () => ({ undecided: 'who knows' }) };
    const suite = relaySuite();
    const { exitCode, stdout } = await sim({ runs: 2 }, { ...suite, simulation: { ...suite.simulation, ending } });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/2 runs UNDECIDED.*\n {2}UNDECIDED run 0 seed \d+: who knows/);
    expect(stdout).toContain('no violation');
    expect(stdout).not.toContain('replay it with');
  });

  test('several threads give the same report, also of a run that fails', async () => {
    const suites = new URL('./relay-suites.ts', import.meta.url).href;
    const sim = async (kernel: string, jobs: number) => {
      const json = join(directory, `${kernel}-${jobs}.json`);
      const streams = { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough() };
      const given = { kernel, seed: 7, runs: 50, jobs, json };
      const exitCode = await runSimVerb(given, streams, verificationSuites, suites);
      const [report] = JSON.parse(readFileSync(json, 'utf8'));
      return { ...report, exitCode, seconds: 0, eventsPerSecond: 0 };
    };
    expect(await sim('relay', 3)).toEqual(await sim('relay', 1));
    const failed = await sim('broken-relay', 3);
    expect(failed.exitCode).toBe(1);
    expect(failed).toEqual(await sim('broken-relay', 1));
  });

  test('without a terminal lines on the standard error say how far it is', () => {
    const streams = { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough() };
    vi.useFakeTimers({ toFake: ['performance'] });
    using progress = new SimProgress(streams, 50);
    for (let index = 0; index < 22; index++) {
      vi.advanceTimersByTime(1000);
      progress.ended(index);
    }
    vi.useRealTimers();
    expect(String(streams.stderr.read())).toBe('10 of 50 runs, 1.0 runs/s\n20 of 50 runs, 1.0 runs/s\n');
    expect(streams.stdout.read()).toBeNull();
  });

  test('files that are no replay are usage errors', async () => {
    mkdirSync('files');
    writeFileSync('files/text', 'hello');
    writeFileSync('files/json', '{"format":"other"}');
    for (const [replay, said] of [
      ['files/none', /cannot be replayed \(ENOENT\)/],
      ['files/text', /it is no JSON/],
      ['files/json', /not a replay file/],
    ] as const) {
      const { exitCode, stderr } = await sim({ replay });
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(said);
    }
  });
});
