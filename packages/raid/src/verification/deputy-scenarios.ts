import type { ProxyScenario } from './proxy-scenario.ts';
import { absence, dataNode, parityNode, returning } from './proxy-scenarios.ts';

/** One block, P on node 1 and Q on node 2: the smallest group that can lose two. */
const pair = {
  nodes: 3,
  groups: [{ members: [dataNode], parity: parityNode, second: 2 }],
  spare: 2,
  inTurn: true,
  deputies: [parityNode],
  writes: [{ group: 0, slot: 0, toughness: 2 }],
} as const;

export const deputyScenarios = {
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
