import { parseScenario, runScenario } from '@holdfast/coherence/scenario';
import { coherenceSuite } from '@holdfast/coherence/verification';
import { exploreMutant, worldModel } from '@holdfast/simulation';
import { expect, test } from 'vitest';

const quick = /^H[23579]:|^H1[67]|leaves under a writer|acknowledgements that beat/;
const mutants = coherenceSuite.mutants.filter(({ name }) => quick.test(name));

test.each(mutants)(
  'the way to the bug "$name" as a scenario: with the rules as they are it leads to no violation',
  ({ name, configuration, world }) => {
    const { violation } = exploreMutant(worldModel({ ...world, name }));
    const text = coherenceSuite.asScenario?.(configuration, violation!) ?? '';
    const { steps, stepsNotRun } = runScenario(parseScenario(text));
    expect(steps).toHaveLength(violation!.steps.length + 1);
    expect(stepsNotRun).toBe(0);
    // Up to the bug both do the same.
    expect(steps.findIndex(({ passed }) => !passed)).not.toBe(0);
    expect(
      steps.filter(({ failures }) => failures.some((failure) => !/^no message is on|holds no lease/.test(failure))),
    ).toEqual([]);
  },
  60_000,
);
