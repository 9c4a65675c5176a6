import type { Act } from './nfs-client.ts';
import type { NfsScenario } from './nfs-scenario.ts';

const open = (access: number, deny: number): Act => ({ kind: 'open', access, deny });
const close: Act = { kind: 'close' };
const leave: Act = { kind: 'leave' };
const renew: Act = { kind: 'renew' };
const skip: Act = { kind: 'skip' };
const newSession: Act = { kind: 'new-session' };
const endSession: Act = { kind: 'end-session' };
const done: Act = { kind: 'done' };
const downgrade: Act = { kind: 'downgrade', access: 1, deny: 0 };
const lock = (start: number, end: number, lockType: 'read' | 'write'): Act => ({ kind: 'lock', start, end, lockType });
const unlock = (start: number, end: number): Act => ({ kind: 'unlock', start, end });

const shares: readonly Act[] = [open(1, 2), open(3, 0), downgrade, close];
const fewShares: readonly Act[] = [open(1, 2), open(3, 0), close];
/** Three ranges, of which each overlaps with both others. */
const locks: NfsScenario['menus'] = [
  [lock(0, 2, 'write'), lock(1, 3, 'read'), lock(0, 3, 'write'), unlock(1, 3)],
  [lock(1, 3, 'write'), lock(0, 3, 'read'), unlock(0, 2)],
];
const fewLocks: NfsScenario['menus'] = [
  [lock(0, 3, 'write'), unlock(1, 3)],
  [lock(1, 3, 'read'), lock(0, 2, 'write')],
];

export const everything: readonly Act[] = [open(2, 1), ...shares, ...locks.flat(), renew];

const death = { kills: 1, restarts: 1 } as const;
const trouble = { repeats: 1, ...death } as const;
const shared = { minor: 0, menus: [shares, shares], acts: 3 } as const;
const locked = { minor: 0, menus: locks, acts: 3, startsOpen: true } as const;

/** What is explored to the end. */
export const nfsScenarios = {
  opens: { ...shared, name: 'opens and shares, 3 requests of each client' },
  openRepeat: { ...shared, name: 'opens and shares, 3 requests of each client, a repetition', repeats: 1 },
  openDeath: { ...shared, name: 'opens and shares, 3 requests of each client, a death and a restart', ...death },
  openTrouble: {
    ...shared,
    name: 'opens and shares, 2 requests of each client, a repetition, a death and a restart',
    menus: [fewShares, fewShares],
    acts: 2,
    ...trouble,
  },
  slots: {
    name: 'opens and shares of NFSv4.1, 2 requests of each client, a repetition, a death and a restart',
    minor: 1,
    menus: [fewShares, fewShares],
    acts: 2,
    ...trouble,
  },
  locks: { ...locked, name: 'byte-range locks, 3 requests of each client' },
  lockRepeat: { ...locked, name: 'byte-range locks, 3 requests of each client, a repetition', repeats: 1 },
  lockDeath: { ...locked, name: 'byte-range locks, 3 requests of each client, a death and a restart', ...death },
  lockTrouble: {
    ...locked,
    name: 'byte-range locks, 2 requests of each client, a repetition, a death and a restart',
    menus: fewLocks,
    acts: 2,
    ...trouble,
  },
  partition: {
    ...shared,
    name: 'opens and shares, 2 requests of each client, a head is cut off and comes back',
    menus: [fewShares, fewShares],
    acts: 2,
    cuts: 1,
  },
  lockPartition: {
    ...locked,
    name: 'byte-range locks, 2 requests of each client, a head is cut off and comes back',
    menus: fewLocks,
    acts: 2,
    cuts: 1,
  },
  expiryPartition: {
    name: 'leases run out while a head is cut off, 1 request of each client',
    minor: 0,
    menus: [[open(1, 2)], [open(2, 0), renew]],
    acts: 1,
    hasLeases: true,
    cuts: 1,
  },
  expiry: {
    name: 'leases run out, 2 requests of each client, a death and a restart',
    minor: 0,
    menus: [
      [open(1, 2), renew],
      [open(2, 0), renew],
    ],
    acts: 2,
    hasLeases: true,
    kills: 1,
    restarts: 1,
  },
  roaming: {
    name: 'leases run out while a client turns to a head that starts again',
    minor: 0,
    menus: [[open(1, 2), open(3, 2)], [open(2, 0)]],
    acts: 2,
    hasLeases: true,
    roams: true,
    kills: 1,
    restarts: 1,
  },
  renewals: {
    name: 'leases run out while heads tell each other of renewals, late or never',
    minor: 0,
    menus: [[open(1, 2), renew], [open(2, 0)]],
    acts: 2,
    hasLeases: true,
    spreadsRenewals: true,
    roams: true,
  },
  crowded: {
    name: 'leases run out, and more than one request waits for it',
    minor: 0,
    menus: [[open(2, 0), renew], [open(1, 2)]],
    acts: 2,
    hasLeases: true,
    roams: true,
    repeats: 1,
  },
  grace: {
    name: 'all state was lost, one client reclaims, the other one waits, a death',
    minor: 0,
    menus: [[{ kind: 'reclaim', access: 1, deny: 2 }, open(1, 2)], [open(2, 0)]],
    acts: 2,
    grace: ['a'],
    kills: 1,
  },
  leaving: {
    name: 'a client leaves before its lease runs out',
    minor: 0,
    menus: [[leave], [renew]],
    acts: 1,
    hasLeases: true,
    pauses: 1,
  },
} satisfies Record<string, NfsScenario>;

