/** The proof of the data and parity kernels: what `holdfast explore raid` and `holdfast sim raid` run. */
import type { VerificationSuite } from '@holdfast/simulation';
import { raidSimulation } from './raid-simulation.ts';
import { updateMutants } from './update-mutants.ts';
import type { UpdateScenario } from './update-scenario.ts';
import { longScenarios, quickScenarios, slowScenarios } from './update-scenarios.ts';
import { updateWorld } from './update-world.ts';

const scenarios: readonly UpdateScenario[] = [
  ...Object.values<UpdateScenario>(quickScenarios),
  ...Object.values<UpdateScenario>(slowScenarios),
];

export const raidSuite: VerificationSuite = {
  kernel: 'raid',
  configurations: scenarios.map((scenario) => updateWorld(scenario)),
  mutants: updateMutants,
  long: Object.values<UpdateScenario>(longScenarios).map((scenario) => updateWorld(scenario)),
  simulation: raidSimulation,
};
