import type { Toughness } from '../kernel/iom-messages.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import { absence, all, follows, mirror, parityNode, returning, twice, wide } from './proxy-scenarios.ts';
import type { PlannedWrite } from './update-scenario.ts';

const at = (toughness: Toughness, more: Partial<PlannedWrite> = {}): PlannedWrite => ({
  group: 0,
  slot: 0,
  toughness,
  ...more,
});

const dataNode = 0;
const otherNode = 2;

/** What is told beside views, messages and calls, and what comes later than the view that leaves its sender out. */
export const tidingsScenarios = {
  space: {
    ...mirror,
    name: 'proxy: mirror, there is space again',
    writes: [],
    space: true,
    views: [all],
    crashes: 0,
  },
  linkDown: {
    ...mirror,
    name: 'proxy: mirror, a data IOM stops and returns, a link breaks',
    writes: [],
    views: absence(dataNode),
    crashes: 1,
    breaks: 1,
  },
  blankData: {
    ...mirror,
    name: 'proxy: mirror, a data IOM stops, all its blocks are to be made again, it returns',
    writes: [at(2)],
    blank: dataNode,
    views: absence(dataNode),
    crashes: 1,
    goals: ['a block to restore'],
  },
  blankParity: {
    ...mirror,
    name: 'proxy: mirror, all parity of an IOM is to be made again, it returns, stops and returns, slow reads',
    writes: [],
    blank: parityNode,
    views: twice(parityNode),
    crashes: 1,
    slowReads: true,
    goals: ['parity to encode'],
  },
  removedData: {
    ...wide,
    name: 'proxy: 2+1, a data IOM returns while the object is removed',
    writes: [at(2)],
    onlyAtProxy: [0],
    removed: true,
    views: returning(dataNode),
    crashes: 0,
  },
  removedParity: {
    ...mirror,
    name: 'proxy: mirror, a parity IOM returns while the object is removed',
    writes: [at(2)],
    removed: true,
    views: returning(parityNode),
    crashes: 0,
  },
  doubtful: {
    ...wide,
    name: 'proxy: 2+1, parity is in doubt beside a write',
    writes: [at(2)],
    doubtful: 0,
    views: [all],
    crashes: 0,
    goals: ['parity to encode'],
  },
  doubtfulReturn: {
    ...wide,
    name: 'proxy: 2+1, parity is in doubt while a member stops, is written through the proxy, and returns',
    writes: [at(2, { slot: 1 })],
    onlyAtProxy: [0],
    doubtful: 0,
    views: absence(otherNode),
    crashes: 1,
  },
  lateValue: {
    ...mirror,
    name: 'proxy: mirror, two groups, the value of one comes late while the other is written through the proxy',
    groups: [
      { members: [dataNode], parity: parityNode },
      { members: [dataNode], parity: parityNode },
    ],
    writes: [at(2, { group: 1 })],
    onlyAtProxy: [0],
    doubtful: 0,
    views: absence(dataNode),
    crashes: 1,
  },
  lateRestore: {
    ...mirror,
    name: 'proxy: mirror, two writes through the proxy, a data IOM returns, stops and returns, slow reads',
    writes: [at(2), at(2, { after: 0 })],
    onlyAtProxy: [0, 1],
    views: twice(dataNode),
    crashes: 1,
    slowReads: true,
  },
  lateQuestion: {
    ...wide,
    name: 'proxy: 2+1, a data IOM returns, the parity IOM stops before it is up to date',
    writes: [at(2)],
    onlyAtProxy: [0],
    views: follows(dataNode, parityNode),
    crashes: 1,
  },
  recoveringSpace: {
    ...mirror,
    name: 'proxy: mirror, one stop, there is space and parity is in doubt while a log is looked at',
    writes: [at(2)],
    space: true,
    doubtful: 0,
    views: [all],
    crashes: 1,
    slowReads: true,
  },
  recoveringRemoved: {
    ...mirror,
    name: 'proxy: mirror, one stop, the object is removed while a log is looked at',
    writes: [at(2)],
    removed: true,
    views: [all],
    crashes: 1,
    slowReads: true,
  },
  recoveringBlank: {
    ...mirror,
    name: 'proxy: mirror, two stops, all blocks of one are to be made again while the log of the other is looked at',
    writes: [at(2)],
    blank: dataNode,
    views: absence(dataNode),
    crashes: 2,
    slowReads: true,
  },
  recoveringRead: {
    ...wide,
    name: 'proxy: 2+1, a data IOM is stopped, a read through the proxy while its log is looked at',
    writes: [at(2, { slot: 1 })],
    reads: [{ group: 0, slot: dataNode }],
    views: [{ out: [dataNode], returning: [], after: [] }],
    crashes: 1,
    slowReads: true,
  },
  recoveringWrite: {
    ...wide,
    name: 'proxy: 2+1, a data IOM is stopped, a write through the proxy while its log is looked at',
    writes: [at(2), at(2, { slot: 1 })],
    onlyAtProxy: [0],
    views: [{ out: [dataNode], returning: [], after: [] }],
    crashes: 1,
    slowReads: true,
  },
} as const satisfies Record<string, ProxyScenario>;

/** What takes a minute and more. */
export const tidingsLong = {
  markedTwice: {
    ...mirror,
    name: 'proxy: mirror, a write, both stop in turn, what is open of a marked block when one returns, slow reads',
    writes: [at(2)],
    atProxy: [0],
    views: absence(dataNode),
    crashes: 2,
    slowReads: true,
  },
} as const satisfies Record<string, ProxyScenario>;