const served = { minor: 1, roams: true, repeats: 1, kills: 1, restarts: 1 } as const;

/** Sessions, and the slots of requests that change something and of those that do not. */
export const sessionScenarios = {
  steps: {
    ...served,
    name: 'slots of NFSv4.1, some requests change nothing, 3 requests, a repetition, a death and a restart',
    menus: [[renew, open(1, 0), skip], []],
    acts: 3,
  },
  sessions: {
    ...served,
    name: 'sessions are made and ended, 3 requests, a repetition, a death and a restart',
    menus: [[newSession, endSession, renew, skip], []],
    acts: 3,
  },
  reclaims: {
    name: 'all state of NFSv4.1 was lost, a client reclaims and says that it is done, a death',
    minor: 1,
    menus: [
      [{ kind: 'reclaim', access: 1, deny: 2 }, done, open(1, 2)],
      [done, open(2, 0)],
    ],
    acts: 2,
    grace: ['a'],
    kills: 1,
  },
} satisfies Record<string, NfsScenario>;

const giveBack: Act = { kind: 'return' };
const delegated = {
  menus: [
    [open(1, 0), open(3, 0), giveBack, close],
    [open(1, 0), open(3, 0), giveBack],
  ],
  hasLeases: false,
  delegates: true,
} as const;

/** What clients are delegated, asked for and taken. */
export const delegationScenarios = {
  plain: { ...delegated, name: 'delegations, 3 requests of each client', minor: 0, acts: 3 },
  trouble: {
    ...delegated,
    menus: [
      [open(1, 0), giveBack],
      [open(3, 0), giveBack],
    ],
    name: 'delegations of NFSv4.1, 2 requests of each client, a repetition, a death and a restart',
    minor: 1,
    acts: 2,
    ...trouble,
  },
} satisfies Record<string, NfsScenario>;

const layouts: readonly Act[] = [{ kind: 'get-layout' }, { kind: 'return-layout' }, { kind: 'cut-off' }];
const laidOut = { minor: 1, menus: [layouts, layouts], startsOpen: true, delegates: true } as const;

/** What clients may do at data servers, are asked for and taken. */
export const layoutScenarios = {
  plain: { ...laidOut, name: 'layouts, 3 requests of each client', acts: 3 },
  trouble: {
    ...laidOut,
    name: 'layouts, 2 requests of each client, a death and a restart',
    acts: 2,
    kills: 1,
    restarts: 1,
  },
} satisfies Record<string, NfsScenario>;

/** The same with everything at once: minutes each. */
export const longScenarios = {
  opens: { ...shared, name: 'opens and shares, 3 requests, a repetition, a death and a restart', ...trouble },
  locks: { ...locked, name: 'byte-range locks, 3 requests, a repetition, a death and a restart', ...trouble },
} satisfies Record<string, NfsScenario>;
