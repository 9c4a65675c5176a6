import type { Mutant } from '@holdfast/simulation';
import { type LeaseRules, leaseRules } from '../kernel/lease-types.ts';
import { type HeadRules, headRules } from './head-rules.ts';
import type { NfsScenario } from './nfs-scenario.ts';
import { delegationScenarios, layoutScenarios, nfsScenarios, sessionScenarios } from './nfs-scenarios.ts';
import { nfsWorld } from './nfs-world.ts';

interface SeededBug {
  readonly name: string;
  readonly scenario: NfsScenario;
  readonly heads?: Partial<HeadRules>;
  readonly leases?: Partial<LeaseRules>;
}

const { steps, sessions, reclaims } = sessionScenarios;
const { openTrouble: opens, slots, lockTrouble: locks, expiry, renewals, roaming, grace, partition } = nfsScenarios;

/** Leaves the keys out whose names begin so. */
const notComparing = (prefix: string): Partial<HeadRules> => ({
  compares: ({ compares }) => compares.filter((key) => !key.startsWith(prefix)),
});

const notWaitingFor = (...types: readonly string[]): Partial<HeadRules> => ({
  takesAway: ({ takesAway, deltas }) => takesAway && !deltas.some(({ type }) => types.includes(type)),
});

const bugs: readonly SeededBug[] = [
  { name: 'appends whatever other heads appended', scenario: opens, heads: { compares: () => [] } },
  { name: 'compares from where the log ends', scenario: opens, heads: { seen: (_applied, tail) => tail } },
  { name: 'compares from one record too far', scenario: opens, heads: { seen: (applied) => applied + 1 } },
  { name: 'does not compare the file of opens', scenario: opens, heads: notComparing('file:') },
  { name: 'does not compare the file of locks', scenario: locks, heads: notComparing('file:') },
  { name: 'does not compare owners', scenario: opens, heads: notComparing('open-owner:') },
  { name: 'does not compare slots', scenario: slots, heads: notComparing('session:') },
  { name: 'does not compare clients', scenario: expiry, heads: notComparing('client:') },
  { name: 'answers before the record is in the log', scenario: opens, heads: { answersFirst: () => true } },
  { name: 'answers although its record was refused', scenario: opens, heads: { plansAgain: () => false } },
  { name: 'answers a close before every head has it', scenario: opens, heads: notWaitingFor('close') },
  { name: 'answers an open before every head has it', scenario: opens, heads: notWaitingFor('open') },
  {
    name: 'takes what it applied itself for settled',
    scenario: opens,
    heads: { settledUpTo: (_everywhere, here) => here },
  },
  { name: 'repeats an answer that is not settled', scenario: opens, heads: { restsOn: () => 0 } },
  {
    name: 'repeats an answer on what it applied since it asked',
    scenario: opens,
    heads: { restsOn: (end) => end },
  },
  { name: 'believes for ever what it was told once', scenario: opens, heads: { staysTold: () => true } },
  { name: 'refuses although it may be behind', scenario: opens, heads: { mayBeBehind: () => false } },
  {
    name: 'keeps no answer of owners',
    scenario: opens,
    heads: { appended: ({ deltas }) => deltas.filter(({ type }) => type !== 'open-owner') },
  },
  {
    name: 'leaves nothing in the slot',
    scenario: slots,
    heads: { appended: ({ deltas }) => deltas.filter(({ type }) => type !== 'slot') },
  },
  {
    name: 'leaves nothing of a refusal in the slot',
    scenario: slots,
    heads: { appended: ({ deltas }) => (deltas.length === 1 ? deltas.filter(({ type }) => type !== 'slot') : deltas) },
  },
  {
    name: 'does not apply what other heads closed',
    scenario: opens,
    heads: { applied: (deltas) => deltas.filter(({ type }) => type !== 'close') },
  },
  {
    name: 'does not apply the locks of other heads',
    scenario: locks,
    heads: { applied: (deltas) => deltas.filter(({ type }) => type !== 'locks') },
  },
  { name: 'does not compare the grace period', scenario: grace, heads: notComparing('grace') },
  { name: 'starts again without reading the log', scenario: opens, heads: { readsLog: () => false } },
  { name: 'serves on although it is cut off', scenario: partition, heads: { stopsWhenOut: () => false } },
  { name: 'is back without what it missed', scenario: partition, heads: { missed: () => [] } },
  { name: 'starts again without a word', scenario: roaming, heads: { announcesItself: () => false } },
  { name: 'expires by its own clock', scenario: expiry, heads: { agreesOnExpiry: () => false } },
  { name: 'asks nobody whether a lease ran out', scenario: expiry, leases: { asked: () => [] } },
  { name: 'takes any answer for that to its proposal', scenario: expiry, leases: { isAnswer: () => true } },
  { name: 'serves whom it gave up', scenario: expiry, leases: { servesGivenUp: () => true } },
  {
    name: 'believes an old renewal of a client it gave up',
    scenario: renewals,
    leases: { freedByRenewals: () => true },
  },
  { name: 'always says that the lease ran out', scenario: expiry, leases: { leftHere: () => 0 } },
];

