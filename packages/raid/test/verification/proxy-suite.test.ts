import { raidSuite } from '@holdfast/raid/verification';
import { exploreMutant, runExplore, runSim, worldModel } from '@holdfast/simulation';
import { describe, expect, test } from 'vitest';

const { configurations, long = [], mutants, furtherSimulations } = raidSuite;

/** The rest of the configurations takes minutes: `holdfast explore raid`. */
const quick = [
  'proxy: mirror, a data IOM stops, a write, it returns',
  'proxy: mirror, a parity IOM stops, a write, it returns',
  'proxy: 2+1, a data IOM is stopped, a write and a read, it returns',
  'proxy: 2+1, a data IOM is stopped, a write through the proxy beside one of another member',
  'proxy: mirror, a data IOM stops, all its blocks are to be made again, it returns',
  'proxy: 2+1, parity is in doubt while a member stops, is written through the proxy, and returns',
  'deputy: 1+2, a data IOM is stopped, the one that writes in its place stops',
];

test.each(quick)(
  '%s: right in every reachable state',
  (configuration) => {
    const { explorations } = runExplore(raidSuite, { configuration, skipMutants: true, secondsMax: 60 });
    expect(explorations).toMatchObject([{ fixpoint: true, violations: [] }]);
  },
  60_000,
);

describe('seeded bugs of proxies and of the return', () => {
  const bugs = mutants.filter(({ name }) => name.startsWith('proxy: ') || name.startsWith('resync: '));

  test('are at least 12, each of a configuration', () => {
    expect(bugs.length).toBeGreaterThanOrEqual(12);
    const names = [...configurations, ...long].map(({ name }) => name);
    for (const { configuration } of bugs) expect(names).toContain(configuration);
  });

  const short = [quick[0], quick[3], quick[5]];
  test.each(bugs.filter(({ configuration }) => short.includes(configuration)))(
    '$name: caught',
    ({ name, world }) => {
      const { killed } = exploreMutant(worldModel({ ...world, name }), { secondsMax: 60 });
      expect(killed).toBe(true);
    },
    60_000,
  );
});

/** Run 22 is the one that found the answer to a question that had been given up. */
test('three nodes that are stopped and come back in turn come to rest right', () => {
  const [absences] = furtherSimulations ?? [];
  const { violations } = runSim({ ...raidSuite, simulation: absences! }, { seed: 1, runs: 30 });
  expect(violations).toEqual([]);
}, 60_000);
