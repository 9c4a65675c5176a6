import type { SimulationSpec } from '@holdfast/simulation';
import type { Toughness } from '../kernel/iom-messages.ts';
import { type ProxyRules, proxyRules } from '../kernel/proxy-rules.ts';
import { isAtRest } from './proxy-properties.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import { proxyWorld } from './proxy-world.ts';
import type { PlannedWrite } from './update-scenario.ts';
import type { ViewPlan } from './view-keeper.ts';

const writesMax = 24;
const nodes = [0, 1, 2] as const;
const absencesMax = 2;
const toughnesses: readonly Toughness[] = [2, 1, 2, 0, 2];

/** One absence after the other, each of any node: stopped, back, stopped again or up to date. */
function absences(): ViewPlan[] {
  const views: ViewPlan[] = [{ out: [], returning: [], after: [] }];
  for (let absence = 0; absence < absencesMax; absence++) {
    const start = views.length - 1;
    const ends: number[] = [];
    for (const node of nodes) {
      const first = views.length;
      views.push(
        { out: [node], returning: [], after: [start] },
        { out: [], returning: [node], after: [first] },
        { out: [node], returning: [], after: [first + 1] },
        { out: [], returning: [node], after: [first + 2] },
      );
      ends.push(first + 1, first + 3);
    }
    views.push({ out: [], returning: [], after: ends });
  }
  return views;
}

/** Each of three nodes has data of two groups and the parity of the third. */
const manyAbsences: ProxyScenario = {
  name: '3 nodes, 3 groups, 24 writes, 2 absences',
  nodes: nodes.length,
  groups: [
    { members: [0, 1], parity: 2 },
    { members: [1, 2], parity: 0 },
    { members: [2, 0], parity: 1 },
  ],
  writes: Array.from({ length: writesMax }, (_, index): PlannedWrite => {
    const part = { start: index % 2, units: 1 };
    const [group, slot] = [index % 3, (index >>> 2) % 2];
    const toughness = toughnesses[index % toughnesses.length]!;
    return { group, slot, toughness, ...(index % 4 === 1 && { range: part }) };
  }),
  atProxy: Array.from({ length: writesMax }, (_, index) => index).filter((index) => index % 3 !== 0),
  onlyAtProxy: Array.from({ length: writesMax }, (_, index) => index).filter((index) => index % 6 === 0),
  asksAnyTime: true,
  views: absences(),
  crashes: 0,
  slowReads: true,
  batches: 2000,
  spare: 3,
};

/** Members of a scenario are away and come back, beside so many stops, torn writes, and drives that are slow or fail. */
export const absencesUnderFaults = (scenario: ProxyScenario, crash: number, rules: ProxyRules): SimulationSpec => ({
  world: proxyWorld(scenario, rules),
  faults: { crash, tornWrite: 0.5, pause: 5, clog: 5, diskSlow: 0.02, diskError: 0.01 },
  failedDiskStops: true,
  missing: (view) => (isAtRest(scenario, view) ? undefined : 'something that was begun has not ended'),
  callMs: 12,
  diskMs: 4,
});

export const proxySimulationWith = (rules: ProxyRules): SimulationSpec => absencesUnderFaults(manyAbsences, 15, rules);

export const proxySimulation: SimulationSpec = proxySimulationWith(proxyRules);
