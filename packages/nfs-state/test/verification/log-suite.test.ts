import { logSuite } from '@holdfast/nfs-state/log-verification';
import { exploreMutant, runExplore, runSim, worldModel } from '@holdfast/simulation';
import { describe, expect, test } from 'vitest';

const { configurations, mutants } = logSuite;

test('heads never both grant, lose nothing they answered and serve no right that was taken away, in every reachable state', () => {
  const { explorations, cells } = runExplore(logSuite, { skipMutants: true, secondsMax: 100 });
  for (const { name, fixpoint, violations } of explorations) {
    expect({ name, fixpoint, violations }).toEqual({ name, fixpoint: true, violations: [] });
  }
  expect({ missing: cells.missing, contradicted: cells.contradicted }).toEqual({ missing: [], contradicted: [] });
}, 120_000);

describe('seeded bugs', () => {
  test('are at least 10, each of a configuration', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(10);
    const names = configurations.map(({ name }) => name);
    for (const { configuration } of mutants) expect(names).toContain(configuration);
  });

  test.each(mutants)(
    '$name: caught',
    ({ name, world }) => {
      const { killed } = exploreMutant(worldModel({ ...world, name }), { secondsMax: 60 });
      expect(killed).toBe(true);
    },
    60_000,
  );
});

test('three heads and clients, deaths and lost rights end with everybody answered', () => {
  const { violations } = runSim(logSuite, { seed: 1, runs: 12 });
  expect(violations).toEqual([]);
}, 60_000);
