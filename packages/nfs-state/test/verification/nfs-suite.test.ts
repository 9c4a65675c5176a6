import { nfsSuite } from '@holdfast/nfs-state/state-verification';
import { exploreMutant, runExplore, runSim, worldModel } from '@holdfast/simulation';
import { describe, expect, test } from 'vitest';

const { configurations, mutants } = nfsSuite;

/** Two of the worlds that `explore nfs-state` walks; the others take a minute. */
const small = configurations.filter(({ name }) => /^opens and shares, 3|leaves/.test(name));

test('heads never grant what excludes the other, nor serve what was taken away, in every reachable state', () => {
  expect(small).toHaveLength(2);
  const { explorations } = runExplore({ ...nfsSuite, configurations: small, mutants: [] }, { secondsMax: 100 });
  for (const { name, fixpoint, violations } of explorations) {
    expect({ name, fixpoint, violations }).toEqual({ name, fixpoint: true, violations: [] });
  }
}, 120_000);

describe('seeded bugs', () => {
  /** Those that take more than a second are left to `explore nfs-state`. */
  const deep = /since it asked|clients$|any answer/;

  test('are at least 20, each of a configuration', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(20);
    const names = configurations.map(({ name }) => name);
    for (const { configuration } of mutants) expect(names).toContain(configuration);
  });

  test.each(mutants.filter(({ name }) => !deep.test(name)))(
    '$name: caught',
    ({ name, world }) => {
      const { killed } = exploreMutant(worldModel({ ...world, name }), { secondsMax: 60 });
      expect(killed).toBe(true);
    },
    60_000,
  );
});

test('many requests, deaths and repetitions are all answered', () => {
  const { violations } = runSim(nfsSuite, { seed: 1, runs: 9 });
  expect(violations).toEqual([]);
}, 60_000);
