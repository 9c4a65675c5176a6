import { absence, dataNode, parityNode, returning } from './proxy-scenarios.ts';
import type { ProxyScenario } from './proxy-scenario.ts';

/** One block, P on node 1 and Q on node 2: the smallest group that can lose two. */
const pair = {
  nodes: 3,
  groups: [{ members: [dataNode], parity: parityNode, second: 2 }],
  spare: 2,
  inTurn: true,
  deputies: [parityNode],
  writes: [{ group: 0, slot: 0, toughness: 2 }],
} as const;

/** Small enough for every test run. */
export const deputyQuick = {
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
} as const satisfies Record<string, ProxyScenario>;

/** What takes longer. */
export const deputySlow = {
  stops: {
    ...pair,
    name: 'deputy: 1+2, a data IOM stops, a write made there or in its place, it returns',
    atProxy: [0],
    views: absence(dataNode),
    crashes: 1,
    goals: ['a block to restore'],
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
  both: {
    ...pair,
    name: 'deputy: 1+2, a data IOM is stopped, its parity IOM stops as well, a write in its place',
    deputies: [parityNode, 2],
    onlyAtProxy: [0],
    views: [
      { out: [dataNode], returning: [], after: [] },
      { out: [dataNode, parityNode], returning: [], after: [0] },
    ],
    crashes: 1,
  },
  power: {
    ...pair,
    name: 'deputy: 1+2, a data IOM is stopped, a write in its place, one stop, it returns',
    onlyAtProxy: [0],
    views: returning(dataNode),
    crashes: 1,
    goals: ['a block to restore'],
  },
} as const satisfies Record<string, ProxyScenario>;
