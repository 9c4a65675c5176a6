import type { LockAsk } from './log-locks.ts';
import type { LogScenario } from './log-scenario.ts';

const lock = (client: number, turn = 1): LockAsk => ({ kind: 'lock', client, turn });
const unlock = (client: number, turn = 2): LockAsk => ({ kind: 'unlock', client, turn });
const check = (client: number): LockAsk => ({ kind: 'check', client });
const mark = (number: number): LockAsk => ({ kind: 'mark', mark: number });

const one = { heads: 2, clients: 1, appointments: [0] } as const;

/** What is explored to the end. Together these reach every handled and ignored cell of the kernel's table. */
export const logScenarios = {
  race: {
    ...one,
    gathers: true,
    name: 'log: two clients ask two heads for one lock',
    clients: 2,
    asks: [
      { ask: lock(1), at: [0, 1] },
      { ask: lock(2), at: [1] },
      { ask: unlock(1), at: [0] },
    ],
    touchedKeysMax: 1,
  },
  right: {
    ...one,
    gathers: true,
    name: 'log: a lock is given back at one head and used at the other',
    asks: [
      { ask: lock(1), at: [0] },
      { ask: unlock(1), at: [0, 1] },
      { ask: check(1), at: [1] },
    ],
  },
  handOver: {
    ...one,
    gathers: true,
    name: 'log: a lock goes from one client to another, and the first uses it on',
    clients: 2,
    asks: [
      { ask: lock(1), at: [0] },
      { ask: unlock(1), at: [0] },
      { ask: lock(2), at: [0] },
      { ask: check(1), at: [1] },
    ],
  },
  death: {
    ...one,
    name: 'log: the appender dies, and everything is asked for again at the other head',
    asks: [
      { ask: lock(1), at: [0, 1] },
      { ask: check(1), at: [1] },
    ],
    appointments: [0, 1],
    faults: { crash: 1 },
    shows: true,
  },
  proposals: {
    ...one,
    gathers: true,
    name: 'log: the appender dies with proposals of the other head',
    asks: [
      { ask: mark(1), at: [1] },
      { ask: lock(1), at: [1] },
    ],
    appointments: [0, 1],
    faults: { crash: 1 },
  },
  comesBack: {
    ...one,
    name: 'log: an appender dies and follows again',
    asks: [
      { ask: lock(1), at: [0] },
      { ask: check(1), at: [0] },
    ],
    appointments: [0, 1],
    faults: { crash: 1, restart: 1 },
  },
  returns: {
    ...one,
    name: 'log: a head dies and comes back, the other serves on',
    asks: [
      { ask: lock(1), at: [0] },
      { ask: unlock(1), at: [0] },
      { ask: check(1), at: [1] },
    ],
    appointments: [0, 0],
    faults: { crash: 1, restart: 1 },
  },
  lapse: {
    ...one,
    name: 'log: a follower is out of touch while a lock is given back',
    asks: [
      { ask: lock(1), at: [0] },
      { ask: unlock(1), at: [0] },
      { ask: check(1), at: [1] },
    ],
    lapses: [1],
  },
  counts: {
    ...one,
    name: 'log: a record that rests on everything',
    asks: [
      { ask: mark(1), at: [0] },
      { ask: { kind: 'count' }, at: [1] },
    ],
  },
  refusal: {
    ...one,
    name: 'log: a follower is refused, and out of touch',
    clients: 2,
    asks: [
      { ask: lock(1), at: [0] },
      { ask: lock(2), at: [1] },
    ],
    lapses: [1],
  },
  appenderLapses: {
    ...one,
    gathers: true,
    name: 'log: an appender loses its right, and its append lands late',
    asks: [
      { ask: lock(1), at: [0] },
      { ask: check(1), at: [1] },
    ],
    appointments: [0, 1],
    lapses: [0],
  },
  bothLapse: {
    ...one,
    gathers: true,
    name: 'log: everybody is out of touch, and the same head appends again',
    asks: [{ ask: lock(1), at: [1] }],
    appointments: [0, 0],
    lapses: [0, 1],
  },
  failure: {
    ...one,
    name: 'log: an append fails, and lands all the same',
    asks: [
      { ask: lock(1), at: [0] },
      { ask: mark(1), at: [0] },
    ],
    appointments: [0, 0],
    failures: 1,
  },
  refusals: {
    ...one,
    name: 'log: claims and reads fail',
    asks: [{ ask: lock(1), at: [0] }],
    appointments: [0, 1],
    refusals: 2,
  },
  snapshots: {
    ...one,
    name: 'log: snapshots, and a follower that is far behind',
    asks: [
      { ask: mark(1), at: [0] },
      { ask: mark(2), at: [0] },
    ],
    snapshotRecords: 1,
  },
  followerSnapshot: {
    ...one,
    name: 'log: a proposal becomes part of a snapshot while its head is out of touch',
    asks: [{ ask: lock(1), at: [1] }],
    lapses: [1],
    snapshotRecords: 1,
  },
  snapshotLapse: {
    ...one,
    name: 'log: an appender loses its right while it saves a snapshot',
    asks: [{ ask: lock(1), at: [0] }],
    appointments: [0, 1],
    lapses: [0],
    snapshotRecords: 1,
  },
  again: {
    name: 'log: a lock that follows from an unlock is asked for again',
    heads: 2,
    clients: 2,
    asks: [
      { ask: lock(1), at: [0] },
      { ask: unlock(1), at: [0] },
      { ask: lock(2), at: [0] },
      { ask: lock(2), at: [0] },
      { ask: check(1), at: [1] },
    ],
    appointments: [0],
  },
} satisfies Record<string, LogScenario>;

/** More of the same, for hours that are free. */
export const longLogScenarios = {
  everything: {
    gathers: true,
    name: 'log: appenders die, come back and lose their right',
    heads: 2,
    clients: 1,
    asks: [
      { ask: lock(1), at: [0, 1] },
      { ask: unlock(1), at: [0, 1] },
      { ask: check(1), at: [0, 1] },
    ],
    appointments: [0, 1, 0],
    faults: { crash: 1, restart: 1 },
    lapses: [0, 1],
    shows: true,
  },
  three: {
    name: 'log: three heads, one of which dies',
    heads: 3,
    clients: 1,
    asks: [
      { ask: lock(1), at: [1] },
      { ask: unlock(1), at: [1] },
      { ask: check(1), at: [2] },
    ],
    appointments: [0, 2],
    faults: { crash: 1 },
  },
} satisfies Record<string, LogScenario>;
