/** The page-sync kernel's proof: what `holdfast explore page-sync` and `holdfast sim page-sync` run. */
import type { SimulationSpec, VerificationSuite } from '@holdfast/simulation';
import { pageSyncMutants } from './page-sync-mutants.ts';
import { isAtRest, type PageSyncScenario } from './page-sync-scenario.ts';
import { pageSyncScenarios } from './page-sync-scenarios.ts';
import { pageSyncWorld } from './page-sync-world.ts';

/** More pages, servers and trouble than can be explored. */
const large: PageSyncScenario = {
  name: '12 pages on 3 data servers, 60 writes',
  pages: 12,
  dataServers: 3,
  how: ['UNSTABLE', 'UNSTABLE'],
  writes: Array.from({ length: 60 }, (_, nth) => ({ page: (nth * 7) % 12, locked: nth % 5 === 0 })),
  flushes: 12,
  writeBacks: [0, 3, 6, 9],
  truncatesAt: 8,
  restarts: [0, 1, 2, 3, 1, 2],
  losses: [0, 1, 2, 3, 0, 2],
  refusals: [
    { type: 'write', server: 1, why: 'transient' },
    { type: 'write', server: 2, why: 'permanent' },
    { type: 'commit', server: 3, again: true },
    { type: 'commit', server: 1, again: false },
    { type: 'layout', why: 'later' },
    { type: 'layout-commit', again: false },
  ],
  recalls: 3,
  expiries: 1,
  layoutErrorsMax: 20,
  writesMax: 4,
  commitPages: 3,
};

const simulation: SimulationSpec = {
  world: pageSyncWorld(large),
  faults: { pause: 5, clog: 5 },
  missing: (view) => (isAtRest(view) ? undefined : 'an fsync or a truncation has no answer'),
};

export const pageSyncSuite: VerificationSuite = {
  kernel: 'page-sync',
  configurations: Object.values(pageSyncScenarios).map((scenario) => pageSyncWorld(scenario)),
  mutants: pageSyncMutants,
  simulation,
};
