import type { Toughness } from '../kernel/iom-messages.ts';
import { noPeer } from '../kernel/journal.ts';
import type { GroupPlan, PlannedWrite, UpdateScenario } from './update-scenario.ts';

/** Data on node 0, parity on node 1; another member that nobody writes must come out unchanged. */
const twoPlusOne: GroupPlan = { members: [0, 'idle'], parity: 1 };
const threePlusOne: GroupPlan = { members: [0, 'idle', 'idle'], parity: 1 };
const mirror: GroupPlan = { members: [0], parity: 1 };
/** Two members on nodes of their own. */
const twoWriters: GroupPlan = { members: [0, 1], parity: 2 };
/** Two members behind one data IOM: never laid out so, but the smallest world with a chain of parity updates. */
const chain: GroupPlan = { members: [0, 0], parity: 1 };
/** Two groups between the same two nodes. */
const twoGroups: readonly GroupPlan[] = [twoPlusOne, twoPlusOne];
const twoWritersOfThree: GroupPlan = { members: [0, 1, 'idle'], parity: 2 };
/** Each of two nodes has data of one group and the parity of the other. */
const crossed: readonly GroupPlan[] = [
  { members: [0, 'idle'], parity: 1 },
  { members: [1, 'idle'], parity: 0 },
];

const at = (toughness: Toughness, more: Partial<PlannedWrite> = {}): PlannedWrite => ({
  group: 0,
  slot: 0,
  toughness,
  ...more,
});

const one = (name: string, group: GroupPlan, toughness: Toughness, crashes: number): UpdateScenario => ({
  name,
  nodes: 2,
  groups: [group],
  writes: [at(toughness)],
  crashes,
  torn: crashes === 0 ? 0 : 1,
});

const both = (name: string, groups: readonly GroupPlan[], writes: readonly PlannedWrite[], crashes: number) => ({
  name,
  nodes: Math.max(...groups.map(({ parity }) => parity), 1) + 1,
  groups,
  writes,
  crashes,
});

const second = { slot: 1 } as const;

/** A block that nothing but its own drive has. */
const alone: GroupPlan = { members: [0], parity: noPeer };

/** Small enough for every test run. */
export const quickScenarios = {
  undisturbed: one('2+1, one write, nobody stops', twoPlusOne, 2, 0),
  oneStop0: one('2+1, one write at toughness 0, one stop', twoPlusOne, 0, 1),
  oneStop1: one('2+1, one write at toughness 1, one stop', twoPlusOne, 1, 1),
  powerLoss: one('2+1, one write at toughness 2, two stops', twoPlusOne, 2, 2),
  mirror: one('mirror, one write at toughness 2, two stops', mirror, 2, 2),
  pull: { ...one('2+1, the delta asked for, one write at toughness 1, one stop', twoPlusOne, 1, 1), pull: true },
  sameBlock: both('2+1, two writes of one block, one stop', [twoPlusOne], [at(2), at(1)], 1),
  slowReads: {
    ...one('2+1, slow reads, one write at toughness 2, two stops', twoPlusOne, 2, 2),
    slowReads: true,
    torn: 0,
  },
  breaks: { ...both('2+1, two writes of one block, a link breaks', [twoPlusOne], [at(2), at(1)], 0), breaks: 1 },
  breakAndStop: {
    ...one('2+1, the delta asked for, a link breaks and one stops', twoPlusOne, 1, 1),
    breaks: 1,
    pull: true,
  },
  chainCalm: both('2+1, two members of one group, nobody stops', [twoWriters], [at(2), at(2, second)], 0),
  alone: { ...one('no parity, one write at toughness 2, two stops', alone, 2, 2), nodes: 1 },
  alone1: {
    ...one('no parity, two writes of one block at toughness 1, two stops', alone, 1, 2),
    nodes: 1,
    writes: [at(1), at(1)],
  },
  retry: both('2+1, one write and its retry, one stop', [twoPlusOne], [at(2, { retried: true })], 1),
} as const satisfies Record<string, UpdateScenario>;

/** What takes longer. */
export const slowScenarios = {
  chain: both('2+1, two members of one group behind one data IOM, one stop', [chain], [at(2), at(1, second)], 1),
  twoBlocks: both('2+1, two groups between two nodes, one stop', twoGroups, [at(1), at(1, { group: 1 })], 1),
  threeStops: one('2+1, one write at toughness 2, three stops', twoPlusOne, 2, 3),
  fourStops: one('2+1, one write at toughness 2, four stops', twoPlusOne, 2, 4),
  wide: one('3+1, one write at toughness 2, three stops', threePlusOne, 2, 3),
  pullStops: {
    ...one('2+1, the delta asked for, one write at toughness 2, three stops', twoPlusOne, 2, 3),
    pull: true,
  },
  sameBlockStops: both('2+1, two writes of one block, two stops', [twoPlusOne], [at(2), at(2)], 2),
  sequence: both(
    '2+1, two parts of one block, one after the other, two stops',
    [twoPlusOne],
    [at(2, { range: { start: 0, units: 1 } }), at(2, { range: { start: 1, units: 1 }, after: 0 })],
    2,
  ),
  retryLate: both(
    '2+1, a write, a newer one, and a late retry of the first, one stop',
    [twoPlusOne],
    [at(2, { retried: true }), at(2, { after: 0 })],
    1,
  ),
} as const satisfies Record<string, UpdateScenario>;

/** What takes many minutes, or finds no end in the time it is given. */
export const longScenarios = {
  sameGroup: both('2+1, two members of one group, one stop', [twoWriters], [at(2), at(2, second)], 1),
  sameGroupStops: both('2+1, two members of one group, two stops', [twoWriters], [at(2), at(2, second)], 2),
  wideGroup: both('3+1, two members of one group, two stops', [twoWritersOfThree], [at(2), at(2, second)], 2),
  otherGroup: both('2+1, two groups crossed, one stop', crossed, [at(2), at(2, { group: 1 })], 1),
  otherGroups: both('2+1, two groups crossed, two stops', crossed, [at(2), at(2, { group: 1 })], 2),
} as const satisfies Record<string, UpdateScenario>;
