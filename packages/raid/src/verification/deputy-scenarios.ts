import type { ProxyScenario } from './proxy-scenario.ts';
import { absence, dataNode, parityNode, returning } from './proxy-scenarios.ts';
import type { ViewPlan } from './view-keeper.ts';

/** One block, P on node 1 and Q on node 2: the smallest group that can lose two. */
const pair = {
  nodes: 3,
  groups: [{ members: [dataNode], parity: parityNode, second: 2 }],
  spare: 2,
  inTurn: true,
  deputies: [parityNode],
  writes: [{ group: 0, slot: 0, toughness: 2 }],
} as const;

const secondNode = 2;

/**
 * Two are lost: both parity IOMs may speak for the data IOM, and stops are for good. Histories end before anybody is back
 * and up to date: what comes then is the subject of other worlds.
 */
const two = { ...pair, deputies: [parityNode, secondNode], hearsItselfAtOnce: true, restarts: 0 } as const;
const view = (out: number[], back: number[], ...after: number[]): ViewPlan => ({ out, returning: back, after });

/** One is away and not up to date while another one writes in the place of a third, and then stops. */
const oneIsBack = [view([dataNode, secondNode], []), view([dataNode], [secondNode], 0)] as const;

export const deputyScenarios = {
  takesOver: {
    ...two,
    name: 'deputy: 1+2, a data IOM stops with a write under way, which is ended in its place',
    views: [view([], []), view([dataNode], [], 0)],
    crashes: 1,
    stopping: [dataNode],
    ends: [0, 1],
  },
  firstParityStops: {
    ...two,
    name: 'deputy: 1+2, a data IOM is stopped, the one that writes in its place stops',
    onlyAtProxy: [0],
    views: [view([dataNode], []), view([dataNode, parityNode], [], 0)],
    crashes: 1,
    stopping: [parityNode],
    ends: [0, 1],
  },
  secondParityStops: {
    ...two,
    name: 'deputy: 1+2, a data IOM is stopped, a write in its place, the second parity IOM stops',
    onlyAtProxy: [0],
    views: [view([dataNode], []), view([dataNode, secondNode], [], 0)],
    crashes: 1,
    stopping: [secondNode],
    ends: [0, 1],
  },
  secondParityBack: {
    ...two,
    name: 'deputy: 1+2, a data IOM and a parity IOM are stopped, a write, the parity IOM returns',
    onlyAtProxy: [0],
    views: oneIsBack,
    crashes: 0,
    ends: [1],
  },
  backAndStops: {
    ...two,
    name: 'deputy: 1+2, the same, and the one that wrote stops',
    onlyAtProxy: [0],
    views: [...oneIsBack, view([dataNode, parityNode], [secondNode], 1)],
    crashes: 1,
    stopping: [parityNode],
    ends: [0, 1, 2],
  },
  returns: {
    ...pair,
    name: 'deputy: 1+2, a data IOM is stopped, a write in its place, it returns',
    onlyAtProxy: [0],
    views: returning(dataNode),
    crashes: 0,
    goals: ['a block to restore'],
  },
  parityReturns: {
    ...pair,
    name: 'deputy: 1+2, a parity IOM is stopped, a write, it returns',
    deputies: [],
    views: returning(parityNode),
    crashes: 0,
    goals: ['parity to encode'],
  },
  parityStops: {
    ...pair,
    name: 'deputy: 1+2, a parity IOM stops, a write, it returns',
    deputies: [],
    atProxy: [],
    views: absence(parityNode),
    crashes: 1,
    goals: ['parity to encode'],
  },
} as const satisfies Record<string, ProxyScenario>;

/** What takes longer. */
export const deputyLong = {
  power: {
    ...pair,
    name: 'deputy: 1+2, a data IOM is stopped, a write in its place, one stop, it returns',
    onlyAtProxy: [0],
    views: returning(dataNode),
    crashes: 1,
    goals: ['a block to restore'],
  },
} as const satisfies Record<string, ProxyScenario>;
