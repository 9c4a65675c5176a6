/** Seeded bugs in what is done in the place of a data IOM that is stopped, in groups with two parities. */
import type { Mutant } from '@holdfast/simulation';
import { type ProxyRules, proxyRules } from '../kernel/proxy-rules.ts';
import { type AgreedStep, type RaidRules, raidRules } from '../kernel/raid-rules.ts';
import { deputyScenarios } from './deputy-scenarios.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import { proxyWorld } from './proxy-world.ts';

interface SeededBug {
  readonly name: string;
  readonly scenario: ProxyScenario;
  readonly rules?: Partial<ProxyRules>;
  readonly inner?: Partial<RaidRules>;
}

const { takesOver, firstParityStops, secondParityBack } = deputyScenarios;

/** One parity IOM is enough for a step that needs both. */
const oneIsEnough = (step: AgreedStep): Partial<RaidRules> => ({
  agree: (asked, each) => (asked === step ? each.some(Boolean) : raidRules.agree(asked, each)),
});

const bugs: readonly SeededBug[] = [
  { name: 'deputy: answers when one parity has the write', scenario: firstParityStops, inner: oneIsEnough('answer') },
  {
    name: 'deputy: gives up what only one parity has',
    scenario: firstParityStops,
    inner: {
      decide: (row, parities) => ((row & 12) === 12 && (row & 3) === 3 ? raidRules.decide(row, parities) : 'back'),
    },
  },
  {
    name: 'deputy: does not take over what the stopped one had open',
    scenario: takesOver,
    inner: { adopts: () => false },
  },
  {
    name: 'deputy: does not ask anew what is open when it is to speak in the place of another one',
    scenario: firstParityStops,
    rules: { asksNewHeads: () => false },
  },
  {
    name: 'deputy: its difference is applied twice',
    scenario: secondParityBack,
    inner: { isMerged: () => false },
  },
  {
    name: 'deputy: what ends in its place is not marked',
    scenario: deputyScenarios.returns,
    rules: { marksAway: () => false },
  },
];

export const deputyMutants: readonly Mutant[] = bugs.map(({ name, scenario, rules, inner }) => ({
  name,
  configuration: scenario.name,
  world: proxyWorld(scenario, { ...proxyRules, ...rules }, true, { ...raidRules, ...inner }),
}));
