import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assertEngine, nodeMajorMin } from '../src/engine.ts';

test('accepts this Node and newer ones', () => {
  assertEngine();
  assertEngine(`${nodeMajorMin}.0.0`);
  assertEngine('100.1.2');
});

test.each(['20.20.2', '23.11.0', ''])('refuses Node "%s" and says what is needed', (version) => {
  expect(() => assertEngine(version)).toThrowError(
    expect.objectContaining({ code: 'HF_ENGINE', message: expect.stringMatching(/needs Node 24 or newer.*npx/) }),
  );
});

test('agrees with the manifest', () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
  expect(manifest.engines.node).toBe(`>=${nodeMajorMin}`);
});
