import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { compileCache } from './spawned-command.ts';

const examples = fileURLToPath(new URL('../../../examples', import.meta.url));

/** Each program, and what it must print. A program that does not end by itself fails: it has left something running. */
const expectations: Readonly<Record<string, readonly RegExp[]>> = {
  'embed.ts': [/^2$/m, /^n0 up, n1 up, n2 up, n3 up, main up$/m],
  'restart.ts': [/^before the kill: 42$/m, /^while it is dead: HF_/m, /^after the restart: 1$/m],
  'streams.ts': [/^(mean of five: 22\n){4}$/],
  'channels.ts': [/^failover: main to n0 moved from ring to port$/m, /^in order, each once: true 10000$/m],
  'shared-pages.ts': [/^mean of 256 pages: 200$/m],
  'raid-objects.ts': [
    /^stored 1000000 bytes, full$/m,
    /^read with n1 dead: abcdefgabcdefg$/m,
    /^stored with n1 dead: degraded$/m,
    /^read after a restart, without the drive of n1: abcdefgabcdefg$/m,
  ],
  'overwrites.ts': [
    /^eight counters on disk$/m,
    /^all overwritten with n2 dead, some on one disk less$/m,
    /^counters\/visits after a restart: 1000 1001 1002 1003 1004 1005 1006 1007$/m,
  ],
  'locks.ts': [
    /^ada locks: OK\nben locks: DENIED\nn0 is dead\nada writes under her lock: OK\ncara locks: DENIED\nada unlocks: OK\ndora locks: OK$/m,
  ],
  'frames.ts': [/^n1 and n2 had the frame in the same pages$/m, /^every pixel is 155$/m],
  'sessions.ts': [/^4 hits: \/ \/n1 \/n2 \/n3$/m, /^n2 sees 4$/m, /^still 4$/m, /^owned by n1, found by [12] step/m],
  'own-actor.ts': [
    /fixpoint true, 0 violations$/m,
    /letter 0 was delivered as number 1$/m,
    /^50 histories, .* lost: 0 violations$/m,
  ],
};

/** Modules that the programs above load. */
const parts = [
  'brightness.ts',
  'counter.ts',
  'courier.ts',
  'doubler.ts',
  'frame-desk.ts',
  'sensor.ts',
  'session-desk.ts',
];

test('every example is run', () => {
  const programs = readdirSync(examples).filter((name) => name.endsWith('.ts'));
  expect(programs.sort()).toEqual([...Object.keys(expectations), ...parts].sort());
});

test.each(Object.entries(expectations))('%s prints what it promises and ends', async (program, printed) => {
  const run = promisify(execFile)(process.execPath, ['-C', 'holdfast-src', program], {
    cwd: examples,
    env: { ...process.env, ...compileCache },
    timeout: 100_000,
    killSignal: 'SIGKILL',
  });
  const { stdout, stderr } = await run;
  expect(stderr).toBe('');
  for (const pattern of printed) expect(stdout).toMatch(pattern);
});
