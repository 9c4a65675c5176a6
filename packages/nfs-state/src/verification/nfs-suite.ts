/** The proof of the state that heads share: what `holdfast explore nfs-state` and `holdfast sim nfs-state` run. */
import type { SimulationSpec, VerificationSuite } from '@holdfast/simulation';
import { nfsMutants } from './nfs-mutants.ts';
import { isQuiet, type NfsScenario } from './nfs-scenario.ts';
import {
  delegationScenarios,
  everything,
  layoutScenarios,
  longScenarios,
  nfsScenarios,
  sessionScenarios,
} from './nfs-scenarios.ts';
import { nfsWorld } from './nfs-world.ts';

/** More requests, deaths and repetitions than can be explored. */
const large: NfsScenario = {
  name: '40 requests of each client, 6 deaths, 6 heads cut off',
  minor: 0,
  menus: [everything, everything],
  acts: 40,
  startsOpen: true,
  repeats: 20,
  kills: 6,
  restarts: 6,
  cuts: 6,
  hasLeases: true,
  pauses: 4,
};

const manyDelegations: NfsScenario = {
  name: '40 requests of each client for what is delegated, 6 deaths, 6 heads cut off',
  minor: 0,
  menus: delegationScenarios.plain.menus,
  acts: 40,
  repeats: 20,
  kills: 6,
  restarts: 6,
  cuts: 6,
  hasLeases: true,
  delegates: true,
};

const manyLayouts: NfsScenario = {
  ...layoutScenarios.trouble,
  name: '40 requests of each client for layouts, 6 deaths, 6 heads cut off',
  acts: 40,
  repeats: 20,
  kills: 6,
  restarts: 6,
  cuts: 6,
};

const sessionActs: NfsScenario['menus'][0] = [
  ...sessionScenarios.steps.menus[0],
  ...sessionScenarios.sessions.menus[0],
  ...nfsScenarios.slots.menus[0],
];

const manySessions: NfsScenario = {
  name: '40 requests of each client in sessions, some change nothing, 6 deaths, 6 heads cut off, heads that stand still',
  minor: 1,
  menus: [sessionActs, sessionActs],
  acts: 40,
  repeats: 20,
  kills: 6,
  restarts: 6,
  cuts: 6,
  roams: true,
  hasLeases: true,
  spreadsRenewals: true,
  pauses: 4,
};

const allScenarios: readonly NfsScenario[] = [
  ...Object.values(nfsScenarios),
  ...Object.values(sessionScenarios),
  ...Object.values(delegationScenarios),
  ...Object.values(layoutScenarios),
];

const simulationOf = (scenario: NfsScenario): SimulationSpec => ({
  world: nfsWorld(scenario),
  faults: {},
  safetyMs: 200,
  livenessMs: 2000,
  missing: (view) => (isQuiet(view) ? undefined : 'somebody has no answer, or a head is behind'),
});

export const nfsSuite: VerificationSuite = {
  kernel: 'nfs-state',
  configurations: allScenarios.map((scenario) => nfsWorld(scenario)),
  long: Object.values(longScenarios).map((scenario) => nfsWorld(scenario)),
  mutants: nfsMutants,
  simulation: simulationOf(large),
  furtherSimulations: [simulationOf(manyDelegations), simulationOf(manyLayouts), simulationOf(manySessions)],
};
