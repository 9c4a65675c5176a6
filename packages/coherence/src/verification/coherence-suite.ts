/** The object kernel's proof: what `holdfast explore coherence` and `holdfast sim coherence` run. */
import type { SimulationSpec, VerificationSuite } from '@holdfast/simulation';
import { counterexample } from './counterexample.ts';
import { objectMutants } from './object-mutants.ts';
import { entryOf, nodesOf, type ObjectScenario } from './object-scenario.ts';
import { optionScenarios, pairScenarios, quickScenarios, slowScenarios } from './object-scenarios.ts';
import { objectWorld } from './object-world.ts';
import { setMutants, setScenarios } from './set-scenarios.ts';
import { setWorld } from './set-world.ts';

import { stackedSimulations } from './sim-suite.ts';
import { viewMutants } from './view-mutants.ts';
import { longViewScenarios, viewScenarios } from './view-scenarios.ts';
import { viewWorld } from './view-world.ts';

const scenarios: readonly ObjectScenario[] = [
  ...Object.values(quickScenarios),
  ...Object.values(optionScenarios),
  ...Object.values(slowScenarios),
  ...pairScenarios,
];

const { deathsBesideAll, twoEachSaved, twoEach, deathsBesideThree, ...otherViews } = viewScenarios;

/** The largest come first, so that several threads end at the same time. */
const configurations = [
  ...[deathsBesideAll, twoEachSaved, twoEach, deathsBesideThree].map((scenario) => viewWorld(scenario)),
  ...pairScenarios.map((scenario) => objectWorld(scenario)),
  ...Object.values(quickScenarios).map((scenario) => objectWorld(scenario)),
  ...Object.values(optionScenarios).map((scenario) => objectWorld(scenario)),
  ...Object.values(setScenarios).map((scenario) => setWorld(scenario)),
  ...Object.values(otherViews).map((scenario) => viewWorld(scenario)),
  ...Object.values(slowScenarios).map((scenario) => objectWorld(scenario)),
];

const manyNodes: ObjectScenario = {
  name: '5 nodes, 6 calls of every kind each',
  nodes: 5,
  calls: 6,
  requestIds: 2 ** 32,
  forwardsMax: 8,
  operations: quickScenarios.everything.operations,
};

const simulation: SimulationSpec = {
  world: objectWorld(manyNodes),
  faults: { pause: 5, clog: 5 },
  missing: (view) => {
    const waiting = nodesOf(manyNodes).find((node) => {
      const { queue, readers, writer } = entryOf(view, node);
      return queue.length > 0 || readers.length > 0 || writer !== 0;
    });
    return waiting === undefined ? undefined : `somebody waits or holds the object at node ${waiting}`;
  },
};

export const coherenceSuite: VerificationSuite = {
  kernel: 'coherence',
  configurations,
  long: Object.values(longViewScenarios).map((scenario) => viewWorld(scenario)),
  mutants: [...objectMutants, ...setMutants, ...viewMutants],
  simulation: stackedSimulations[0]!,
  furtherSimulations: [...stackedSimulations.slice(1), simulation],
  asScenario(configuration, violation) {
    const scenario = scenarios.find(({ name }) => name === configuration);
    return scenario === undefined ? undefined : counterexample(scenario, violation);
  },
};
