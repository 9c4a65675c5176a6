import type { ConnectionScenario } from './connection-scenario.ts';

/** What is explored to the end. Together these reach every handled and ignored cell of the connection's table. */
export const connectionScenarios: readonly ConnectionScenario[] = [
  {
    name: 'both open at once, an operation is lost, the session is retained',
    connects: [1, 1],
    faults: { drop: 1 },
    sessionMay: ['retain'],
  },
  { name: 'a crash and a restart at every step', connects: [2, 2], faults: { crash: 1, restart: 1 } },
  { name: 'open against close', connects: [2, 1], disconnects: [1, 1] },
  { name: 'an operation fails while it is under way', connects: [1, 1], earlyFailures: 1 },
  {
    name: 'slow hosts, no memory for ports, a view that errs',
    connects: [2, 1],
    hostErrs: true,
    slowHosts: true,
    portFailures: 1,
  },
  {
    name: 'slow hosts, a retained session, a close',
    connects: [1, 1],
    disconnects: [1, 0],
    hostErrs: true,
    slowHosts: true,
    sessionMay: ['retain'],
  },
  { name: 'a session that ends by itself', connects: [1, 1], slowHosts: true, sessionMay: ['end', 'retain'] },
  {
    name: 'a session that closes by itself while an operation is lost',
    connects: [1, 1],
    faults: { drop: 1 },
    sessionMay: ['close', 'retain'],
  },
  {
    name: 'no version in common',
    connects: [2, 2],
    disconnects: [1, 0],
    hostErrs: true,
    versions: [
      [1, 1],
      [2, 2],
    ],
  },
  {
    name: 'a common version after an upgrade',
    connects: [1, 2],
    faults: { crash: 1, restart: 1 },
    versions: [
      [1, 1],
      [2, 2],
    ],
    upgrade: [1, 2],
  },
  { name: 'no link in common', connects: [2, 1], disconnects: [1, 0], hostErrs: true, links: [[0], [1]] },
  {
    name: 'no ports for one client, and none at all three times',
    connects: [1, 1],
    refused: [[1], []],
    retriesMax: 3,
    slowHosts: true,
    portFailures: 3,
  },
];
