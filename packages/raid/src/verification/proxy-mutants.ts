import type { Mutant } from '@holdfast/simulation';
import { type ProxyRules, proxyRules } from '../kernel/proxy-rules.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import { proxyLong, proxyQuick, proxySlow } from './proxy-scenarios.ts';
import { proxyWorld } from './proxy-world.ts';
import { tidingsLong, tidingsScenarios } from './tidings-scenarios.ts';

interface SeededBug {
  readonly name: string;
  readonly scenario: ProxyScenario;
  readonly rules?: Partial<ProxyRules>;
  /** Default true. */
  readonly everywhere?: boolean;
}

const { mirrorData, mirrorParity, degraded } = proxyQuick;
const { dataStops, degradedCrash, retryLate, mirrorDataCrash, parityFollows } = proxySlow;
const { mirrorDataCrashes, mirrorTwoStops, mirrorParityCrash, dataFollows } = proxyLong;

const bugs: readonly SeededBug[] = [
  {
    name: 'proxy: leaves updates of blocks open that a member is sent anew',
    scenario: tidingsLong.markedTwice,
    rules: { endsMarked: () => false },
  },
  {
    name: 'proxy: computes parity anew that only has a block of a member',
    scenario: tidingsScenarios.doubtfulReturn,
    rules: { keepsOnlyCopy: () => false },
  },
  {
    name: 'resync: asks for blocks of an object that was removed meanwhile',
    scenario: tidingsScenarios.removedData,
    rules: { remembersRemoved: () => false },
  },
  {
    name: 'proxy: stands in before every survivor has recorded the view',
    scenario: dataStops,
    everywhere: false,
  },
  {
    name: 'proxy: hears a member of a life before the view left it out',
    scenario: mirrorData,
    rules: { fences: () => false },
  },
  {
    name: 'proxy: does not have the group to itself',
    scenario: degraded,
    rules: { locksGroup: () => false },
  },
  {
    name: 'proxy: does not wait for updates under way in the group',
    scenario: degraded,
    rules: { waitsForQuiet: () => false },
  },
  {
    name: 'proxy: takes any version of the other members',
    scenario: degradedCrash,
    rules: { isVersion: () => true },
  },
  {
    name: 'proxy: ends an update of the stopped member before its mark is durable',
    scenario: mirrorTwoStops,
    rules: { marksFirst: () => false },
  },
  {
    name: 'proxy: does not mark what it writes',
    scenario: mirrorData,
    rules: { marksWrites: () => false },
  },
  {
    name: 'proxy: journals a move before the block is durable',
    scenario: mirrorData,
    rules: { hardensFirst: () => false },
  },
  {
    name: 'proxy: answers a write before its entry is durable',
    scenario: mirrorDataCrashes,
    rules: { answersDurably: () => false },
  },
  {
    name: 'proxy: carries a late retry out again',
    scenario: retryLate,
    rules: { isRetry: () => false },
  },
  {
    name: 'proxy: welcomes a member before what it began for it is over',
    scenario: mirrorData,
    rules: { drainsFirst: () => false },
  },
  {
    name: 'proxy: forgets a mark when the block was sent',
    scenario: mirrorDataCrash,
    rules: { unmarksWhenRestored: () => false },
  },
  {
    name: 'resync: a call goes to a stale block',
    scenario: mirrorData,
    rules: { holdsStale: () => false },
  },
  {
    name: 'resync: an open update of a stale block goes on',
    scenario: mirrorData,
    rules: { abortsStale: () => false },
  },
  {
    name: 'resync: a mark is taken for old whatever version it has',
    scenario: mirrorData,
    rules: { isCurrent: () => true },
  },
  {
    name: 'resync: what goes on without parity leaves no mark',
    scenario: mirrorParityCrash,
    rules: { marksParity: () => false },
  },
  {
    name: 'resync: what went on without parity is not merged again',
    scenario: mirrorParity,
    rules: { asksAgain: () => false },
  },
  {
    name: 'resync: parity is said to be fresh before it is durable',
    scenario: mirrorParityCrash,
    rules: { freshWhenDurable: () => false },
  },
  {
    name: 'proxy: serves a group before every member said what it knows to be stale',
    scenario: dataFollows,
    rules: { hearsAll: () => false },
  },
  {
    name: 'proxy: merges into parity that is stale',
    scenario: dataFollows,
    rules: { holdsStaleParity: () => false },
  },
  {
    name: 'resync: writes go on without parity beside a member that is not up to date',
    scenario: parityFollows,
    rules: { mayDoWithoutParity: () => true },
  },
];

export const proxyMutants: readonly Mutant[] = bugs.map(({ name, scenario, rules, everywhere }) => ({
  name,
  configuration: scenario.name,
  world: proxyWorld(scenario, { ...proxyRules, ...rules }, everywhere ?? true),
}));
