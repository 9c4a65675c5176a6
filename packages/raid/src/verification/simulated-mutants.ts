/** Seeded bugs that the simulation must catch, in kernels, in the log, in sessions, and in what becomes of a drive that fails. */
import type { SimulationSpec } from '@holdfast/simulation';
import { logRules } from '../kernel/log-state.ts';
import { type ProxyRules, proxyRules } from '../kernel/proxy-rules.ts';
import { type RaidRules, raidRules } from '../kernel/raid-rules.ts';
import { logSimulation, smallRing } from './log-simulation.ts';
import { pairSimulationWith } from './pair-simulation.ts';
import { proxySimulation, proxySimulationWith } from './proxy-simulation.ts';
import { raidSimulation, raidSimulationWith } from './raid-simulation.ts';
import { onSessions } from './session-simulations.ts';

const withRules = (rules: Partial<RaidRules>) => raidSimulationWith({ ...raidRules, ...rules });
const withProxyRules = (rules: Partial<ProxyRules>) => proxySimulationWith({ ...proxyRules, ...rules });
const withPairRules = (rules: Partial<ProxyRules>) => pairSimulationWith({ ...proxyRules, ...rules });
const withLogRules = (rules: Partial<typeof logRules>) => logSimulation(smallRing, { ...logRules, ...rules });

export interface SimulatedMutant {
  readonly name: string;
  /** A seed not far before the first that shows it. */
  readonly seed: number;
  readonly simulation: SimulationSpec;
}

const mutants: readonly (readonly [string, number, SimulationSpec])[] = [
  [
    'F1: an entry ends before the other side is hardened',
    1,
    withRules({ mayCompleteData: ({ hardened }) => hardened }),
  ],
  ['F1: an address is used again before its end is durable', 1, withRules({ retiresDurably: () => false })],
  ['F2: a torn block is taken for whole', 13, withRules({ verifies: () => false })],
  ['F1: a change of parity is not built on the one before', 1, withRules({ chains: () => false })],
  [
    'F8: a write that failed is taken for done',
    6,
    { ...raidSimulation, failedDiskStops: false, faults: { ...raidSimulation.faults, diskError: 0.1 } },
  ],
  [
    'F8: the same, while members come and go',
    7,
    { ...proxySimulation, failedDiskStops: false, faults: { ...proxySimulation.faults, diskError: 0.1 } },
  ],
  ['F11: a session loses a message', 1, onSessions(raidSimulation, 'loses', 'loses')],
  ['F11: a session reorders messages', 13, onSessions(raidSimulation, 'reorders', 'reorders')],
  ['F12: a proxy does not mark what it writes', 30, withProxyRules({ marksWrites: () => false })],
  [
    'F12: a block to be restored waits for updates that wait for the other parity',
    35,
    withPairRules({ restoresBeside: () => false }),
  ],
  ['F12: a member tells a block before both parities said what changed', 35, withPairRules({ hearsBoth: () => false })],
  ['F14: one batch too many in the ring', 15, withLogRules({ capacity: (batches) => batches + 1 })],
  ['F14: trimmed before the superblock is durable', 43, withLogRules({ trimsAfterSuperblock: () => false })],
  ['F2: a torn batch is taken for whole', 52, withLogRules({ checksBatch: () => false })],
  ['F1: an append is answered before the flush', 1, withLogRules({ answersAfterFlush: () => false })],
];

export const simulatedMutants: readonly SimulatedMutant[] = mutants.map(([name, seed, simulation]) => ({
  name,
  seed,
  simulation,
}));
