import type { Mutant } from '@holdfast/simulation';
import { withoutNode } from '../kernel/node-set.ts';
import { type ObjectRules, objectRules } from '../kernel/object-rules.ts';
import type { ObjectScenario } from './object-scenario.ts';
import { optionScenarios, quickScenarios, slowScenarios } from './object-scenarios.ts';
import { objectWorld } from './object-world.ts';

interface SeededBug {
  readonly name: string;
  readonly scenario: ObjectScenario;
  readonly rules: Partial<ObjectRules>;
}

const { core, evict, tries, conditional, everything, slowFill, sync } = quickScenarios;
const { remove, clients, removeAndEvict } = slowScenarios;
const { device, deviceFails, executeAndMore, watchAndMore } = optionScenarios;

/**
 * H1 to H18 are the holes of the shipped Kerrighed protocol. H1 has no counterpart here: acknowledgements are never
 * passed on, so that their sender is their origin.
 */
const bugs: readonly SeededBug[] = [
  {
    name: 'H2: an invalidation is not acknowledged where there is no copy',
    scenario: evict,
    rules: { acknowledgesWithoutCopy: (status) => status !== 'INV_COPY' },
  },
  {
    name: 'H3: a refused offer of the object is not answered',
    scenario: evict,
    rules: { answersRefused: () => false },
  },
  {
    name: 'H4: a node that waits for a copy takes the object it is offered',
    scenario: everything,
    rules: {
      accepts: (status, version, offered) =>
        status === 'WAIT_OBJ_READ' || objectRules.accepts(status, version, offered),
    },
  },
  {
    name: 'H5: the owner forgets the copy of a node that refused the object',
    scenario: evict,
    rules: { copysetAfterRefused: withoutNode },
  },
  {
    name: 'H6: a default owner that hears BUSY takes the object for absent and its own',
    scenario: tries,
    rules: {
      afterRefusal: (answer, before, isDefaultOwner) => (answer === 'BUSY' && isDefaultOwner ? 'INV_OWNER' : before),
    },
  },
  {
    name: 'H7: BUSY costs a reader its copy, and it acknowledges only what it has',
    scenario: tries,
    rules: {
      afterRefusal: (answer, before) => (answer === 'BUSY' ? 'INV_COPY' : before),
      acknowledgesWithoutCopy: () => false,
    },
  },
  {
    name: 'H8: a default owner that hears ABSENT takes the object for its own',
    scenario: conditional,
    rules: {
      afterRefusal: (answer, before, isDefaultOwner) => (answer === 'ABSENT' && isDefaultOwner ? 'INV_OWNER' : before),
    },
  },
  {
    name: 'H9: a node that waits to remove does not answer the writer or remover that was faster',
    scenario: remove,
    rules: { acknowledgesWithoutCopy: (status) => status !== 'WAIT_OBJ_RM_DONE' },
  },
  {
    name: 'H10: a remove that finds another going on gets no answer',
    scenario: everything,
    rules: { defersRemoval: () => false },
  },
  {
    name: 'H11: the default owner is not told that the removal is over',
    scenario: everything,
    rules: { tellsHome: () => false },
  },
  {
    name: 'H12: the removal ends before every copy is gone',
    scenario: remove,
    rules: { awaitsRemoval: () => false },
  },
  {
    name: 'H13: the absent object goes to a default owner that waits for something of its own',
    scenario: everything,
    rules: { goesHome: () => true },
  },
  {
    name: 'H14: a copy is read while its ownership is on offer',
    scenario: clients,
    rules: { mayFind: (status, waiting) => status === 'WAIT_CHG_OWN_ACK' || objectRules.mayFind(status, waiting) },
  },
  {
    name: 'H15: a node that waits to write takes the object it is offered, and its request goes on',
    scenario: everything,
    rules: {
      accepts: (status, version, offered) =>
        (status === 'WAIT_OBJ_WRITE' && offered.hasPayload) || objectRules.accepts(status, version, offered),
    },
  },
  {
    name: 'H16: a copy that was invalidated on its way is used',
    scenario: evict,
    rules: { isVoid: () => false },
  },
  {
    name: 'H17: a writer that lost its copy is granted access without data',
    scenario: evict,
    rules: { isDataless: ({ requester }, _version, copyset) => copyset.includes(requester) },
  },
  {
    name: 'H18: a writer does not wait for the readers of its own node',
    scenario: clients,
    rules: { readersHoldUp: (what) => what !== 'local write' },
  },
  {
    name: 'the object leaves under a reader',
    scenario: core,
    rules: { readersHoldUp: (what) => what !== 'remote write' },
  },
  {
    name: 'a copy is invalidated under a reader',
    scenario: core,
    rules: { readersHoldUp: (what) => what !== 'INV' },
  },
  {
    name: 'a copy is removed under a reader',
    scenario: everything,
    rules: { readersHoldUp: (what) => what !== 'RM' },
  },
  { name: 'the object leaves under a writer', scenario: core, rules: { writerHoldsUp: () => false } },
  { name: 'a writer does not wait for acknowledgements', scenario: core, rules: { isComplete: () => true } },
  { name: 'acknowledgements that beat the grant are lost', scenario: core, rules: { countsEarly: () => false } },
  {
    name: 'one copy is not invalidated',
    scenario: core,
    rules: { toInvalidate: (...sets) => objectRules.toInvalidate(...sets).slice(1) },
  },
  {
    name: 'the version does not rise',
    scenario: evict,
    rules: { afterAcquisition: (version) => Math.max(version, 1) },
  },
  {
    name: 'path reversal towards a reader',
    scenario: core,
    rules: { reverses: (request) => request.type === 'COPY_REQ' },
  },
  {
    name: 'an object is taken without its data',
    scenario: evict,
    rules: { accepts: (status) => status === 'INV_COPY' || status === 'READ_COPY' },
  },
  {
    name: 'the default owner hears of a removal with the others',
    scenario: removeAndEvict,
    rules: { homeFirst: () => false },
  },
  {
    name: 'an operation asked for again is run again',
    scenario: executeAndMore,
    rules: { ranBefore: () => false },
  },
  {
    name: 'the owner does not remember which operations it ran',
    scenario: executeAndMore,
    rules: { remembered: (_after, before) => before },
  },
  {
    name: 'what ran is forgotten when the object moves',
    scenario: executeAndMore,
    rules: { takesAlong: (baggage) => ({ ...baggage, executed: [] }) },
  },
  {
    name: 'watchers are forgotten when the object moves',
    scenario: watchAndMore,
    rules: { takesAlong: (baggage) => ({ ...baggage, watchers: [] }) },
  },
  { name: 'watchers are not told of a removal', scenario: watchAndMore, rules: { tells: (exists) => exists } },
  { name: 'a watcher waits for what has happened', scenario: watchAndMore, rules: { isNews: () => false } },
  { name: 'a watcher is told what it has seen', scenario: watchAndMore, rules: { isNews: () => true } },
  {
    name: 'an object on the device counts as absent',
    scenario: device,
    rules: { existsOnDevice: () => false },
  },
  { name: 'an older value is written to the device', scenario: sync, rules: { isStale: () => false } },
  {
    name: 'a value counts as stored while it is on its way to a device that fails',
    scenario: deviceFails,
    rules: { awaitsStore: () => false },
  },
  { name: 'the result of a load given up is used', scenario: slowFill, rules: { isCurrentFill: () => true } },
  { name: 'a load that fails loses the ownership', scenario: slowFill, rules: { afterFailedFill: () => 'INV_COPY' } },
];

export const objectMutants: readonly Mutant[] = bugs.map(({ name, scenario, rules }) => ({
  name,
  configuration: scenario.name,
  world: objectWorld(scenario, { ...objectRules, ...rules }),
}));
