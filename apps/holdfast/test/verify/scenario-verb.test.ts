import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../captured-streams.ts';
import { removeDirectory, scratchDirectory } from '../tree/nasty-tree.ts';

let directory: string;

beforeEach(() => {
  directory = scratchDirectory('scenario');
});

afterEach(() => removeDirectory(directory));

function fileOf(name: string, ...lines: readonly (object | string)[]): string {
  const path = join(directory, name);
  writeFileSync(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  return path;
}

const write = { call: 'w', node: 1, op: 'write', value: 'v' };
const all = { deliver: 'all' };
const good = () => fileOf('good.jsonl', {}, write, all, { expect: { call: 'w', done: true, value: 'v' } });
const bad = () => fileOf('bad.jsonl', {}, write, { expect: { call: 'w', done: true } }, all);

describe('scenario', () => {
  test('passes: each step, the state of every node, a verdict, exit code 0', async () => {
    const { exitCode, stdout } = await run('scenario', good());
    expect(exitCode).toBe(0);
    expect(stdout).toContain('1 WRITE_OWNER "v" {1}');
    expect(stdout).toContain('✓ passed, 3 steps');
    expect(stdout).toMatch(/1 of 1 scenarios passed\n$/);
  });

  test('a failure is told with its line, and makes the exit code 1', async () => {
    const { exitCode, stdout } = await run('scenario', '--quiet', good(), bad());
    expect(exitCode).toBe(1);
    expect(stdout).toContain('   3  {"expect":{"call":"w","done":true}}');
    expect(stdout).toContain('FAIL: w: done is false, not true');
    expect(stdout).toContain('✗ failed: 1 of 3 steps');
    expect(stdout).toMatch(/1 of 2 scenarios passed\n$/);
  });

  test('--json prints one document, which holds the file', async () => {
    const { exitCode, stdout } = await run('scenario', '--json', bad());
    expect(exitCode).toBe(1);
    const { passed, scenarios } = JSON.parse(stdout);
    expect(passed).toBe(false);
    expect(scenarios).toMatchObject([{ file: bad(), passed: false, stepsNotRun: 0, lines: { length: 4 } }]);
    expect(scenarios[0].steps[2]).toMatchObject({
      line: 4,
      step: all,
      passed: true,
      deliveredCount: 2,
      objects: [{ key: 'object', nodes: [{ state: 'INV_COPY' }, { state: 'WRITE_OWNER', value: 'v' }, { node: 2 }] }],
    });
  });

  test.each([
    ['broken JSON', '{"nodes":', /line 1: it is no JSON/],
    ['no step', '{}\n{"x":1}', /line 2: no step has the fields x/],
    ['a long line', `{}\n{"note":"${'x'.repeat(10_000_000)}"}`, /it is longer than/],
    ['bytes', '\u0000\u0001', /line 1: it is no JSON/],
  ])('malformed (%s): exit code 2, one line, and nothing runs', async (_what, text, said) => {
    const { exitCode, stdout, stderr } = await run('scenario', good(), fileOf('malformed.jsonl', text));
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(said);
    expect(stderr).toContain('malformed.jsonl');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a file that is missing, a directory and no file at all are usage errors', async () => {
    for (const argv of [[join(directory, 'missing')], [directory], []]) {
      const { exitCode, stdout } = await run('scenario', ...argv);
      expect(exitCode).toBe(2);
      expect(stdout).toBe('');
    }
  });

  test('malformed with --json: the error as a document', async () => {
    const { exitCode, stdout } = await run('scenario', '--json', fileOf('malformed.jsonl', 'no'));
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'HF_USAGE', exitCode: 2 } });
  });

  test('a file that never ends is read only so far', async () => {
    expect(await run('scenario', '/dev/zero')).toMatchObject({ exitCode: 2, stdout: '' });
  });
});
