import type { Mutant } from '@holdfast/simulation';
import { type SetRules, setRules } from '../kernel/set-rules.ts';
import type { SetScenario } from './set-scenario.ts';
import { setWorld } from './set-world.ts';

const access = [
  { type: 'get', absence: 'touch' },
  { type: 'grab', absence: 'touch', try: false },
] as const;

const base = { nodes: 2, keys: [0, 1] } as const;

export const setScenarios = {
  all: {
    ...base,
    name: '2 nodes, 2 objects: get, grab, flush, remove, grabAll',
    operations: [...access, { type: 'evict' }, { type: 'remove' }, { type: 'grabAll' }],
  },
  flushSet: {
    ...base,
    name: '2 nodes, 2 objects: get, grab, grabAll, flushSet',
    operations: [...access, { type: 'grabAll' }, { type: 'flushSet' }],
  },
  fill: {
    ...base,
    name: '2 nodes, 2 objects: grabAll with slow fills',
    operations: [...access, { type: 'grabAll' }],
    fill: 'load',
  },
} as const satisfies Record<string, SetScenario>;

interface SeededBug {
  readonly name: string;
  readonly scenario: SetScenario;
  readonly rules: Partial<SetRules>;
}

const bugs: readonly SeededBug[] = [
  {
    name: 'several objects are taken in the order given',
    scenario: setScenarios.flushSet,
    rules: { order: (keys) => keys },
  },
  {
    name: 'objects taken are kept when another cannot be had',
    scenario: setScenarios.fill,
    rules: { lettingGo: () => [] },
  },
  {
    name: 'the flush of a set waits for an object that nobody took',
    scenario: setScenarios.flushSet,
    rules: { countsKept: () => false },
  },
];

export const setMutants: readonly Mutant[] = bugs.map(({ name, scenario, rules }) => ({
  name,
  configuration: scenario.name,
  world: setWorld(scenario, { ...setRules, ...rules }),
}));
