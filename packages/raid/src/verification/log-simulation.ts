/** The log of a drive under stops, torn and slow writes, in a ring so small that every run laps it: fault classes F1, F2 and F14. */
import type { FaultRates, SimulationSpec, WorldView } from '@holdfast/simulation';
import { type LogRules, logRules } from '../kernel/log-state.ts';
import { type LogScenario, logOf, logWorld } from './log-world.ts';

const faults: FaultRates = { crash: 60, tornWrite: 0.5, pause: 5, diskSlow: 0.05 };

/** As many as an image has bits for. */
const appendsMax = 18;

function missing(view: WorldView): string | undefined {
  const { phase, queue, batch, checkpoint } = logOf(view);
  if (phase === 'reading') return 'the log is not read';
  const isIdle = queue.length === 0 && batch === undefined && checkpoint === undefined;
  return phase === 'damaged' || isIdle ? undefined : 'an append that waits';
}

/** Many appends to one log, with the production rules or with some replaced. */
export function logSimulation(scenario: LogScenario, rules: LogRules = logRules): SimulationSpec {
  return { world: logWorld(scenario, rules), faults, missing, callMs: 1, diskMs: 1 };
}

export const smallRing: LogScenario = {
  name: 'log: 18 appends, a ring of 2',
  appends: appendsMax,
  ringBatches: 2,
  faults: {},
};

export const logSimulations: readonly SimulationSpec[] = [
  logSimulation(smallRing),
  logSimulation({ name: 'log: 18 appends, a ring of 4', appends: appendsMax, ringBatches: 4, faults: {} }),
];
