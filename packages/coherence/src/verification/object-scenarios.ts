import type { ObjectStatus } from '../kernel/object-types.ts';
import type { ObjectScenario, Operation } from './object-scenario.ts';

const access: readonly Operation[] = [
  { type: 'get', absence: 'touch' },
  { type: 'grab', absence: 'touch', try: false },
];
const tries: readonly Operation[] = [{ type: 'grab', absence: 'touch', try: true }];
const conditional: readonly Operation[] = [
  { type: 'get', absence: 'no-touch' },
  { type: 'grab', absence: 'no-touch', try: false },
  { type: 'grab', absence: 'manual', try: false },
  { type: 'set' },
];
const evict: readonly Operation[] = [{ type: 'evict' }];
const flush: readonly Operation[] = [{ type: 'flush' }];
const remove: readonly Operation[] = [{ type: 'remove' }];
const abort: readonly Operation[] = [{ type: 'abort' }];
const find: readonly Operation[] = [{ type: 'find' }];
const sync: readonly Operation[] = [{ type: 'sync' }];
const failures: readonly Operation[] = [{ type: 'fill-fails' }, { type: 'fill-absent' }, { type: 'late-fill' }];
/** Two ids, so that a late result can be told from the awaited one. */
const slowFill = { fill: 'load', requestIds: 2 } as const;
/** Late results change nothing, which the smaller worlds show. */
const promptFailures = failures.filter(({ type }) => type !== 'late-fill');
const promptFill = { fill: 'load' } as const;

const scenario = (name: string, nodes: number, ...operations: (readonly Operation[])[]): ObjectScenario => ({
  name,
  nodes,
  operations: [...access, ...operations.flat()],
});

/** States in which no ordinary client of a node makes a call, because one waits. */
const waiting: readonly ObjectStatus[] = [
  'INV_FILLING',
  'WRITE_GHOST',
  'WAIT_ACK_INV',
  'WAIT_ACK_WRITE',
  'WAIT_OBJ_READ',
  'WAIT_OBJ_WRITE',
  'WAIT_CHG_OWN_ACK',
  'WAIT_OBJ_RM_ACK',
  'WAIT_OBJ_RM_ACK2',
  'WAIT_OBJ_RM_DONE',
];
const prefetch: readonly Operation[] = [{ type: 'prefetch' }];
const execute: readonly Operation[] = [{ type: 'execute' }];
const watch: readonly Operation[] = [{ type: 'watch' }];
const linked = { firstTouch: 'default-owner' } as const;

/** Small enough for every test run. Calls are unlimited, one outstanding on each node, except where a name says more. */
export const quickScenarios = {
  core: scenario('3 nodes: get, grab, put', 3),
  fairness: {
    ...scenario('3 nodes: get, grab, put, and how often a waiting writer is overtaken', 3),
    overtakingMax: 1,
  },
  chase: {
    ...scenario('3 nodes: get, grab, put, and how often a request is passed on', 3),
    passedOnMax: 1,
  },
  abort: scenario('3 nodes: writers that change nothing', 3, abort),
  evict: scenario('3 nodes: evict, find', 3, evict, find),
  tries: scenario('3 nodes: tryGrab', 3, tries),
  conditional: scenario('3 nodes: no first touch, manual first touch', 3, conditional, abort),
  sync: {
    ...scenario('3 nodes: sync', 3, sync),
    intruder: { operations: sync, during: ['WAIT_ACK_INV'] },
  },
  everything: scenario('2 nodes: everything but sync', 2, abort, find, evict, flush, remove, tries, conditional),
  slowFill: { ...scenario('2 nodes: slow fill and everything', 2, evict, flush, remove, tries, failures), ...slowFill },
  fillAndCalls: {
    ...scenario('2 nodes: calls that come while a load goes on', 2, failures),
    ...slowFill,
    intruder: { operations: [...access, ...find, ...evict, ...flush, ...remove, ...sync], during: ['INV_FILLING'] },
  },
} as const satisfies Record<string, ObjectScenario>;

