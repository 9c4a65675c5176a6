import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseScenario, runScenario, stepText } from '@holdfast/coherence/scenario';
import { expect, test } from 'vitest';

const directory = fileURLToPath(new URL('../../scenarios', import.meta.url));
const files = globSync('**/*.jsonl', { cwd: directory }).sort();

test('there are at least 40 scenarios', () => {
  expect(files.length).toBeGreaterThanOrEqual(40);
});

test.each(Array.from({ length: 18 }, (_, hole) => `h${String(hole + 1).padStart(2, '0')}-`))(
  'hole %s of the shipped protocol has a scenario',
  (hole) => {
    expect(files.some((file) => file.startsWith(join('holes', hole)))).toBe(true);
  },
);

test.each(files)('%s', (file) => {
  const { steps, stepsNotRun } = runScenario(parseScenario(readFileSync(join(directory, file), 'utf8')));
  expect(steps.filter(({ passed }) => !passed).map(stepText)).toEqual([]);
  expect(stepsNotRun).toBe(0);
  expect(steps[0]?.step, 'the first step says what the scenario shows').toHaveProperty('note');
});
