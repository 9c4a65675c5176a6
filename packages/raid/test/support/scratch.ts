import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory of its own, removed when the test is over. */
export function scratchDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-raid-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
