import { pageSyncSuite } from '@holdfast/nfs-state/verification';
import { exploreMutant, runExplore, runSim, worldModel } from '@holdfast/simulation';
import { describe, expect, test } from 'vitest';

const { configurations, mutants } = pageSyncSuite;

test('no page is forgotten before it is stable, in every reachable state', () => {
  const { explorations, cells } = runExplore(pageSyncSuite, { skipMutants: true, secondsMax: 100 });
  for (const { name, fixpoint, violations } of explorations) {
    expect({ name, fixpoint, violations }).toEqual({ name, fixpoint: true, violations: [] });
  }
  expect({ missing: cells.missing, contradicted: cells.contradicted }).toEqual({ missing: [], contradicted: [] });
}, 120_000);

describe('seeded bugs', () => {
  test('are at least 20, each of a configuration', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(20);
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

test('many pages, servers and much trouble end with everything answered', () => {
  const { violations } = runSim(pageSyncSuite, { seed: 1, runs: 100 });
  expect(violations).toEqual([]);
}, 60_000);
