import {
  type CallSpec,
  type NodeSpec,
  parallelLinks,
  part,
  type WorldSpec,
  type WorldView,
} from '@holdfast/simulation';
import type { TrafficClass } from '../exchange/types.ts';
import type { SessionEnv } from '../kernel/session-env.ts';
import { sessionKernel } from '../kernel/session-kernel.ts';
import { type SessionRules, sessionRules } from '../kernel/session-rules.ts';
import type { SessionEvent, SessionFrame, SessionNotice } from '../kernel/session-types.ts';
import { faultBudget, spentFaults } from './fault-budget.ts';
import { type LinkEndsState, linkEnds } from './link-ends.ts';
import { sessionMonitor } from './session-monitor.ts';
import { sessionProperties } from './session-properties.ts';
import { endsPart, isOver, type SessionScenario, sendNumber, sessionOf, sessionPart } from './session-scenario.ts';

function envOf(scenario: SessionScenario, rules: SessionRules): SessionEnv {
  return {
    links: scenario.links,
    windows: scenario.windows,
    acknowledgeEvery: scenario.acknowledgeEvery ?? 2,
    firstSequence: scenario.firstSequence ?? 0,
    sequenceMax: scenario.sequenceMax ?? largestSequence,
    flapsMax: scenario.flapsMax ?? 0,
    timings: {
      acknowledgeMs: 1,
      retransmitMs: 20,
      retentionMs: 1000,
      drainMs: 500,
      closeRepeatMs: 20,
      probeMs: 5,
      probeMsMax: 5,
      steadyMs: 50,
    },
    rules,
  };
}

function nodeOf(name: string, scenario: SessionScenario, env: SessionEnv): NodeSpec {
  const ports = Array.from({ length: scenario.links }, (_, link) => link);
  return {
    name,
    parts: [
      part({
        name: 'links',
        kernel: linkEnds,
        env: () => scenario.links,
        ports,
        message: (link, frame) => ({ type: 'arrived', link, frame }) as const,
        ...(scenario.worldLinks === true
          ? { link: (link: number, up: boolean) => ({ type: up ? 'carrier-on' : 'carrier-off', link }) as const }
          : { start: () => ({ type: 'boot', link: 0 }) as const }),
        above: (event) => ({ part: sessionPart, event }),
      }),
      part({
        name: 'session',
        kernel: sessionKernel,
        env: () => env,
        timer: (timer) => ({ type: 'timer', timer }) as const,
        below: (link, frame) => ({ part: endsPart, event: { type: 'transmit', link, frame } as const }),
        above: (notice) => answerOf(notice, scenario),
      }),
    ],
  };
}

/** What the host does at once about a notice. */
function answerOf(notice: SessionNotice, scenario: SessionScenario) {
  if (notice.type === 'link' && notice.state === 'fenced') {
    return { part: endsPart, event: { type: 'reset', link: notice.link } as const };
  }
  if (notice.type === 'record' && scenario.slowConsumers !== true) {
    const { trafficClass } = notice;
    return { part: sessionPart, event: { type: 'consumed', trafficClass, records: 1 } as const };
  }
  return undefined;
}

function callsOf(scenario: SessionScenario): CallSpec[] {
  const calls: CallSpec[] = [];
  const links = Array.from({ length: scenario.links }, (_, link) => link);
  for (const node of [0, 1]) {
    calls.push({
      label: 'open',
      node,
      part: sessionPart,
      times: scenario.sessions,
      event: (nth): SessionEvent => {
        const endpoint = scenario.reusesEndpoints === true ? 1 : nth + 1;
        return { type: 'open', self: endpoint, peer: endpoint, links: scenario.agreed ?? links };
      },
      when: (view) => isOver(sessionOf(view, node)),
    });
  }
  calls.push(...linkFaults(scenario));
  for (const node of [0, 1]) {
    if (scenario.carriersStayOff !== true) calls.push(viewSaysDead(node));
    for (const [trafficClass, times] of (scenario.sends[node] ?? []).entries()) {
      if (times > 0) calls.push(sendCall(scenario, node, trafficClass as TrafficClass, times));
    }
    for (const timer of scenario.earlyTimers?.timers ?? []) calls.push(earlyTimer(scenario, node, timer));
    if (scenario.slowConsumers === true) calls.push(...consumers(scenario, node));
  }
  for (const node of scenario.closes ?? []) {
    calls.push({
      label: 'close',
      node,
      part: sessionPart,
      times: 1,
      event: () => ({ type: 'close' }),
      ...limits(scenario, node),
    });
  }
  for (const { event, phase } of scenario.says ?? []) {
    const when = (view: WorldView): boolean => phase === undefined || sessionOf(view, 0).phase === phase;
    calls.push({ label: `host says ${event.type}`, node: 0, part: sessionPart, times: 1, event: () => event, when });
  }
  for (const link of scenario.congests ?? []) {
    calls.push({ label: 'congest', node: 0, part: endsPart, times: 1, event: () => ({ type: 'congest', link }) });
    calls.push({
      label: 'relieve',
      node: 0,
      part: endsPart,
      times: 'unlimited',
      event: () => ({ type: 'relieve', link }),
      when: (view) => view.state<LinkEndsState>(0, endsPart).ends[link]!.congested,
    });
  }
  return calls;
}

/** Leaves room for any window of these worlds. */
const largestSequence = Number.MAX_SAFE_INTEGER - 1024;

