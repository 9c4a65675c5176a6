import { raidSuite } from '@holdfast/raid/verification';
import { CellLog, Choices, runSim, simulate } from '@holdfast/simulation';
import { expect, test } from 'vitest';
import { simulatedMutants } from '../../src/verification/simulated-mutants.ts';

const seedsMax = 40;

/** By what becomes of the array, not by an exception. */
test.each(simulatedMutants)('$name: caught by the simulation', ({ seed: first, simulation }) => {
  const kinds = new Set<string>();
  for (let seed = first; seed < first + seedsMax && !kinds.has('property'); seed++) {
    const { violation } = simulate(simulation, Choices.fromSeed(seed), new CellLog());
    if (violation !== undefined) kinds.add(violation.kind === 'error' ? 'error' : 'property');
  }
  expect(kinds).toContain('property');
});

test('arrays and logs come to rest right whatever stops, tears, fails, is slow or gets lost, and each class is counted', () => {
  const { classes, violations } = runSim(raidSuite, { seed: 3, runs: 24 });
  expect(violations).toEqual([]);
  expect(Object.keys(classes).length).toBeGreaterThanOrEqual(7);
  for (const [name, count] of Object.entries(classes)) expect(count, name).toBeGreaterThan(0);
}, 60_000);
