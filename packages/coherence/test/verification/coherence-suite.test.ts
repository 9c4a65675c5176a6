import { coherenceSuite } from '@holdfast/coherence/verification';
import { exploreMutant, runExplore, worldModel } from '@holdfast/simulation';
import { describe, expect, test } from 'vitest';

const { configurations, mutants } = coherenceSuite;

/** The rest of the configurations takes minutes: `holdfast explore coherence`. */
const quick = [
  '3 nodes: get, grab, put',
  '3 nodes: tryGrab',
  '2 nodes: everything but sync',
  '2 nodes: slow fill and everything',
  '2 nodes, 2 objects: grabAll with slow fills',
  '3 nodes: get, grab, put, and how often a waiting writer is overtaken',
  '2 nodes: prefetch, evict, remove',
  '2 nodes: execute, remove, slow fill',
  '2 nodes, migratory: evict, flush, remove, tryGrab',
  '2 nodes, full, device: evict, sync, remove, tryGrab',
  '2 nodes, backup: evict, flush, remove, tryGrab',
  '2 nodes, linked: remove, loads for other nodes fail',
  '2 nodes, 3 calls each, a death: get, grab, flush, remove',
];

test.each(quick)(
  '%s: coherent in every reachable state',
  (configuration) => {
    const { explorations } = runExplore(coherenceSuite, { configuration, skipMutants: true, secondsMax: 60 });
    expect(explorations).toMatchObject([{ fixpoint: true, violations: [] }]);
  },
  60_000,
);

describe('seeded bugs', () => {
  test('are at least 25, each of a configuration', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(25);
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
