import { describe, expect, test } from 'vitest';
import { run } from '../captured-streams.ts';

describe('history', () => {
  test('records what threads do, and says that it is linearizable', async () => {
    const { exitCode, stdout } = await run('history', '--nodes', '2', '--calls', '500', '--keys', '20', '--seed', '3');
    expect(stdout).toContain('register: linearizable: 50');
    expect(stdout).toContain('2 nodes, 0 kills');
    expect(stdout).toContain('calls that failed: none');
    expect(exitCode).toBe(0);
  });

  test('wants a number of nodes it can start', async () => {
    const { exitCode, stderr } = await run('history', '--nodes', '9');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('It must be a whole number from 2 to 8.');
  });
});
