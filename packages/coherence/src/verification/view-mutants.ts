import type { Mutant } from '@holdfast/simulation';
import { beginningOf } from '../kernel/late-beginning.ts';
import { type ObjectRules, objectRules } from '../kernel/object-rules.ts';
import { type ViewRules, viewRules } from '../kernel/view-rules.ts';
import type { ViewScenario } from './view-scenario.ts';
import { viewScenarios } from './view-scenarios.ts';
import { viewWorld } from './view-world.ts';

interface SeededBug {
  readonly name: string;
  readonly scenario: ViewScenario;
  readonly rules?: Partial<ViewRules>;
  readonly objects?: Partial<ObjectRules>;
}

const {
  one,
  two,
  offered,
  backup,
  backupOfTwo,
  joinsHome,
  joinsInTurn,
  executesSaved,
  offeredSaved,
  latecomer,
  evicts,
  lostTwice,
  removedAndTwoDeaths,
} = viewScenarios;

/** Enough of it for bugs that only a whole exploration shows. */
const readAndEvict: ViewScenario = {
  ...evicts,
  operations: evicts.operations.filter(({ type }) => type === 'get' || type === 'evict'),
};

const bugs: readonly SeededBug[] = [
  {
    name: 'a node reports before the markers of the others are in, and takes what comes later',
    scenario: two,
    rules: { awaitedMarkers: () => [], bars: () => false },
  },
  {
    name: 'a default owner decides before all have reported',
    scenario: two,
    rules: { awaitedReports: (members) => members.slice(0, 1) },
  },
  {
    name: 'calls go on before all verdicts are in',
    scenario: two,
    rules: { awaitedVerdicts: (members) => members.slice(-1), bars: () => false },
  },
  { name: 'calls are served while the view changes', scenario: two, rules: { holdsCalls: () => false } },
  {
    name: 'an object granted in the old epoch is not taken',
    scenario: two,
    rules: { drains: (message, isFromMember) => message.type !== 'GRANT' && viewRules.drains(message, isFromMember) },
  },
  {
    name: 'an object that certainly did not arrive is not taken back',
    scenario: one,
    rules: { takesBack: () => false },
  },
  {
    name: 'what was offered to a node that died counts as not taken',
    scenario: offered,
    rules: { keepsOffered: () => true },
  },
  {
    name: 'requests of the old epoch are served although they are made again',
    scenario: two,
    rules: { forgetsRequests: () => false },
  },
  { name: 'no copy becomes the object', scenario: two, rules: { promoted: () => undefined } },
  { name: 'a lost object is called absent', scenario: one, rules: { isLost: () => false } },
  {
    name: 'the owner does not learn of the copies',
    scenario: two,
    rules: { copysetOf: (owner) => [owner] },
  },
  {
    name: 'entries go on to point to the node that died',
    scenario: two,
    rules: { pointsTo: (_owner, before) => before },
  },
  { name: 'no shadow becomes the object', scenario: backup, rules: { promotesShadow: () => false } },
  {
    name: 'a value is seen before a second node has it',
    scenario: backup,
    objects: { awaitsShadow: () => false },
  },
  {
    name: 'a removed object leaves its shadow',
    scenario: backupOfTwo,
    objects: { removesShadow: () => false },
  },
  {
    name: 'who gives the object to the node with its shadow keeps none',
    scenario: backupOfTwo,
    objects: { keepsShadow: () => false },
  },
  {
    name: 'an object is served although its default owner changes',
    scenario: joinsHome,
    rules: { staysHome: () => true },
  },
  {
    name: 'a node begins with a join before the change under way is over',
    scenario: joinsInTurn,
    rules: { putsOff: () => false, bars: () => false },
  },
  {
    name: 'a member that first hears of a set begins in the view of that moment',
    scenario: latecomer,
    rules: {
      beginning: (founded, views) =>
        views.length === 1 ? beginningOf(founded, views) : { founding: undefined, later: views.slice(-1) },
      bars: () => false,
    },
  },
  {
    name: 'a node waits for a view that a member will never take part in',
    scenario: joinsInTurn,
    rules: { skips: () => false },
  },
  {
    name: 'a shadow that comes before the answer to an offer is replaced by an older one',
    scenario: offeredSaved,
    objects: { keepsArrivedShadow: () => false },
  },
  {
    name: 'it is not remembered what was run',
    scenario: executesSaved,
    objects: { remembered: (_after, before) => before },
  },
  {
    name: 'it is not remembered that an object was removed',
    scenario: one,
    objects: { remembersRemoval: () => false },
  },
  {
    name: 'what may have been done is asked for again although nobody knows',
    scenario: one,
    rules: { forgoesUnknown: () => false },
  },
  {
    name: 'a node that is told of a loss forgets it with the next default owner',
    scenario: lostTwice,
    rules: { tellsAll: () => false },
  },
  {
    name: 'what may have been done is asked for again after a second death, of an owner made in between',
    scenario: removedAndTwoDeaths,
    rules: { forgoesUndecided: () => false },
  },
  {
    name: 'an eviction to the device waits for an answer that a change of view ended',
    scenario: readAndEvict,
    rules: { forgetsSyncs: () => false },
  },
  {
    name: 'a load that was asked for before a change of view is awaited after it',
    scenario: readAndEvict,
    rules: { repeatsLoad: () => false },
  },
  { name: 'versions begin again', scenario: one, rules: { versionFloor: () => 0 } },
];

/** In every order: what makes a reduction of the order sound need not hold where a rule is broken. */
export const viewMutants: readonly Mutant[] = bugs.map(({ name, scenario, rules, objects }) => ({
  name,
  configuration: scenario.name,
  world: viewWorld({ ...scenario, isReduced: false }, { ...viewRules, ...rules }, { ...objectRules, ...objects }),
}));
