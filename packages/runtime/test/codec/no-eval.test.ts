import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('a process that forbids code from strings still has codecs', () => {
  const script = fileURLToPath(new URL('./no-eval-round-trip.ts', import.meta.url));
  const flags = ['--conditions=holdfast-src', '--disallow-code-generation-from-strings'];
  expect(execFileSync(process.execPath, [...flags, script], { encoding: 'utf8' })).toBe('same');
});
