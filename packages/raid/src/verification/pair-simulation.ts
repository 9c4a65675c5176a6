/** Arrays with two parities of which up to two members are away: deputies write for them, and they come back in any order. */
import type { SimulationSpec } from '@holdfast/simulation';
import { type ProxyRules, proxyRules } from '../kernel/proxy-rules.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import { absencesUnderFaults } from './proxy-simulation.ts';
import type { PlannedWrite } from './update-scenario.ts';
import type { ViewPlan } from './view-keeper.ts';

const nodes = [0, 1, 2, 3] as const;
const writesPerBlock = 3;
const absencesMax = 2;
/** Who is lost first, and who beside it or while it comes back. */
const losses = [
  [0, 1],
  [1, 3],
  [2, 0],
  [3, 2],
] as const;

/** One absence after the other: one is lost, or two, and each comes back alone or with the other one. */
function absences(): ViewPlan[] {
  const views: ViewPlan[] = [{ out: [], returning: [], after: [] }];
  const add = (out: number[], returning: number[], ...after: number[]): number =>
    views.push({ out, returning, after }) - 1;
  for (let absence = 0; absence < absencesMax; absence++) {
    const start = views.length - 1;
    const ends = losses.flatMap(([one, other]) => {
      const lost = add([one], [], start);
      const back = add([], [one], lost);
      const bothLost = add([one, other], [], lost);
      const firstBack = add([other], [one], bothLost, back);
      const secondBack = add([one], [other], bothLost);
      return [back, add([], [one, other], firstBack, secondBack)];
    });
    add([], [], ...ends);
  }
  return views;
}

/** Each of four nodes has data of two groups, P of one and Q of one. */
const groups = nodes.map((first) => ({
  members: [first, (first + 1) % nodes.length],
  parity: (first + 2) % nodes.length,
  second: (first + 3) % nodes.length,
}));
const blocks = groups.flatMap(({ members }, group) => members.map((_, slot) => ({ group, slot })));

/**
 * Whoever writes in the place of a member read the block before. So where one does that a second and a third time, nobody
 * else writes the block, and what was read is known; the other blocks are written by their members, and once beside them.
 */
const writes = Array.from({ length: writesPerBlock }, (_, turn) => turn).flatMap((turn) =>
  blocks.map((block, index): PlannedWrite => {
    const before = turn > 0 && block.slot === 0 ? { after: (turn - 1) * blocks.length + index } : {};
    return { ...block, toughness: (turn + index) % 3 === 1 ? 1 : 2, ...before };
  }),
);
const all = [...writes.keys()];

const pairAbsences: ProxyScenario = {
  name: '4 nodes, 4 groups with two parities, 24 writes, 2 absences of one or two',
  nodes: nodes.length,
  groups,
  writes,
  atProxy: all.filter((write) => write < blocks.length),
  onlyAtProxy: all.filter((write) => writes[write]!.after !== undefined),
  asksUntilDone: true,
  inOrder: true,
  deputies: nodes,
  views: absences(),
  crashes: 0,
  slowReads: true,
  batches: 2000,
  spare: 3,
};

export const pairSimulationWith = (rules: ProxyRules): SimulationSpec => absencesUnderFaults(pairAbsences, 20, rules);

export const pairSimulation: SimulationSpec = pairSimulationWith(proxyRules);
