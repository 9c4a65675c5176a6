import { explore, worldModel } from '@holdfast/simulation';
import { expect, test } from 'vitest';
import type { ObjectScenario } from '../../src/verification/object-scenario.ts';
import { quickScenarios } from '../../src/verification/object-scenarios.ts';
import { objectWorld } from '../../src/verification/object-world.ts';

const violationsOf = (scenario: ObjectScenario) => explore(worldModel(objectWorld(scenario)), { secondsMax: 60 });

test('on 3 nodes that read and write a request is passed on once at most', () => {
  expect(violationsOf(quickScenarios.chase)).toMatchObject({ fixpoint: true, violations: [] });
});

test('where owners give the object away there is no such bound: it may be gone each time the request arrives', () => {
  const scenario = { ...quickScenarios.evict, name: 'chase', passedOnMax: 1 };
  expect(violationsOf(scenario).violations).toMatchObject([{ property: 'requests passed on' }]);
});
