import { raidSuite } from '@holdfast/raid/verification';
import { explore, exploreMutant, runExplore, worldModel } from '@holdfast/simulation';
import { describe, expect, test } from 'vitest';
import { rowScenarios } from '../../src/verification/two-parity-scenarios.ts';
import { updateWorld } from '../../src/verification/update-world.ts';

const { configurations, long = [], mutants } = raidSuite;

/** The rest of the configurations takes minutes: `holdfast explore raid`. */
const quick = [
  '2+1, one write, nobody stops',
  '2+1, one write at toughness 0, one stop',
  '2+1, one write at toughness 1, one stop',
  '2+1, one write at toughness 2, two stops',
  '2+1, the delta asked for, one write at toughness 1, one stop',
  '2+1, slow reads, one write at toughness 2, two stops',
  '2+1, two members of one group, nobody stops',
  '2+1, one write and its retry, one stop',
  'no parity, one write at toughness 2, two stops',
  'no parity, two writes of one block at toughness 1, two stops',
  '2+2, one write, nobody stops',
  '2+2 after a loss of power, row 3 (000011)',
  '2+2 after a loss of power, row 12 (001100)',
  '2+2 after a loss of power, row 50 (110010)',
  'log: 4 appends, rot, one stop',
];

test.each(quick)(
  '%s: right in every reachable state',
  (configuration) => {
    const { explorations } = runExplore(raidSuite, { configuration, skipMutants: true, secondsMax: 60 });
    expect(explorations).toMatchObject([{ fixpoint: true, violations: [] }]);
  },
  60_000,
);

test('each of the 64 rows for two parities is decided as the table says', () => {
  for (const scenario of rowScenarios) {
    const exploration = explore(worldModel(updateWorld({ ...scenario, crashes: 0 })));
    expect(exploration, scenario.name).toMatchObject({ fixpoint: true, violations: [], deadlocks: 0 });
  }
}, 60_000);

describe('seeded bugs', () => {
  test('are at least 40, each of a configuration', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(40);
    const names = [...configurations, ...long].map(({ name }) => name);
    for (const { configuration } of mutants) expect(names).toContain(configuration);
  });

  test.each(mutants.filter(({ name, configuration }) => quick.includes(configuration) || name.startsWith('log: ')))(
    '$name: caught',
    ({ name, world }) => {
      const { killed } = exploreMutant(worldModel({ ...world, name }), { secondsMax: 60 });
      expect(killed).toBe(true);
    },
    60_000,
  );
});
