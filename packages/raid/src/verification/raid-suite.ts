/** The proof of the data and parity kernels: what `holdfast explore raid` and `holdfast sim raid` run. */
import type { VerificationSuite } from '@holdfast/simulation';
import { updateMutants } from './update-mutants.ts';
import type { UpdateScenario } from './update-scenario.ts';
import { quickScenarios, slowScenarios } from './update-scenarios.ts';
import { updateWorld } from './update-world.ts';

const scenarios: readonly UpdateScenario[] = [
  ...Object.values<UpdateScenario>(quickScenarios),
  ...Object.values<UpdateScenario>(slowScenarios),
];

export const raidSuite: VerificationSuite = {
  kernel: 'raid',
  configurations: scenarios.map((scenario) => updateWorld(scenario)),
  mutants: updateMutants,
  simulation: { world: updateWorld(quickScenarios.powerLoss), faults: {}, missing: () => undefined },
};
