import { drainTimer, firstLinkTimer, retentionTimer } from '../kernel/session-types.ts';
import type { SessionScenario } from './session-scenario.ts';

const pair = { links: 2, windows: [2], sends: [[3], [0]], sessions: 1 } as const;
const small = { links: 2, windows: [2], sends: [[1], [0]], sessions: 1 } as const;
const bothWays = { links: 2, windows: [2], sends: [[1], [1]], sessions: 1 } as const;
const restart = { faults: { crash: 1, restart: 1 }, sessions: 2 } as const;
/** The highest sequences that leave room for a window of two. */
const nearTheEnd = Number.MAX_SAFE_INTEGER - 4;

/** Everything at once, which takes minutes and 4 GiB. */
export const longSessionScenario: SessionScenario = {
  ...pair,
  ...restart,
  name: 'two link faults, a lost fence and a restart',
  linkFaults: 2,
  lostFences: 1,
};

/** What is explored to the end. Together these reach every handled and ignored cell of the session's table. */
export const sessionScenarios: readonly SessionScenario[] = [
  { ...pair, name: 'two link faults and a lost fence', linkFaults: 2, lostFences: 1 },
  { ...pair, ...restart, name: 'a link fault, a lost fence and a restart', linkFaults: 1, lostFences: 1 },
  { ...pair, name: 'a lost frame and a link fault', faults: { drop: 1 }, linkFaults: 1 },
  {
    ...pair,
    name: 'two classes both ways',
    windows: [1, 1],
    sends: [
      [1, 1],
      [0, 1],
    ],
    linkFaults: 1,
  },
  { ...bothWays, name: 'both sides close', closes: [0, 1], linkFaults: 1 },
  { ...small, ...restart, name: 'a close and a restart', closes: [0], linkFaults: 1 },
  { ...small, name: 'a close while links are lost', sends: [[0], [0]], closes: [0], linkFaults: 2 },
  {
    ...bothWays,
    name: 'a suspect and a congested link',
    windows: [1],
    congests: [0],
    says: [{ event: { type: 'link-suspect', link: 0 } }, { event: { type: 'link-writable', link: 1 } }],
    linkFaults: 1,
  },
  {
    ...bothWays,
    name: 'a link suspected twice while a frame is lost',
    closes: [0, 1],
    says: [
      { event: { type: 'link-suspect', link: 0 } },
      { event: { type: 'link-suspect', link: 0 } },
      { event: { type: 'link-restored', link: 0 } },
    ],
    faults: { drop: 1 },
  },
  {
    ...small,
    name: 'calls in every phase',
    anyPhase: true,
    closes: [0, 1],
    says: [
      { event: { type: 'peer-dead' } },
      { event: { type: 'close' } },
      { event: { type: 'link-suspect', link: 0 } },
      { event: { type: 'link-writable', link: 0 } },
      { phase: 'ended', event: { type: 'consumed', trafficClass: 0, records: 0 } },
    ],
  },
  {
    ...small,
    name: 'slow consumers and timers that fire early',
    sends: [[1], [0]],
    slowConsumers: true,
    earlyTimers: { timers: [retentionTimer, drainTimer, firstLinkTimer, firstLinkTimer + 1], framesMax: 2 },
    says: [{ event: { type: 'link-suspect', link: 0 } }],
    linkFaults: 1,
  },
  {
    ...small,
    name: 'the peer stays while one side loses all links',
    sends: [[0], [1]],
    linkFaults: 2,
    says: [{ event: { type: 'peer-dead' } }],
  },
  {
    ...small,
    name: 'a link that was not agreed on',
    agreed: [0],
    says: [{ event: { type: 'link-suspect', link: 1 } }, { event: { type: 'link-writable', link: 1 } }],
    linkFaults: 2,
  },
  { ...small, ...restart, name: 'a link that was not agreed on, and a restart', agreed: [0], linkFaults: 1 },
  { ...small, name: 'carriers that come late', worldLinks: true },
  { ...small, name: 'links that never come back', linkFaults: 2, carriersStayOff: true },
  { ...small, name: 'a link that keeps failing', flapsMax: 1, linkFaults: 2, sends: [[0], [0]] },
  { ...small, name: 'no link is left, which hurries the next', flapsMax: 2, linkFaults: 2, sends: [[0], [0]] },
  {
    ...pair,
    name: 'sequence numbers used up',
    firstSequence: nearTheEnd,
    sequenceMax: nearTheEnd + 2,
    faults: { drop: 1 },
  },
];
