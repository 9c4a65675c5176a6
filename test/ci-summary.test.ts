import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { repositoryRoot } from '../scripts/workspace.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-summary-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

interface Reports {
  readonly tests?: object;
  readonly testsExit?: number;
  readonly checks?: object;
  readonly checksExit?: number;
}

function summary({ tests, testsExit = 0, checks, checksExit = 0 }: Reports): {
  lastLine: string;
  status: number | null;
} {
  const paths = { tests: join(directory, 'tests.json'), checks: join(directory, 'checks.json') };
  if (tests !== undefined) writeFileSync(paths.tests, JSON.stringify(tests));
  if (checks !== undefined) writeFileSync(paths.checks, JSON.stringify(checks));
  const args = ['.ci/summary.mjs', paths.tests, String(testsExit), paths.checks, String(checksExit)];
  const run = spawnSync(process.execPath, args, { cwd: repositoryRoot, encoding: 'utf8' });
  return { lastLine: run.stdout.trimEnd().split('\n').at(-1) ?? '', status: run.status };
}

const good = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
const steps = [{ passed: true }, { passed: true }];

test('adds tests and checks', () => {
  expect(summary({ tests: good, checks: steps })).toEqual({ lastLine: '9 passed, 0 failed', status: 0 });
});

test('counts failed tests and failed checks', () => {
  const tests = { ...good, numFailedTests: 2 };
  const checks = [...steps, { passed: false }];
  expect(summary({ tests, testsExit: 1, checks, checksExit: 1 })).toEqual({
    lastLine: '9 passed, 3 failed',
    status: 1,
  });
});

test('counts a test file that does not load', () => {
  const tests = { ...good, testResults: [{ status: 'failed', assertionResults: [] }] };
  expect(summary({ tests, testsExit: 1, checks: steps })).toEqual({ lastLine: '9 passed, 1 failed', status: 1 });
});

test('a missing report or an unexplained exit code is a failure', () => {
  expect(summary({ checks: steps, testsExit: 124 })).toEqual({ lastLine: '2 passed, 1 failed', status: 1 });
  expect(summary({ tests: good, testsExit: 137, checks: steps })).toEqual({
    lastLine: '9 passed, 1 failed',
    status: 1,
  });
});