const sessionBugs: readonly SeededBug[] = [
  {
    name: 'serves the session of another head without a word',
    scenario: steps,
    heads: { appended: ({ deltas }) => deltas.filter(({ type }) => type !== 'session-shared') },
  },
  { name: 'takes the sessions of its last life for its own', scenario: steps, heads: { self: (head) => `${head}` } },
  { name: 'takes any number that is skipped', scenario: steps, heads: { self: () => '' } },
  { name: 'makes a session whoever else made it', scenario: sessions, heads: { compares: () => [] } },
  {
    name: 'does not apply that another head ended a session',
    scenario: sessions,
    heads: { applied: (deltas) => deltas.filter(({ type }) => type !== 'session-gone') },
  },
  {
    name: 'does not apply that a client is done',
    scenario: reclaims,
    heads: { applied: (deltas) => deltas.filter(({ type }) => type !== 'client-confirmed') },
  },
];

const { plain: delegations, trouble: delegationTrouble } = delegationScenarios;

const delegationBugs: readonly SeededBug[] = [
  { name: 'delegates what was just opened elsewhere', scenario: delegations, heads: notComparing('file:') },
  { name: 'delegates before every head has it', scenario: delegations, heads: notWaitingFor('delegation') },
  {
    name: 'answers a return before every head has it',
    scenario: delegations,
    heads: notWaitingFor('delegation-gone'),
  },
  { name: 'opens before every head knows what was taken', scenario: delegations, heads: { waitsFor: () => false } },
  {
    name: 'does not apply what other heads delegated',
    scenario: delegations,
    heads: { applied: (deltas) => deltas.filter(({ type }) => type !== 'delegation') },
  },
  {
    name: 'delegates what is delegated already, after a restart',
    scenario: delegationTrouble,
    heads: { readsLog: () => false },
  },
];

const { plain: layouts, trouble: layoutTrouble } = layoutScenarios;

const layoutBugs: readonly SeededBug[] = [
  {
    name: 'answers the return of a layout before every head has it',
    scenario: layouts,
    heads: notWaitingFor('layout-gone'),
  },
  {
    name: 'says that nobody has a layout before every head knows',
    scenario: layouts,
    heads: { mayBeBehind: () => false },
  },
  {
    name: 'does not apply what layouts other heads took',
    scenario: layouts,
    heads: { applied: (deltas) => deltas.filter(({ type }) => type !== 'layout-gone') },
  },
  { name: 'asks for a layout on an old state', scenario: layouts, heads: { compares: () => [] } },
  { name: 'forgets layouts when it starts again', scenario: layoutTrouble, heads: { readsLog: () => false } },
];

const mutantOf = ({ name, scenario, heads, leases }: SeededBug): Mutant => ({
  name,
  configuration: scenario.name,
  world: nfsWorld(scenario, { heads: { ...headRules, ...heads }, leases: { ...leaseRules, ...leases } }),
});

export const nfsMutants: readonly Mutant[] = [...bugs, ...sessionBugs, ...delegationBugs, ...layoutBugs].map(mutantOf);
