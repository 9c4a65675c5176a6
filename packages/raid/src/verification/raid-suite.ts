/** The proof of the data and parity kernels, and of the log they stand on: what `holdfast explore raid` and `holdfast sim raid` run. */
import type { VerificationSuite } from '@holdfast/simulation';
import { deputyMutants } from './deputy-mutants.ts';
import { deputyLong, deputyScenarios } from './deputy-scenarios.ts';
import { simulatedFaultClasses } from './fault-classes.ts';
import { logMutants } from './log-mutants.ts';
import { logSimulations } from './log-simulation.ts';
import { type LogScenario, logScenarios, logWorld } from './log-world.ts';
import { proxyMutants } from './proxy-mutants.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import { proxyLong, proxyQuick, proxySlow } from './proxy-scenarios.ts';
import { proxySimulation } from './proxy-simulation.ts';
import { proxyWorld } from './proxy-world.ts';
import { raidSimulation } from './raid-simulation.ts';
import { sessionSimulations } from './session-simulations.ts';
import { tidingsLong, tidingsScenarios } from './tidings-scenarios.ts';
import { twoParityMutants } from './two-parity-mutants.ts';
import {
  longPairScenarios,
  quickPairScenarios,
  rowScenarios,
  slowPairScenarios,
  slowRowScenarios,
} from './two-parity-scenarios.ts';
import { updateMutants } from './update-mutants.ts';
import type { UpdateScenario } from './update-scenario.ts';
import { longScenarios, quickScenarios, slowScenarios } from './update-scenarios.ts';
import { updateWorld } from './update-world.ts';

const scenarios: readonly UpdateScenario[] = [
  ...Object.values<UpdateScenario>(quickScenarios),
  ...Object.values<UpdateScenario>(slowScenarios),
  ...Object.values<UpdateScenario>(quickPairScenarios),
  ...Object.values<UpdateScenario>(slowPairScenarios),
  ...rowScenarios,
  ...slowRowScenarios,
];

/** Not by their keys: those of two lists may be the same. */
const all = (...lists: Readonly<Record<string, ProxyScenario>>[]): ProxyScenario[] =>
  lists.flatMap(Object.values<ProxyScenario>);
const absences = all(deputyScenarios, proxyQuick, tidingsScenarios, proxySlow);
const longAbsences = all(proxyLong, tidingsLong, deputyLong);

export const raidSuite: VerificationSuite = {
  kernel: 'raid',
  configurations: [
    ...scenarios.map((scenario) => updateWorld(scenario)),
    ...Object.values<LogScenario>(logScenarios).map((scenario) => logWorld(scenario)),
    ...absences.map((scenario) => proxyWorld(scenario)),
  ],
  mutants: [...updateMutants, ...twoParityMutants, ...logMutants, ...proxyMutants, ...deputyMutants],
  long: [
    ...Object.values<UpdateScenario>({ ...longScenarios, ...longPairScenarios }).map((scenario) =>
      updateWorld(scenario),
    ),
    ...longAbsences.map((scenario) => proxyWorld(scenario)),
  ],
  simulation: raidSimulation,
  furtherSimulations: [proxySimulation, ...sessionSimulations, ...logSimulations],
  faultClasses: simulatedFaultClasses,
};
