import type { Mutant } from '@holdfast/simulation';
import { type AgreedStep, type RaidRules, raidRules } from '../kernel/raid-rules.ts';
import { twoParityTable } from '../kernel/two-parity-table.ts';
import { quickPairScenarios, rowScenarios, slowPairScenarios } from './two-parity-scenarios.ts';
import type { UpdateScenario } from './update-scenario.ts';
import { updateWorld } from './update-world.ts';

interface SeededBug {
  readonly name: string;
  readonly scenario: UpdateScenario;
  readonly rules: Partial<RaidRules>;
}

/** One parity IOM is enough for a step that needs both. */
const oneIsEnough = (step: AgreedStep): Partial<RaidRules> => ({
  agree: (asked, each) =>
    asked === step ? each.length === 0 || each.some(Boolean) || step === 'tell' : raidRules.agree(asked, each),
});

const { calm } = quickPairScenarios;
const { twoStops1 } = slowPairScenarios;

/** The scenario that starts at a row, by what its drives hold: mj, D1, pj, P1, qj, Q1. */
const rowOf = (bits: string): UpdateScenario => rowScenarios[Number.parseInt(bits, 2)]!;

const bugs: readonly SeededBug[] = [
  { name: '2+2: toughness 2 is answered on one parity hardened', scenario: calm, rules: oneIsEnough('answer') },
  { name: '2+2: toughness 1 is answered on one delta held', scenario: twoStops1, rules: oneIsEnough('hold') },
  { name: '2+2: a parity ends its entry before the other one is hardened', scenario: calm, rules: oneIsEnough('tell') },
  { name: '2+2: the old block is freed on one parity hardened', scenario: calm, rules: oneIsEnough('complete') },
  {
    name: '2+2: forward only if both parity halves are good',
    scenario: twoStops1,
    rules: {
      decide: (row, parities) => {
        const { from, again } = twoParityTable[row]!;
        return from === 'D' || again.length < 2 ? raidRules.decide(row, parities) : 'back';
      },
    },
  },
  {
    name: '2+2: forward only if the data half or P is good',
    scenario: rowOf('000011'),
    rules: {
      decide: (row, parities) => (twoParityTable[row]!.from === 'Q' ? 'back' : raidRules.decide(row, parities)),
    },
  },
  {
    name: '2+2: the parity that lacks an update is not sent what was recalled from the other',
    scenario: rowOf('001100'),
    rules: { completesPair: () => false },
  },
  {
    name: '2+2: Q takes a change in without the power of its slot',
    scenario: calm,
    rules: { scales: (side) => side !== 'parity' },
  },
  {
    name: '2+2: a change recalled from Q is not divided by the power of its slot',
    scenario: rowOf('000011'),
    rules: { scales: (side) => side !== 'data' },
  },
  {
    name: '2+2: what only the second parity knows of is not taken over',
    scenario: rowOf('000011'),
    rules: { adopts: () => false },
  },
  {
    name: '2+2: Q1 is taken for whole without its checksum',
    scenario: rowOf('110010'),
    rules: { verifies: (half) => half !== 'parity' },
  },
];

export const twoParityMutants: readonly Mutant[] = bugs.map(({ name, scenario, rules }) => ({
  name,
  configuration: scenario.name,
  world: updateWorld(scenario, { ...raidRules, ...rules }),
}));
