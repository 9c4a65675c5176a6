import type { Toughness } from '../kernel/iom-messages.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import type { PlannedWrite } from './update-scenario.ts';
import type { ViewPlan } from './view-keeper.ts';

export const dataNode = 0;
export const parityNode = 1;
/** Data on nodes 0 and 2, parity on node 1. */
const groups = [{ members: [dataNode, 2], parity: parityNode }] as const;

export const all: ViewPlan = { out: [], returning: [], after: [] };

/** A node is stopped, comes back, and is up to date. */
export const absence = (node: number): readonly ViewPlan[] => [
  all,
  { out: [node], returning: [], after: [0] },
  { out: [], returning: [node], after: [1] },
  { out: [], returning: [], after: [2] },
];

/** A node is stopped from the beginning, comes back, and is up to date. */
export const returning = (node: number): readonly ViewPlan[] => [
  { out: [node], returning: [], after: [] },
  { out: [], returning: [node], after: [0] },
  { out: [], returning: [], after: [1] },
];

/** The same, but it is stopped again while it catches up. */
export const twice = (node: number): readonly ViewPlan[] => [
  { out: [node], returning: [], after: [] },
  { out: [], returning: [node], after: [0] },
  { out: [node], returning: [], after: [1] },
  { out: [], returning: [node], after: [2] },
  { out: [], returning: [], after: [1, 3] },
];

/** One is stopped, and another before the first is up to date: more than parity covers, until both are back. */
export const follows = (first: number, second: number): readonly ViewPlan[] => [
  { out: [first], returning: [], after: [] },
  { out: [], returning: [first], after: [0] },
  { out: [second], returning: [first], after: [1] },
  { out: [], returning: [first, second], after: [2] },
  { out: [], returning: [], after: [1, 3] },
];

const at = (toughness: Toughness, more: Partial<PlannedWrite> = {}): PlannedWrite => ({
  group: 0,
  slot: 0,
  toughness,
  ...more,
});

export const wide = { nodes: 3, groups, spare: 2, inTurn: true } as const;
export const mirror = {
  nodes: 2,
  groups: [{ members: [dataNode], parity: parityNode }],
  spare: 2,
  inTurn: true,
} as const;

/** Small enough for every test run. */
export const proxyQuick = {
  mirrorData: {
    ...mirror,
    name: 'proxy: mirror, a data IOM stops, a write, it returns',
    writes: [at(2)],
    atProxy: [0],
    views: absence(dataNode),
    crashes: 1,
    goals: ['a write through the proxy', 'a block to restore'],
  },
  mirrorParity: {
    ...mirror,
    name: 'proxy: mirror, a parity IOM stops, a write, it returns',
    writes: [at(2)],
    atProxy: [],
    views: absence(parityNode),
    crashes: 1,
    goals: ['parity to encode'],
  },
  dataReturns: {
    ...wide,
    name: 'proxy: 2+1, a data IOM is stopped, a write and a read, it returns',
    writes: [at(2)],
    onlyAtProxy: [0],
    reads: [{ group: 0, slot: 0, after: 0 }],
    views: returning(dataNode),
    crashes: 0,
    goals: ['a write through the proxy', 'a block to restore'],
  },
  parityReturns: {
    ...wide,
    name: 'proxy: 2+1, a parity IOM is stopped, a write, it returns',
    writes: [at(2)],
    views: returning(parityNode),
    crashes: 0,
    goals: ['parity to encode'],
  },
  degraded: {
    ...wide,
    name: 'proxy: 2+1, a data IOM is stopped, a write through the proxy beside one of another member',
    writes: [at(2), at(2, { slot: 1 })],
    onlyAtProxy: [0],
    views: [{ out: [dataNode], returning: [], after: [] }],
    crashes: 0,
    goals: ['a write through the proxy', 'an update that waits for a group'],
  },
} as const satisfies Record<string, ProxyScenario>;

