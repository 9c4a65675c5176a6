import { PassThrough, Readable, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { runCommand } from '../src/command.ts';
import { run } from './captured-streams.ts';

test('help names the verbs and the exit codes, and succeeds', async () => {
  const { exitCode, stdout } = await run('--help');
  expect(exitCode).toBe(0);
  for (const verb of ['demo', 'up', 'status', 'explore', 'sim', 'scenario']) expect(stdout).toContain(`  ${verb}`);
  expect(stdout).toContain('Exit codes:');
});

test('help of a verb shows an example', async () => {
  const { exitCode, stdout } = await run('demo', '--help');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('$ holdfast demo ~/project');
});

test('the version is that of the package', async () => {
  expect((await run('--version')).stdout).toBe('0.1.0\n');
});

test.each([
  [['fromat'], /unknown command 'fromat'/],
  [['demo', '--nodes', '0'], /whole number from 3 to 64/],
  [['demo', '--nodes', '65'], /whole number from 3 to 64/],
  [['demo', '--nodes', 'NaN'], /whole number from 3 to 64/],
  [['demo', '--nodes', '4.5'], /whole number from 3 to 64/],
  [['demo', '--nodes', '-4'], /whole number from 3 to 64/],
  [['demo', '--seed', 'x'], /whole number/],
  [['demo', 'a', 'b'], /too many arguments/],
  [['demo', '--frobnicate'], /unknown option '--frobnicate'/],
  [['sim', 'session', '--runs', '0'], /whole number from 1/],
] as const)('%j is a usage error', async (argv, said) => {
  const { exitCode, stdout, stderr } = await run(...argv);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(said);
  expect(stdout).toBe('');
});

test('no verb at all shows the help and fails', async () => {
  const { exitCode, stderr } = await run();
  expect(exitCode).toBe(2);
  expect(stderr).toContain('Usage: holdfast');
});

test('output that cannot be written ends in an exit code, not in a crash', async () => {
  const full = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('full'), { code: 'ENOSPC' })),
  });
  const stderr = new PassThrough();
  expect(await runCommand(['--help'], { stdin: Readable.from([]), stdout: full, stderr })).toBe(1);
  expect(String(stderr.read())).toBe('holdfast: the output could not be written (ENOSPC)\n');
});
