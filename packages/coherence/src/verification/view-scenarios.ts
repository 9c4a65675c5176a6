import type { Mutant } from '@holdfast/simulation';
import { beginningOf } from '../kernel/late-beginning.ts';
import { type ObjectRules, objectRules } from '../kernel/object-rules.ts';
import { type ViewRules, viewRules } from '../kernel/view-rules.ts';
import type { Operation } from './object-scenario.ts';
import type { ViewScenario } from './view-scenario.ts';
import { viewWorld } from './view-world.ts';

const access: readonly Operation[] = [
  { type: 'get', absence: 'touch' },
  { type: 'grab', absence: 'touch', try: false },
];
const moving: readonly Operation[] = [...access, { type: 'flush' }, { type: 'remove' }];

/** Any node dies at any moment; every prefix of what it sent arrives; what it did not receive is known or not. */
export const viewScenarios = {
  one: {
    name: '3 nodes, 1 call each, a death: get, grab, flush, remove',
    nodes: 3,
    callsPerNode: 1,
    crashes: 1,
    isReduced: true,
    operations: moving,
  },
  oneBusier: {
    name: '3 nodes, 2 calls of one and 1 of the others, a death: get, grab, flush, remove',
    nodes: 3,
    callsPerNode: 1,
    busier: [1],
    crashes: 1,
    isReduced: true,
    operations: moving,
  },
  oneBusierSaved: {
    name: '3 nodes, 2 calls of one and 1 of the others, a death, backup: get, grab, flush, remove',
    nodes: 3,
    callsPerNode: 1,
    busier: [1],
    crashes: 1,
    backup: true,
    isReduced: true,
    operations: moving,
  },
  offeredSaved: {
    name: '3 nodes, 2 calls of one and 1 of the others, a death, backup: grab, flush',
    nodes: 3,
    callsPerNode: 1,
    busier: [1],
    crashes: 1,
    backup: true,
    isReduced: true,
    operations: [access[1]!, { type: 'flush' }],
  },
  offered: {
    name: '2 nodes, 3 calls each, a death: get, grab, flush, remove',
    nodes: 2,
    callsPerNode: 3,
    crashes: 1,
    isReduced: true,
    operations: moving,
  },
  deaths: {
    name: '3 nodes, 1 call each, two deaths: get, grab',
    nodes: 3,
    callsPerNode: 1,
    crashes: 2,
    isReduced: true,
    operations: access,
  },
  backup: {
    name: '3 nodes, 1 call each, a death, backup: get, grab, flush, remove',
    nodes: 3,
    callsPerNode: 1,
    crashes: 1,
    backup: true,
    isReduced: true,
    operations: moving,
  },
  backupOfTwo: {
    name: '2 nodes, 3 calls each, a death, backup: get, grab, flush, remove',
    nodes: 2,
    callsPerNode: 3,
    crashes: 1,
    backup: true,
    isReduced: true,
    operations: moving,
  },
  joinsHome: {
    name: '3 nodes, 1 call each, the default owner joins: get, grab',
    nodes: 3,
    callsPerNode: 1,
    crashes: 0,
    joins: [0],
    operations: access,
  },
  joinsAside: {
    name: '3 nodes, 1 call each, another node joins and calls go on: get, grab',
    nodes: 3,
    callsPerNode: 1,
    crashes: 0,
    joins: [2],
    operations: access,
  },
  joinsInTurn: {
    name: '3 nodes, 1 call of one, two nodes join one after the other, at any moment: get, grab',
    nodes: 3,
    callsPerNode: 1,
    callers: [1],
    crashes: 0,
    joins: [1, 2],
    operations: access,
  },
  allJoinInTurn: {
    name: '3 nodes, 1 call each, two nodes join one after the other, at any moment: get, grab',
    nodes: 3,
    callsPerNode: 1,
    crashes: 0,
    joins: [1, 2],
    operations: access,
  },
  latecomer: {
    name: '3 nodes, 2 calls of one, another joins, and the default owner has nothing of the set yet: get, grab, remove',
    nodes: 3,
    callsPerNode: 2,
    callers: [1],
    crashes: 0,
    joins: [2],
    latecomer: 0,
    operations: [...access, { type: 'remove' }],
  },
  latecomerTwice: {
    name: '3 nodes, 1 call of each of two, another joins, and the default owner has nothing of the set yet: get, grab',
    nodes: 3,
    callsPerNode: 1,
    callers: [1, 2],
    crashes: 0,
    joins: [2],
    latecomer: 0,
    operations: access,
  },
  leaves: {
    name: '3 nodes, 1 call each, the default owner prepares to leave: get, grab',
    nodes: 3,
    callsPerNode: 1,
    crashes: 0,
    leaves: true,
    operations: access,
  },
  deathDuringChange: {
    name: '4 nodes, 1 call of one, two deaths, the second while the view changes: get',
    sessionsEndFirst: true,
    nodes: 4,
    callsPerNode: 1,
    callers: [3],
    crashes: 2,
    mortals: [0, 1],
    isReduced: true,
    operations: access.slice(0, 1),
  },
  deathsOfAny: {
    name: '4 nodes, 1 call of one, two deaths, the second while the view changes: get, grab, flush, remove',
    nodes: 4,
    callsPerNode: 1,
    callers: [3],
    crashes: 2,
    isReduced: true,
    operations: moving,
  },
  deathsBesideTwo: {
    name: '4 nodes, 1 call of two, the two others die, the second while the view changes: get, grab',
    nodes: 4,
    callsPerNode: 1,
    callers: [2, 3],
    mortals: [0, 1],
    crashes: 2,
    isReduced: true,
    operations: access,
  },
  rejoins: {
    name: '2 nodes, 2 calls each, a death, and the node joins again: get, grab, flush, remove',
    nodes: 2,
    callsPerNode: 2,
    crashes: 1,
    restarts: 1,
    operations: moving,
  },
  rejoinsMeanwhile: {
    name: '3 nodes, 1 call of one, another dies and joins again, at any moment of the change: get, grab',
    nodes: 3,
    callsPerNode: 1,
    callers: [1],
    mortals: [2],
    crashes: 1,
    restarts: 1,
    operations: access,
  },
  rejoinsMeanwhileOfTwo: {
    name: '3 nodes, 1 call of two, another dies and joins again, at any moment of the change: get, grab',
    nodes: 3,
    callsPerNode: 1,
    callers: [0, 1],
    mortals: [2],
    crashes: 1,
    restarts: 1,
    operations: access,
  },
  executes: {
    name: '3 nodes, 1 call each, a death: get, execute, remove',
    nodes: 3,
    callsPerNode: 1,
    crashes: 1,
    isReduced: true,
    operations: [access[0]!, { type: 'execute' }, { type: 'remove' }],
  },
  executesSaved: {
    name: '3 nodes, 1 call each, a death, backup: get, execute',
    nodes: 3,
    callsPerNode: 1,
    crashes: 1,
    backup: true,
    isReduced: true,
    operations: [access[0]!, { type: 'execute' }],
  },
  executesAndRejoins: {
    name: '2 nodes, 2 calls each, a death, and the node joins again: get, grab, remove, execute',
    nodes: 2,
    callsPerNode: 2,
    crashes: 1,
    restarts: 1,
    operations: [...access, { type: 'remove' }, { type: 'execute' }],
  },
  two: {
    name: '3 nodes, 2 calls each, a death: get, grab',
    nodes: 3,
    callsPerNode: 2,
    crashes: 1,
    isReduced: true,
    operations: access,
  },
  syncs: {
    name: '3 nodes, 2 calls of one and 1 of the others, a death: get, grab, flush, sync',
    nodes: 3,
    callsPerNode: 1,
    busier: [1],
    crashes: 1,
    operations: [...access, { type: 'flush' }, { type: 'sync' }],
  },
  syncsSaved: {
    name: '3 nodes, 2 calls of one and 1 of the others, a death, backup: grab, sync',
    nodes: 3,
    callsPerNode: 1,
    busier: [1],
    crashes: 1,
    isReduced: true,
    backup: true,
    operations: [access[1]!, { type: 'sync' }],
  },
  evicts: {
    name: '3 nodes, 2 calls of two, the third dies, devices that fail: get, grab, evict, sync',
    nodes: 3,
    callsPerNode: 2,
    callers: [0, 2],
    mortals: [1],
    crashes: 1,
    hasDevices: true,
    operations: [...access, { type: 'evict' }, { type: 'sync' }],
  },
  rejoinsSaved: {
    name: '2 nodes, 2 calls each, a death, and the node joins again, backup: get, grab, flush, remove',
    nodes: 2,
    callsPerNode: 2,
    crashes: 1,
    restarts: 1,
    backup: true,
    operations: moving,
  },
  rejoinsMeanwhileSaved: {
    name: '3 nodes, 1 call of one, another dies and joins again, at any moment of the change, backup: get, grab',
    nodes: 3,
    callsPerNode: 1,
    callers: [1],
    mortals: [2],
    crashes: 1,
    restarts: 1,
    backup: true,
    operations: access,
  },
  twoEach: {
    name: '3 nodes, 2 calls each, a death: get, grab, flush, remove',
    nodes: 3,
    callsPerNode: 2,
    crashes: 1,
    isReduced: true,
    operations: moving,
  },
} as const satisfies Record<string, ViewScenario>;

/** These take many minutes. */
export const longViewScenarios = {
  latecomerOfTwo: {
    name: '4 nodes, 1 call of one, two join in turn, and the default owner has nothing of the set yet: get',
    nodes: 4,
    callsPerNode: 1,
    callers: [1],
    crashes: 0,
    joins: [2, 3],
    latecomer: 0,
    operations: access.slice(0, 1),
  },
  twoEachSaved: {
    name: '3 nodes, 2 calls each, a death, backup: get, grab, flush, remove',
    nodes: 3,
    callsPerNode: 2,
    crashes: 1,
    backup: true,
    isReduced: true,
    operations: moving,
  },
} as const satisfies Record<string, ViewScenario>;

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
} = viewScenarios;

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
    name: 'an eviction to the device waits for an answer that a change of view ended',
    scenario: evicts,
    rules: { forgetsSyncs: () => false },
  },
  {
    name: 'a load that was asked for before a change of view is awaited after it',
    scenario: evicts,
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
