import type { Mutant } from '@holdfast/simulation';
import { decisionOf } from '../kernel/decision-table.ts';
import { type Half, type RaidRules, raidRules } from '../kernel/raid-rules.ts';
import type { UpdateScenario } from './update-scenario.ts';
import { quickScenarios, slowScenarios } from './update-scenarios.ts';
import { updateWorld } from './update-world.ts';

interface SeededBug {
  readonly name: string;
  readonly scenario: UpdateScenario;
  readonly rules: Partial<RaidRules>;
}

const { alone, alone1, oneStop0, oneStop1, powerLoss, sameBlock, retry, chainCalm } = quickScenarios;
const { retryLate, chain, twoBlocks } = slowScenarios;

const bugs: readonly SeededBug[] = [
  {
    name: 'no parity: toughness 1 is answered although nobody else holds the block',
    scenario: alone1,
    rules: { toughnessAlone: (asked) => asked },
  },
  {
    name: 'no parity: D1 is taken for whole without its checksum',
    scenario: alone,
    rules: { verifies: (half) => half !== 'data' },
  },
  {
    name: 'data hardened is said before mj is durable (L1)',
    scenario: powerLoss,
    rules: { mayTellData: ({ hardened }) => hardened },
  },
  {
    name: 'data hardened is said before D1 is durable (L1)',
    scenario: powerLoss,
    rules: { mayTellData: ({ journaled }) => journaled },
  },
  {
    name: 'parity hardened is said before pj is durable (L1)',
    scenario: powerLoss,
    rules: { mayTellParity: ({ hardened }) => hardened },
  },
  {
    name: 'parity hardened is said before P1 is durable (L1)',
    scenario: powerLoss,
    rules: { mayTellParity: ({ journaled }) => journaled },
  },
  {
    name: 'the old block is freed before parity hardened (L2, free-early)',
    scenario: powerLoss,
    rules: { mayCompleteData: ({ journaled, hardened }, _, first) => journaled && hardened && first },
  },
  {
    name: 'the old parity is freed before data hardened (L2, free-early)',
    scenario: powerLoss,
    rules: { mayCompleteParity: ({ journaled, hardened }, _, first) => journaled && hardened && first },
  },
  {
    name: 'mj_complete before mj is durable',
    scenario: powerLoss,
    rules: { mayCompleteData: ({ hardened }, parityHardened, first) => hardened && parityHardened && first },
  },
  {
    name: 'mj_complete before D1 is durable',
    scenario: powerLoss,
    rules: { mayCompleteData: ({ journaled }, parityHardened, first) => journaled && parityHardened && first },
  },
  {
    name: 'pj_complete before P1 is durable',
    scenario: powerLoss,
    rules: { mayCompleteParity: ({ journaled }, dataHardened, first) => journaled && dataHardened && first },
  },
  {
    name: 'pj_complete before pj is durable',
    scenario: powerLoss,
    rules: { mayCompleteParity: ({ hardened }, dataHardened, first) => hardened && dataHardened && first },
  },
  {
    name: 'toughness 2 is answered on parity hardened alone (T2-on-one-hardened)',
    scenario: powerLoss,
    rules: answering(2, (_, __, parityHardened) => parityHardened),
  },
  {
    name: 'toughness 2 is answered on data hardened alone (T2-on-one-hardened)',
    scenario: powerLoss,
    rules: answering(2, ({ journaled, hardened }) => journaled && hardened),
  },
  {
    name: 'toughness 1 is answered when the delta was sent',
    scenario: oneStop1,
    rules: answering(1, () => true),
  },
  {
    name: 'the parity IOM forgets the delta it holds when the data IOM stops',
    scenario: oneStop1,
    rules: { keepsHeld: () => false },
  },
  {
    name: 'back unless both halves are good',
    scenario: oneStop1,
    rules: { decide: (row) => (row === 15 || row === 7 ? decisionOf(row) : 'back') },
  },
  {
    name: 'forward only if the data half is good',
    scenario: oneStop1,
    rules: { decide: (row) => (row >= 12 ? 'forward' : 'back') },
  },
  {
    name: 'forward only if the parity half is good',
    scenario: oneStop0,
    rules: { decide: (row) => (row % 4 === 3 ? 'forward' : 'back') },
  },
  {
    name: 'the copy of mj in pj is not used (drop-the-mj-copy)',
    scenario: oneStop1,
    rules: { adopts: () => false },
  },
  {
    name: 'D1 is taken for whole without its checksum',
    scenario: powerLoss,
    rules: { verifies: (half) => half !== 'data' },
  },
  {
    name: 'P1 is taken for whole without its checksum',
    scenario: powerLoss,
    rules: { verifies: (half) => half !== 'parity' },
  },
  {
    name: 'an update that ended here is taken over again (ignore-complete)',
    scenario: powerLoss,
    rules: { isEnded: () => false },
  },
  {
    name: 'data hardened is not said again after the parity IOM lost it',
    scenario: powerLoss,
    rules: { tellsAgain: () => false },
  },
  {
    name: 'an update whose delta was held is not sent again after the parity IOM stopped',
    scenario: oneStop1,
    rules: { sendsAgain: (deltaHeld) => !deltaHeld },
  },
  {
    name: 'an update is merged into parity twice',
    scenario: powerLoss,
    rules: { isMerged: () => false },
  },
  {
    name: 'the parity IOM says what is open before its writes ended',
    scenario: powerLoss,
    rules: { settlesFirst: () => false },
  },
  {
    name: 'a freed block is used before its end is durable (I10)',
    scenario: sameBlock,
    rules: { retiresDurably: () => false },
  },
  {
    name: 'two updates of one block at once (L5)',
    scenario: sameBlock,
    rules: { waitsForBlock: () => false },
  },
  {
    name: 'updates of one block end in any order at the data IOM',
    scenario: sameBlock,
    rules: {
      mayCompleteData: ({ journaled, hardened }, parityHardened) => journaled && hardened && parityHardened,
    },
  },
  {
    name: 'journal entries are numbered anew after a restart',
    scenario: twoBlocks,
    rules: { firstEntry: () => 1 },
  },
  {
    name: 'a write begins before the parity IOM said what is open',
    scenario: retry,
    rules: { waitsForPeer: () => false },
  },
  {
    name: 'a late retry is carried out again',
    scenario: retryLate,
    rules: { isRetry: () => false },
  },
  {
    name: 'parity hardened is said before the parity it is built on is durable (no-chain-rule)',
    scenario: chain,
    rules: { mayTellParity: ({ journaled, hardened }) => journaled && hardened },
  },
  {
    name: 'updates of one parity block end in any order (no-chain-rule)',
    scenario: chainCalm,
    rules: { mayCompleteParity: ({ journaled, hardened }, dataHardened) => journaled && hardened && dataHardened },
  },
  {
    name: 'the second update of a parity block starts from the old parity (no-chain-rule)',
    scenario: chainCalm,
    rules: { chains: () => false },
  },
  {
    name: 'parity built on a lost block is taken for good (no-chain-rule)',
    scenario: chain,
    rules: { cutsChain: () => false },
  },
];

/** The rule of answering with another one for calls of that toughness. */
function answering(level: 1 | 2, when: (half: Half, held: boolean, parity: boolean) => boolean): Partial<RaidRules> {
  return {
    mayAnswer: (toughness, half, held, parity) =>
      toughness === level ? when(half, held, parity) : raidRules.mayAnswer(toughness, half, held, parity),
  };
}

export const updateMutants: readonly Mutant[] = bugs.map(({ name, scenario, rules }) => ({
  name,
  configuration: scenario.name,
  world: updateWorld(scenario, { ...raidRules, ...rules }),
}));