/** What a set may do beyond get, grab and put, and its calls may beyond those of the shipped protocol. */
export const optionScenarios = {
  prefetch: scenario('3 nodes: prefetch', 3, prefetch),
  prefetchAndRemove: scenario('2 nodes: prefetch, evict, remove', 2, prefetch, evict, remove),
  execute: { ...scenario('3 nodes, 2 calls each: execute', 3, execute), callsPerNode: 2 },
  executeAndMore: scenario('2 nodes: execute, evict, remove, tryGrab', 2, execute, evict, remove, tries),
  executeAndFill: {
    ...scenario('2 nodes: execute, remove, slow fill', 2, execute, remove, promptFailures),
    ...promptFill,
  },
  migratory: { ...scenario('3 nodes, migratory: get, grab, put', 3), migratory: true },
  migratoryAndEvict: { ...scenario('3 nodes, migratory: evict', 3, evict), migratory: true },
  migratoryAndMore: {
    ...scenario('2 nodes, migratory: evict, flush, remove, tryGrab', 2, evict, flush, remove, tries),
    migratory: true,
  },
  watch: { ...scenario('3 nodes, 2 calls each: watch', 3, watch), callsPerNode: 2 },
  watchAndMore: scenario('2 nodes: watch, evict, remove, set', 2, watch, evict, remove, conditional),
  linked: { ...scenario('3 nodes, linked: evict, tryGrab', 3, evict, tries), ...linked },
  linkedAndFill: {
    ...scenario('2 nodes, linked: slow fill and everything', 2, evict, flush, remove, tries, conditional, failures),
    ...linked,
    ...slowFill,
  },
  linkedRemove: {
    ...scenario('3 nodes, linked: remove, slow fill', 3, remove, promptFailures),
    ...linked,
    ...promptFill,
  },
  backup: {
    ...scenario('2 nodes, backup: evict, flush, remove, tryGrab', 2, abort, evict, flush, remove, tries),
    backup: true,
  },
  backupAndExecute: {
    ...scenario('2 nodes, 3 calls each, backup: execute, remove, set', 2, execute, remove, conditional),
    backup: true,
    callsPerNode: 3,
  },
  device: {
    ...scenario('2 nodes, device: evict, remove, no and manual first touch', 2, evict, remove, conditional),
    device: 'some room',
  },
  deviceAndFull: {
    ...scenario('3 nodes, linked, full, device: evict', 3, evict),
    ...linked,
    device: 'full',
  },
  deviceAndSync: {
    ...scenario('2 nodes, full, device: evict, sync, remove, tryGrab', 2, evict, sync, remove, tries),
    device: 'full',
  },
  deviceFails: {
    ...scenario('2 nodes, full, devices that fail: evict, sync', 2, evict, sync),
    device: 'full',
    devicesFail: true,
  },
  deviceFailsAndRemove: {
    ...scenario('2 nodes, 3 calls each, devices that fail: evict, sync, remove', 2, evict, sync, remove),
    device: 'some room',
    devicesFail: true,
    callsPerNode: 3,
  },
  deviceFailsOnThree: {
    ...scenario('3 nodes, 2 calls each, devices that fail: sync', 3, sync),
    device: 'full',
    devicesFail: true,
    callsPerNode: 2,
  },
  deviceAndMore: { ...scenario('2 nodes, full, device: evict, execute', 2, evict, execute), device: 'full' },
  linkedLoadFails: {
    ...scenario('2 nodes, linked: remove, loads for other nodes fail', 2, remove, execute),
    ...linked,
    ...promptFill,
    remoteLoads: 'fail',
  },
} as const satisfies Record<string, ObjectScenario>;

