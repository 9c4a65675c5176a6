/** The simulated arrays over sessions whose links lose, repeat, hold up and break: fault classes F11 and F13. */
import { type LineMistake, overSessions } from '@holdfast/runtime/verification';
import type { FaultRates, SimulationSpec } from '@holdfast/simulation';
import { proxySimulation } from './proxy-simulation.ts';
import { raidSimulation } from './raid-simulation.ts';

const linksPerPair = 2;

/** What links may do below a session, and nodes that do nothing or whose clocks jump. */
const linkFaults: FaultRates = {
  drop: 0.05,
  corrupt: 0.02,
  clog: 2,
  cutOneWay: 2,
  cutBothWays: 2,
  linkDown: 8,
  ghost: 0.5,
  suspect: 8,
  pause: 2,
  lateTimer: 0.05,
  clockJump: 2,
};

/** A simulation of kernels over perfect links, put on sessions; `mistake` is a seeded bug of theirs. */
export function onSessions(simulation: SimulationSpec, name: string, mistake?: LineMistake): SimulationSpec {
  const { world, faults, missing } = simulation;
  const over = overSessions(world, { name, linksPerPair, ...(mistake !== undefined && { mistake }) });
  return {
    ...simulation,
    world: over.world,
    faults: { ...faults, ...linkFaults },
    missing: (view, core) => missing(over.inner(view), core),
    messageMs: 0.3,
    livenessMs: 5000,
  };
}

export const sessionSimulations: readonly SimulationSpec[] = [
  onSessions(raidSimulation, '4 nodes, 4 groups, 30 writes, over sessions'),
  onSessions(proxySimulation, '3 nodes, 3 groups, 24 writes, 2 absences, over sessions'),
];
