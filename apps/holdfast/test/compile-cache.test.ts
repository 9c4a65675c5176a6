import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Outcome, SpawnedCommand } from './spawned-command.ts';

const scratch = mkdtempSync(join(tmpdir(), 'holdfast-cache-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** The command with its cache in `place`, and none from elsewhere. */
const versionWithCacheIn = (place: string): Promise<Outcome> =>
  new SpawnedCommand(['--version'], { NODE_COMPILE_CACHE: '', XDG_CACHE_HOME: place }).ended();

describe('the cache of compiled code', () => {
  it('is kept in the cache directory of the user', async () => {
    expect(await versionWithCacheIn(scratch)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(readdirSync(join(scratch, 'holdfast', 'compiled')).length).toBeGreaterThan(0);
  });

  it.each(['/proc', '/dev/null', join(scratch, 'nowhere')])('is done without where it cannot be: %s', async (place) => {
    expect(await versionWithCacheIn(place)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(existsSync(join(place, 'holdfast'))).toBe(false);
  });
});
