import type { FaultRates, SimulationSpec } from '@holdfast/simulation';
import { type StackedCluster, stackedSimulation } from './sim-world.ts';

/** What links may do below a session, and nodes that do nothing for a while. */
const faults: FaultRates = {
  drop: 0.05,
  corrupt: 0.02,
  clog: 2,
  cutOneWay: 2,
  cutBothWays: 2,
  linkDown: 8,
  ghost: 0.5,
  suspect: 8,
  pause: 2,
  lateTimer: 0.05,
};

const clusterOf = (nodes: number, clients: number, keys: number): StackedCluster => ({
  name: `containers over sessions: ${nodes} nodes, ${clients} clients each, ${keys} objects`,
  nodes,
  clients,
  keys,
  calls: 1,
  faults,
});

/**
 * Nodes die at any moment, also while the view changes, and start again. They join at once, whatever the members are at.
 * What was under way to a dead node is known to nobody.
 */
const mortal = (cluster: StackedCluster, crash: number): StackedCluster => ({
  ...cluster,
  name: `${cluster.name}, nodes die`,
  faults: { ...faults, crash },
  trustsSessions: true,
});

/** Clusters of 3 to 8 nodes, from many calls on few nodes to few calls on many, without deaths and with them. */
export const stackedClusters: readonly StackedCluster[] = [
  clusterOf(3, 2, 3),
  clusterOf(4, 2, 2),
  clusterOf(5, 1, 3),
  clusterOf(6, 1, 2),
  clusterOf(8, 1, 2),
  mortal(clusterOf(3, 2, 3), 6),
  mortal(clusterOf(4, 2, 2), 6),
  mortal(clusterOf(5, 1, 3), 4),
  mortal(clusterOf(6, 1, 2), 4),
  mortal(clusterOf(8, 1, 2), 3),
];

export const stackedSimulations: readonly SimulationSpec[] = stackedClusters.map(stackedSimulation);

const small = clusterOf(3, 2, 2);
const deaths = { faults: { ...faults, crash: 6 } };

/** Seeded bugs that the simulator must catch by what becomes of the objects, not by the order of messages itself. */
export const simulatedMutants: readonly { readonly name: string; readonly simulation: SimulationSpec }[] = (
  [
    ['a session that loses a message', { lineMistake: 'loses' }],
    ['a session that delivers twice', { lineMistake: 'repeats' }],
    ['a session that reorders', { lineMistake: 'reorders' }],
    ['the writer does not await acknowledgements', { objectRules: { isComplete: () => true } }],
    ['a reader does not hold up a writer elsewhere', { objectRules: { readersHoldUp: (what) => what !== 'INV' } }],
    [
      'a dataless grant whatever copy there is',
      { objectRules: { isDataless: ({ requester }, _, copyset) => copyset.includes(requester) } },
    ],
    ['INV without a copy is not acknowledged', { objectRules: { acknowledgesWithoutCopy: () => false } }],
    [
      'refusal makes an owner',
      { objectRules: { afterRefusal: (_, __, isDefaultOwner) => (isDefaultOwner ? 'INV_OWNER' : 'INV_COPY') } },
    ],
    [
      'a node reports before all markers are in',
      { ...deaths, viewRules: { awaitedMarkers: () => [], bars: () => false } },
    ],
    ['calls are served while the view changes', { ...deaths, viewRules: { holdsCalls: () => false } }],
    ['a request goes ahead of those that came before it', { objectRules: { isUrgent: () => true } }],
    ['a removal does not await acknowledgements', { objectRules: { awaitsRemoval: () => false } }],
  ] as const satisfies readonly (readonly [string, Partial<StackedCluster>])[]
).map(([name, change]) => ({
  name,
  simulation: stackedSimulation({ ...small, name, ...change, trustsSessions: true }),
}));
