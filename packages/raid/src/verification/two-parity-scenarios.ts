import type { Toughness } from '../kernel/iom-messages.ts';
import { twoParityTable } from '../kernel/two-parity-table.ts';
import { startingAt } from './row-image.ts';
import type { GroupPlan, UpdateScenario } from './update-scenario.ts';

/** The written slot is the second one, so that Q counts it twice; the other member must come out unchanged. */
const twoPlusTwo: GroupPlan = { members: ['idle', 0], parity: 1, second: 2 };

const one = (name: string, toughness: Toughness, crashes: number, more: Partial<UpdateScenario> = {}) => ({
  name,
  nodes: 3,
  groups: [twoPlusTwo],
  writes: [{ group: 0, slot: 1, toughness }],
  crashes,
  ...more,
});

/** Small enough for every test run. */
export const quickPairScenarios = {
  calm: one('2+2, one write, nobody stops', 2, 0),
  oneStop: one('2+2, one write at toughness 2, one stop', 2, 1),
  oneStop1: one('2+2, one write at toughness 1, one stop', 1, 1),
} as const satisfies Record<string, UpdateScenario>;

/** What takes longer. */
export const slowPairScenarios = {
  twoStops: one('2+2, one write at toughness 2, two stops', 2, 2),
  twoStops1: one('2+2, one write at toughness 1, two stops', 1, 2),
  pull: one('2+2, the deltas asked for, one write at toughness 1, one stop', 1, 1, { pull: true }),
  breaks: one('2+2, one write at toughness 2, a link breaks and one stops', 2, 1, { breaks: 1 }),
} as const satisfies Record<string, UpdateScenario>;

/** Both writers of a group on nodes of their own. */
const twoWriters: GroupPlan = { members: [0, 1], parity: 2, second: 3 };
const bothSlots = (name: string, crashes: number): UpdateScenario => ({
  name,
  nodes: 4,
  groups: [twoWriters],
  writes: [
    { group: 0, slot: 0, toughness: 2 },
    { group: 0, slot: 1, toughness: 2 },
  ],
  crashes,
});

/** What takes many minutes, or finds no end in the time it is given. */
export const longPairScenarios = {
  threeStops: one('2+2, one write at toughness 2, three stops', 2, 3),
  sameGroup: bothSlots('2+2, two members of one group, nobody stops', 0),
  sameGroupStop: bothSlots('2+2, two members of one group, one stop', 1),
} as const satisfies Record<string, UpdateScenario>;

const bits = (row: number): string => row.toString(2).padStart(6, '0');

/** Every row of the decision table: power is lost once more at any step of what follows. */
export const rowScenarios: readonly UpdateScenario[] = twoParityTable.map((_, row) =>
  startingAt(one(`2+2 after a loss of power, row ${row} (${bits(row)})`, 2, 1), row),
);

/** The same where blocks are read slowly, for two rows in which a data block and a parity block are made again. */
export const slowRowScenarios: readonly UpdateScenario[] = [0b001100, 0b000011].map((row) =>
  startingAt(one(`2+2 after a loss of power, slow reads, row ${row} (${bits(row)})`, 2, 1, { slowReads: true }), row),
);