/** What takes longer. */
export const proxySlow = {
  parityFollows: {
    ...mirror,
    name: 'proxy: mirror, a data IOM is stopped and returns, the parity IOM stops before it is up to date',
    writes: [at(2, { range: { start: 0, units: 1 } }), at(2, { range: { start: 1, units: 1 }, after: 0 })],
    onlyAtProxy: [0],
    views: follows(dataNode, parityNode),
    crashes: 1,
  },
  degradedCrash: {
    ...wide,
    name: 'proxy: 2+1, a data IOM is stopped, a write through the proxy beside one of another member, one stop',
    writes: [at(2), at(2, { slot: 1 })],
    onlyAtProxy: [0],
    views: [{ out: [dataNode], returning: [], after: [] }],
    crashes: 1,
  },
  dataStops: {
    ...wide,
    name: 'proxy: 2+1, a data IOM stops, a write, it returns',
    writes: [at(2)],
    atProxy: [0],
    views: absence(dataNode),
    crashes: 1,
    goals: ['a write through the proxy', 'a block to restore'],
  },
  parityStops: {
    ...wide,
    name: 'proxy: 2+1, a parity IOM stops, a write, it returns',
    writes: [at(2)],
    views: absence(parityNode),
    crashes: 1,
    goals: ['parity to encode'],
  },
  mirrorDataCrash: {
    ...mirror,
    name: 'proxy: mirror, a data IOM is stopped, a write, it returns, one stop',
    writes: [at(2)],
    onlyAtProxy: [0],
    views: returning(dataNode),
    crashes: 1,
  },
  retryLate: {
    ...mirror,
    name: 'proxy: mirror, a write, a newer one through the proxy, a late retry of the first',
    writes: [at(2), at(2, { after: 0 })],
    atProxy: [0],
    onlyAtProxy: [1],
    views: absence(dataNode),
    crashes: 1,
  },
  sameGroup: {
    ...wide,
    name: 'proxy: 2+1, a write through the proxy beside one of another member',
    writes: [at(2), at(2, { slot: 1 })],
    onlyAtProxy: [0],
    views: returning(dataNode),
    crashes: 0,
    goals: ['an update that waits for a group'],
  },
} as const satisfies Record<string, ProxyScenario>;

/** What takes many minutes, or finds no end in the time it is given. */
export const proxyLong = {
  dataFollows: {
    ...mirror,
    name: 'proxy: mirror, a parity IOM is stopped and returns, the data IOM stops before it is up to date',
    writes: [at(2)],
    reads: [{ group: 0, slot: 0, after: 0 }],
    views: follows(parityNode, dataNode),
    crashes: 1,
  },
  dataCrash: {
    ...wide,
    name: 'proxy: 2+1, a data IOM is stopped, a write, it returns, one stop',
    writes: [at(2)],
    atProxy: [0],
    reads: [{ group: 0, slot: 0, after: 0 }],
    views: twice(dataNode),
    crashes: 1,
    torn: 1,
  },
  parityCrash: {
    ...wide,
    name: 'proxy: 2+1, a parity IOM is stopped, a write, it returns, one stop',
    writes: [at(2)],
    views: twice(parityNode),
    crashes: 1,
    torn: 1,
  },
  mirrorDataCrashes: {
    ...mirror,
    name: 'proxy: mirror, a data IOM is stopped, a write, it returns, two stops',
    writes: [at(2)],
    atProxy: [0],
    views: twice(dataNode),
    crashes: 2,
    torn: 1,
  },
  mirrorParityCrashes: {
    ...mirror,
    name: 'proxy: mirror, a parity IOM is stopped, a write, it returns, two stops',
    writes: [at(2)],
    views: twice(parityNode),
    crashes: 2,
    torn: 1,
  },
  mirrorParityCrash: {
    ...mirror,
    name: 'proxy: mirror, a parity IOM is stopped, a write, it returns, one stop',
    writes: [at(2)],
    views: returning(parityNode),
    crashes: 1,
  },
  mirrorTwoStops: {
    ...mirror,
    name: 'proxy: mirror, a data IOM stops, a write, it returns, two stops',
    writes: [at(1)],
    atProxy: [0],
    views: absence(dataNode),
    crashes: 2,
  },
  sameBlock: {
    ...mirror,
    name: 'proxy: mirror, two parts of one block, a data IOM is stopped and returns, one stop',
    writes: [at(2, { range: { start: 0, units: 1 } }), at(2, { range: { start: 1, units: 1 }, after: 0 })],
    onlyAtProxy: [0],
    atProxy: [1],
    views: returning(dataNode),
    crashes: 1,
    goals: ['a call that waits'],
  },
  sameGroupParity: {
    ...wide,
    name: 'proxy: 2+1, writes of two members without parity',
    writes: [at(2), at(2, { slot: 1 })],
    views: returning(parityNode),
    crashes: 0,
    goals: ['parity to encode', 'an update that waits for a group'],
  },
  dataStopsTwice: {
    ...wide,
    inTurn: false,
    name: 'proxy: 2+1, a data IOM is stopped, a write, it returns, two stops',
    writes: [at(2)],
    atProxy: [0],
    views: twice(dataNode),
    crashes: 2,
  },
  parityStopsTwice: {
    ...wide,
    inTurn: false,
    name: 'proxy: 2+1, a parity IOM is stopped, a write, it returns, two stops',
    writes: [at(2)],
    views: twice(parityNode),
    crashes: 2,
  },
  sameGroupStops: {
    ...wide,
    name: 'proxy: 2+1, writes of two members, a data IOM stops and returns',
    writes: [at(2), at(2, { slot: 1 })],
    atProxy: [0],
    views: absence(dataNode),
    crashes: 1,
  },
} as const satisfies Record<string, ProxyScenario>;