/** What takes longer. */
export const slowScenarios = {
  remove: scenario('3 nodes: remove', 3, remove),
  clients: {
    ...scenario('2 nodes, 2 clients each: evict, find, remove', 2, evict, find, remove),
    clients: 2,
  },
  exclusiveReaders: {
    ...scenario('2 nodes, 2 clients each: readers exclude each other', 2, remove),
    clients: 2,
    exclusiveReaders: true,
  },
  syncAnywhere: {
    ...scenario('2 nodes: sync in every state', 2, evict, remove),
    intruder: { operations: sync, during: waiting },
  },
  optionsAnywhere: {
    ...scenario('2 nodes, 3 calls each: prefetch, execute and watch in every state', 2, evict, remove),
    callsPerNode: 3,
    intruder: { operations: [...prefetch, ...execute, ...watch], during: waiting },
  },
  flushAnywhere: {
    ...scenario('2 nodes: flush and evict in every state', 2, evict, remove),
    intruder: { operations: [...flush, ...evict], during: waiting },
  },
  optionsAndFill: {
    ...scenario('2 nodes: prefetch, execute and watch while a load goes on', 2, watch),
    ...promptFill,
    intruder: { operations: [...prefetch, ...execute, ...watch], during: ['INV_FILLING'] },
  },
  optionsAndWriter: {
    ...scenario('3 nodes: execute and watch while a writer waits for acknowledgements', 3),
    callsPerNode: 2,
    intruder: { operations: [...execute, ...watch], during: ['WAIT_ACK_INV'] },
  },
  optionsAndRemoval: {
    name: '3 nodes, 2 calls each: grab, remove, execute, watch',
    nodes: 3,
    callsPerNode: 2,
    operations: [{ type: 'grab', absence: 'touch', try: false }, ...remove, ...execute, ...watch],
  },
  removeAndEvict: scenario('3 nodes: remove and evict', 3, remove, evict),
  intruder: {
    ...scenario('3 nodes, calls that come while a writer waits for acknowledgements', 3),
    intruder: {
      operations: [...access, ...find, ...evict, ...flush, ...remove, ...prefetch, { type: 'late-fill' }],
      during: ['WAIT_ACK_INV'],
    },
  },
  everythingOnTwo: {
    ...scenario(
      '2 nodes: everything',
      2,
      ...[abort, find, sync, evict, flush, remove, tries, conditional, promptFailures],
    ),
    ...promptFill,
    holders: true,
  },
  fourNodes: scenario('4 nodes: get, grab, put', 4),
  allTogether: {
    ...scenario(
      '3 nodes, 2 calls each: everything',
      3,
      ...[abort, find, sync, evict, flush, remove, tries, conditional, promptFailures],
    ),
    ...promptFill,
    callsPerNode: 2,
  },
  allOnFour: {
    ...scenario(
      '4 nodes, 1 call each: everything',
      4,
      ...[abort, find, sync, evict, flush, remove, tries, conditional, failures],
    ),
    ...slowFill,
    callsPerNode: 1,
  },
} as const satisfies Record<string, ObjectScenario>;

type Ingredient = Partial<ObjectScenario> & Pick<ObjectScenario, 'operations'>;

/** What is paired: every two of these are explored together. */
const ingredients: Readonly<Record<string, Ingredient>> = {
  'leases held open': { operations: [], holders: true },
  'flush and evict': { operations: [...flush, ...evict] },
  remove: { operations: remove },
  'tryGrab, no and manual first touch': { operations: [...tries, ...conditional] },
  'slow fill': { operations: promptFailures, ...promptFill },
  sync: { operations: sync },
};

/** 3 nodes with get, grab, put and every pair of {@link ingredients}. */
export const pairScenarios: readonly ObjectScenario[] = Object.entries(ingredients).flatMap(
  ([first, one], index, all) =>
    all.slice(index + 1).map(([second, other]) => ({
      ...one,
      ...other,
      ...scenario(`3 nodes: ${first} with ${second}`, 3, one.operations, other.operations),
    })),
);
