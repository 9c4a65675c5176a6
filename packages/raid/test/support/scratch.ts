import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * A directory of its own, removed when the test is over.
 * @param finished of the test's own context where tests run side by side: the general one may be that of another
 */
export function scratchDirectory(finished: (then: () => void) => void = onTestFinished): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-raid-'));
  finished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
