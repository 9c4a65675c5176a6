import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const main = join(import.meta.dirname, '../src/main.ts');
const bench = (...args: string[]) =>
  spawnSync(process.execPath, ['-C', 'holdfast-src', main, ...args], { encoding: 'utf8' });

test('an unknown area is refused with the ones there are', () => {
  const { status, stderr } = bench('no-such-area');
  expect(status).toBe(1);
  expect(stderr).toMatch(/unknown area: no-such-area.*runtime/);
});

test('--help names the areas', () => {
  const { status, stdout } = bench('--help');
  expect(status).toBe(0);
  expect(stdout).toContain('runtime');
});
