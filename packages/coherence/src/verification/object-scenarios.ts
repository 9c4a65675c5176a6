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
const failures: readonly Operation[] = [{ type: 'fill-fails' }, { type: 'fill-absent' }, { type: 'late-fill' }];
const slowFill = { fill: 'load', requestIds: 2 } as const;

const scenario = (name: string, nodes: number, ...operations: (readonly Operation[])[]): ObjectScenario => ({
  name,
  nodes,
  operations: [...access, ...operations.flat()],
});

/** Small enough for every test run. Calls are unlimited, one outstanding on each node, except where a name says more. */
export const quickScenarios = {
  core: scenario('3 nodes: get, grab, put', 3),
  abort: scenario('3 nodes: writers that change nothing', 3, abort),
  evict: scenario('3 nodes: evict, find', 3, evict, find),
  tries: scenario('3 nodes: tryGrab', 3, tries),
  conditional: scenario('3 nodes: no first touch, manual first touch', 3, conditional, abort),
  everything: scenario('2 nodes: everything', 2, abort, find, evict, flush, remove, tries, conditional),
  slowFill: {
    ...scenario('2 nodes: slow fill and everything', 2, evict, flush, remove, tries, failures),
    ...slowFill,
    intruder: { operations: [...access, ...find, ...evict, ...remove], during: ['INV_FILLING'] },
  },
} as const satisfies Record<string, ObjectScenario>;

/** What takes longer. */
export const slowScenarios = {
  remove: scenario('3 nodes: remove', 3, remove),
  flush: scenario('3 nodes: flush to any node', 3, flush),
  fill: { ...scenario('3 nodes: slow fill', 3, failures), ...slowFill },
  clients: { ...scenario('2 nodes, 2 clients each: evict, find, remove', 2, evict, find, remove), clients: 2 },
  exclusiveReaders: {
    ...scenario('2 nodes, 2 clients each: readers exclude each other', 2, remove),
    clients: 2,
    exclusiveReaders: true,
  },
  removeAndEvict: scenario('3 nodes: remove and evict', 3, remove, evict),
  intruder: {
    ...scenario('3 nodes, calls that come while a writer waits for acknowledgements', 3),
    intruder: {
      operations: [...access, ...find, ...evict, ...remove, { type: 'late-fill' }],
      during: ['WAIT_ACK_INV'],
    },
  },
  conditionalTries: scenario('3 nodes: tryGrab, no and manual first touch', 3, tries, conditional),
} as const satisfies Record<string, ObjectScenario>;
