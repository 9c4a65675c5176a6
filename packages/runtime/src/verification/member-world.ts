import {
  type CallSpec,
  type Monitor,
  type NodeSpec,
  part,
  type SimulationSpec,
  type WorldView,
} from '@holdfast/simulation';
import type { TrafficClass } from '../exchange/types.ts';
import type { ConnectionEnv } from '../kernel/connection-env.ts';
import { connectionKernel } from '../kernel/connection-kernel.ts';
import { connectionRules } from '../kernel/connection-rules.ts';
import type { ConnectionEvent, ConnectionState } from '../kernel/connection-types.ts';
import type { SessionEnv } from '../kernel/session-env.ts';
import { sessionKernel } from '../kernel/session-kernel.ts';
import { sessionRules } from '../kernel/session-rules.ts';
import type { SessionEvent, SessionState } from '../kernel/session-types.ts';
import { linkEnds } from './link-ends.ts';
import {
  linkEndsPart,
  liveConnectionPart,
  liveSessionPart,
  memberHost,
  memberHostPart,
  oneSidedPart,
} from './member-host.ts';
import { isRequest, oneSided } from './one-sided.ts';
import { sendNumber } from './session-scenario.ts';

/**
 * Two whole members as the worker host stacks them: links with their ends, a session, one-sided operations, a
 * connection, and what joins them. The simulator breaks links, messages and members while records flow both ways.
 */

export const memberLinks = 3;
/** The port the one-sided operations travel on. */
const regionPort = memberLinks;
const windows = [8, 8, 16, 16];
export const memberClasses = windows.length;
/** Endpoints one life of a member may use here. */
const endpointsPerLife = 2 ** 20;
const answersApart = 2 ** 30;

const sessionEnv: SessionEnv = {
  links: memberLinks,
  windows,
  acknowledgeEvery: 4,
  firstSequence: 0,
  sequenceMax: Number.MAX_SAFE_INTEGER - 16,
  flapsMax: 4,
  timings: {
    acknowledgeMs: 2,
    retransmitMs: 20,
    retentionMs: 300,
    drainMs: 200,
    closeRepeatMs: 20,
    probeMs: 5,
    probeMsMax: 80,
    steadyMs: 50,
  },
  rules: sessionRules,
};

const connectionEnv: ConnectionEnv = {
  versionMin: 1,
  versionMax: 1,
  links: Array.from({ length: memberLinks }, (_, link) => link),
  retriesMax: 6,
  hurriesMax: 3,
  timings: { retryMs: 5, retryMsMax: 100, incompatibleMs: 500, waitMs: 20, keepMs: 100 },
  rules: connectionRules,
};

function memberSpec(name: string): NodeSpec {
  return {
    name,
    parts: [
      part({
        name: 'links',
        kernel: linkEnds,
        env: () => memberLinks,
        ports: connectionEnv.links,
        message: (link, frame) => ({ type: 'arrived', link, frame }) as const,
        link: (link, up) => ({ type: up ? 'carrier-on' : 'carrier-off', link }) as const,
        above: (event) => ({ part: liveSessionPart, event }),
      }),
      part({
        name: 'session',
        kernel: sessionKernel,
        env: () => sessionEnv,
        timer: (timer) => ({ type: 'timer', timer }) as const,
        below: (link, frame) => ({ part: linkEndsPart, event: { type: 'transmit', link, frame } as const }),
        above: (notice) => ({ part: memberHostPart, event: { type: 'session-says', notice } as const }),
      }),
      part({
        name: 'one-sided',
        kernel: oneSided,
        env: (incarnation) => ({ incarnation, looksLate: false, port: regionPort, numbers: answersApart }),
        ports: [regionPort],
        message: (_port, message) => ({ type: isRequest(message) ? 'request' : 'answer', message }) as const,
        timer: () => ({ type: 'timer' }) as const,
        above: (event) => ({ part: liveConnectionPart, event }),
      }),
      part({
        name: 'connection',
        kernel: connectionKernel,
        env: () => connectionEnv,
        start: (incarnation): ConnectionEvent => ({ type: 'connect', endpoint: incarnation * endpointsPerLife + 1 }),
        timer: (timer) => ({ type: 'timer', timer }) as const,
        below: (_region, operation) => ({ part: oneSidedPart, event: { type: 'operate', operation } as const }),
        above: (notice) => ({ part: memberHostPart, event: { type: 'connection-says', notice } as const }),
      }),
      part({
        name: 'host',
        kernel: memberHost,
        env: () => undefined,
        below: (to, event) => ({ part: to, event }),
      }),
    ],
  };
}

const sessionAt = (view: WorldView, node: number): SessionState => view.state<SessionState>(node, liveSessionPart);
const connectionAt = (view: WorldView, node: number): ConnectionState =>
  view.state<ConnectionState>(node, liveConnectionPart);

function sends(sendsPerClass: number): CallSpec[] {
  return [0, 1].flatMap((node) =>
    windows.map((window, trafficClass) => ({
      label: `send class ${trafficClass}`,
      node,
      part: liveSessionPart,
      times: sendsPerClass,
      event: (nth: number): SessionEvent => {
        const send = sendNumber(node, trafficClass, nth);
        return { type: 'send', call: send, trafficClass: trafficClass as TrafficClass, handle: send };
      },
      when: (view: WorldView) => {
        const { phase, classes } = sessionAt(view, node);
        const each = classes[trafficClass]!;
        return phase === 'open' && each.next - each.unacknowledged < window;
      },
    })),
  );
}

/** Orderly closes in the middle of traffic; the host opens again. */
function closes(times: number): CallSpec[] {
  return [0, 1].map((node) => ({
    label: 'disconnect',
    node,
    part: liveConnectionPart,
    times,
    event: (): ConnectionEvent => ({ type: 'disconnect' }),
    when: (view) => connectionAt(view, node).stage === 'open',
  }));
}

/** Both members share a session, and whatever was accepted in it has been acknowledged. */
function missing(view: WorldView): string | undefined {
  const [a, b] = [connectionAt(view, 0), connectionAt(view, 1)];
  if (a.stage !== 'open' || b.stage !== 'open') return 'an open connection on both sides';
  if (a.peer !== b.endpoint || b.peer !== a.endpoint) return 'one session for both sides';
  for (const node of [0, 1]) {
    const session = sessionAt(view, node);
    if (session.classes.some((each) => each.unacknowledged < each.next)) return 'acknowledgements of all records';
    if (session.links.some((link) => link.state !== 'up')) return 'a link that is whole again';
  }
  return undefined;
}

export interface MemberSimulation {
  readonly name: string;
  readonly sendsPerClass: number;
  readonly closesPerNode: number;
  readonly faults: SimulationSpec['faults'];
  readonly monitors: readonly Monitor[];
}

export function memberSimulation(wanted: MemberSimulation): SimulationSpec {
  return {
    world: {
      name: wanted.name,
      nodes: [memberSpec('A'), memberSpec('B')],
      links: [...connectionEnv.links, regionPort].map((port) => ({
        name: port === regionPort ? 'one-sided' : `link ${port}`,
        ends: [
          { node: 0, port },
          { node: 1, port },
        ],
      })),
      calls: [...sends(wanted.sendsPerClass), ...closes(wanted.closesPerNode)],
      monitors: wanted.monitors,
    },
    faults: wanted.faults,
    missing,
    messageMs: 0.3,
    callMs: 2,
  };
}
