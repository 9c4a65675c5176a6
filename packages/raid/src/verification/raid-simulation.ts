import type { SimulationSpec } from '@holdfast/simulation';
import type { Toughness } from '../kernel/iom-messages.ts';
import { type RaidRules, raidRules } from '../kernel/raid-rules.ts';
import { atRest } from './update-properties.ts';
import type { PlannedWrite, UpdateScenario } from './update-scenario.ts';
import { updateWorld } from './update-world.ts';

const writesMax = 30;
const toughnesses: readonly Toughness[] = [2, 1, 2, 0, 2];

/** Each of four nodes has data of two groups and a parity of one or two others; two of the groups have P and Q. */
const manyWrites: UpdateScenario = {
  name: '4 nodes, 4 groups, 30 writes',
  nodes: 4,
  groups: [
    { members: [0, 1], parity: 2, second: 3 },
    { members: [1, 2], parity: 3 },
    { members: [2, 3], parity: 0, second: 1 },
    { members: [3, 0], parity: 1 },
  ],
  writes: Array.from({ length: writesMax }, (_, index): PlannedWrite => {
    const part = { start: index % 2, units: 1 };
    const [group, slot] = [index % 4, (index >>> 2) % 2];
    const toughness = toughnesses[index % toughnesses.length]!;
    return { group, slot, toughness, retried: index % 3 === 0, ...(index % 3 === 1 && { range: part }) };
  }),
  crashes: 0,
  slowReads: true,
  batches: 2000,
  spare: 3,
};

export const raidSimulationWith = (rules: RaidRules): SimulationSpec => ({
  world: updateWorld(manyWrites, rules),
  faults: { crash: 80, linkDown: 20, tornWrite: 0.5, pause: 5, clog: 5, diskSlow: 0.02, diskError: 0.05 },
  failedDiskStops: true,
  missing: (view) => (atRest(manyWrites, view) ? undefined : 'something that was begun has not ended'),
  callMs: 4,
  diskMs: 4,
});

export const raidSimulation: SimulationSpec = raidSimulationWith(raidRules);