const faultKinds = ['carrier-off', 'lose-fence'];
const budgetMonitor = 1;

/** Carriers that go and come back at one end, and fences that get lost. */
function linkFaults(scenario: SessionScenario): CallSpec[] {
  const { linkFaults: faults = 0, lostFences = 0, links, carriersStayOff = false } = scenario;
  const calls: CallSpec[] = [];
  for (const node of carriersStayOff ? [0] : [0, 1]) {
    for (let link = 0; link < links; link++) {
      const add = (type: string, when: (view: WorldView) => boolean): void => {
        calls.push({ label: type, node, part: endsPart, times: 'unlimited', event: () => ({ type, link }), when });
      };
      const isOn = (view: WorldView): boolean => view.state<LinkEndsState>(node, endsPart).ends[link]!.on;
      if (faults > 0) {
        add('carrier-off', (view) => isOn(view) && spentFaults(view, budgetMonitor, 0) < faults);
        if (!carriersStayOff) add('carrier-on', (view) => !isOn(view));
      }
      if (lostFences > 0) {
        add('lose-fence', (view) => {
          const [head] = view.messages(link, node === 0 ? 1 : 0) as SessionFrame[];
          return head?.type === 'fence' && isOn(view) && spentFaults(view, budgetMonitor, 1) < lostFences;
        });
      }
    }
  }
  return calls;
}

/** Calls that are no use without a session are left out, unless the scenario is about them. */
function limits(scenario: SessionScenario, node: number): Pick<CallSpec, 'when'> {
  if (scenario.anyPhase === true) return {};
  return { when: (view) => sessionOf(view, node).phase === 'open' };
}

function sendCall(scenario: SessionScenario, node: number, trafficClass: TrafficClass, times: number): CallSpec {
  return {
    label: `send class ${trafficClass}`,
    node,
    part: sessionPart,
    times,
    event: (nth): SessionEvent => {
      const send = sendNumber(node, trafficClass, nth);
      return { type: 'send', call: send, trafficClass, handle: send };
    },
    ...limits(scenario, node),
  };
}

/** The cluster's view names a session's peer dead once that peer lost or left the session without a word. */
function viewSaysDead(node: number): CallSpec {
  return {
    label: 'the view says: peer dead',
    node,
    part: sessionPart,
    times: 'unlimited',
    event: () => ({ type: 'peer-dead' }),
    when: (view) => {
      const here = sessionOf(view, node);
      const there = sessionOf(view, 1 - node);
      return !isOver(here) && here.self !== there.self && view.issued(1 - node) >= here.self;
    },
  };
}

function earlyTimer({ earlyTimers }: SessionScenario, node: number, timer: number): CallSpec {
  return {
    label: `timer ${timer} early`,
    node,
    part: sessionPart,
    times: 'unlimited',
    event: () => ({ type: 'timer', timer }),
    when: (view) => {
      const { messagesInFlight: frames } = view;
      return frames > 0 && frames < (earlyTimers?.framesMax ?? 0) && view.armed(node, sessionPart).includes(timer);
    },
  };
}

function consumers(scenario: SessionScenario, node: number): CallSpec[] {
  return scenario.windows.map((_, trafficClass) => ({
    label: `consume class ${trafficClass}`,
    node,
    part: sessionPart,
    times: 'unlimited' as const,
    event: () => ({ type: 'consumed', trafficClass, records: 1 }),
    when: (view: WorldView) => {
      const each = sessionOf(view, node).classes[trafficClass]!;
      return each.consumed < each.expected;
    },
  }));
}

/**
 * Whether a frame is of a session that its receiver left for good and asks for no answer: it is ignored whenever it
 * arrives. Endpoints grow with every session a side opens, so the number of those opened so far tells what can still be
 * meant.
 */
function isStraggler(view: WorldView, node: number, link: number, message: unknown): boolean {
  const { from, to, type } = message as SessionFrame;
  const { self, phase } = sessionOf(view, node);
  const opened = view.issued(node);
  const hasForgotten = self === 0;
  const isOfEarlierSession = (hasForgotten || self === opened) && from < opened && to < opened;
  const isOfLostSession = hasForgotten && from === opened && to === opened;
  const isOver = phase === 'ended' && from === self && to === self && (type === 'reset' || type === 'closed');
  const isSwallowed = view.state<LinkEndsState>(node, endsPart).ends[link]!.losesFence;
  return (isOfEarlierSession || isOfLostSession || isOver) && !isSwallowed;
}

/** The world of a scenario, with the production rules or with one replaced. */
export function sessionWorld(scenario: SessionScenario, rules: SessionRules = sessionRules): WorldSpec {
  const env = envOf(scenario, rules);
  const namesSessionsApart = scenario.reusesEndpoints !== true && rules.origin === sessionRules.origin;
  return {
    name: scenario.name,
    nodes: ['A', 'B'].map((name) => nodeOf(name, scenario, env)),
    links: parallelLinks(scenario.links),
    calls: callsOf(scenario),
    timers: 'quiet',
    faults: scenario.faults ?? {},
    ...(namesSessionsApart ? { inert: isStraggler } : {}),
    monitors: [sessionMonitor(sessionPart, scenario.links, scenario.windows.length), faultBudget(faultKinds)],
    properties: sessionProperties(scenario),
    final: () => true,
  };
}
