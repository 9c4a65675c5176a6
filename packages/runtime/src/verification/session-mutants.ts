import type { Mutant } from '@holdfast/simulation';
import { type SessionRules, sessionRules } from '../kernel/session-rules.ts';
import { firstLinkTimer } from '../kernel/session-types.ts';
import { sessionScenarios } from './session-configurations.ts';
import type { SessionScenario } from './session-scenario.ts';
import { sessionWorld } from './session-world.ts';

interface SeededBug {
  readonly name: string;
  readonly configuration: string;
  readonly rules?: Partial<SessionRules>;
  readonly scenario?: Partial<SessionScenario>;
}

const fences = 'a link fault, a lost fence and a restart';
const loss = 'a lost frame and a link fault';
const restart = 'a close and a restart';
const closing = 'both sides close';
const slow = 'slow consumers and timers that fire early';
const oneSided = 'the peer stays while one side loses all links';
const silent = 'links that never come back';
const manyRecords = { sends: [[3], [0]], linkFaults: 0 } as const;
const noRestart = { faults: {}, sessions: 1, sends: [[1], [1]] } as const;

const bugs: readonly SeededBug[] = [
  { name: 'skips the fence', configuration: fences, rules: { epochAfterFailure: (epoch) => epoch } },
  {
    name: 'never tells the peer of a fence',
    configuration: fences,
    scenario: noRestart,
    rules: { tellsFence: () => false, repeatsFence: () => false },
  },
  {
    name: 'tells the peer of a fence only once',
    configuration: fences,
    scenario: noRestart,
    rules: { repeatsFence: () => false },
  },
  {
    name: 'accepts an old epoch',
    configuration: slow,
    scenario: {
      slowConsumers: false,
      says: [],
      earlyTimers: { timers: [firstLinkTimer, firstLinkTimer + 1], framesMax: 3 },
    },
    rules: {
      epochOf: (link, epoch) => (link.state === 'probing' ? 'current' : sessionRules.epochOf(link, epoch)),
    },
  },
  {
    name: 'uses a fenced link before the peer confirmed',
    configuration: fences,
    rules: { mayProbe: (link, hurry) => link.carrier && (link.rested || hurry) },
  },
  {
    name: 'delivers behind a gap',
    configuration: loss,
    rules: { isNext: (expected, { sequence }) => sequence >= expected },
  },
  {
    name: 'delivers duplicates',
    configuration: loss,
    scenario: { slowConsumers: true },
    rules: { isNext: (expected, { sequence }) => sequence <= expected },
  },
  { name: 'acknowledges before delivery', configuration: loss, rules: { acknowledges: (expected) => expected + 1 } },
  { name: 'drops the requeue', configuration: loss, rules: { resumesAt: (_unacknowledged, cursor) => cursor } },
  { name: 'ignores credit', configuration: slow, scenario: manyRecords, rules: { maySend: () => true } },
  {
    name: 'grants a record too many',
    configuration: slow,
    scenario: manyRecords,
    rules: { grants: (consumed, window) => consumed + window + 1 },
  },
  {
    name: 'reports what it sent as certainly not delivered',
    configuration: restart,
    rules: { undeliveredFrom: (unacknowledged) => unacknowledged },
  },
  { name: 'closes before it is drained', configuration: closing, rules: { mayClose: () => true } },
  { name: 'never gives up a session without links', configuration: silent, rules: { retentionEnds: () => false } },
  { name: 'does not answer stragglers', configuration: oneSided, rules: { answersStragglers: () => false } },
  {
    name: 'hears frames of a session gone by',
    configuration: restart,
    rules: {
      origin: (self, peer, frame) =>
        frame.from > peer ? 'restarted' : frame.from < peer || frame.to === self ? 'session' : 'stale',
    },
  },
  {
    name: 'resumes silently with a new endpoint of the peer',
    configuration: restart,
    rules: { origin: (_self, peer, frame) => (frame.from >= peer ? 'session' : 'stale') },
  },
  { name: 'reuses endpoint and sequence after a restart', configuration: restart, scenario: { reusesEndpoints: true } },
];

export const sessionMutants: readonly Mutant[] = bugs.map(({ name, configuration, rules, scenario }) => {
  const original = sessionScenarios.find((each) => each.name === configuration);
  if (original === undefined) throw new RangeError(`no configuration is called ${configuration}`);
  return { name, configuration, world: sessionWorld({ ...original, ...scenario }, { ...sessionRules, ...rules }) };
});
