import {
  type CallSpec,
  type NodeSpec,
  parallelLinks,
  part,
  type WorldSpec,
  type WorldView,
} from '@holdfast/simulation';
import type { ConnectionEnv } from '../kernel/connection-env.ts';
import { connectionKernel } from '../kernel/connection-kernel.ts';
import { type ConnectionRules, connectionRules } from '../kernel/connection-rules.ts';
import type { ClientNeed, ConnectionEvent } from '../kernel/connection-types.ts';
import { clientHost, type HostEvent, type HostState } from './client-host.ts';
import { connectionMonitor } from './connection-monitor.ts';
import { connectionProperties } from './connection-properties.ts';
import { type ConnectionScenario, connectionOf, connectionPart, hostPart, regionPart } from './connection-scenario.ts';
import { isRequest, oneSided, type RegionState } from './one-sided.ts';

/** Clients of both sides: one on both, one on the one side only. */
const usualNeeds: readonly [readonly ClientNeed[], readonly ClientNeed[]] = [
  [
    { client: 1, ports: 2, bytesPerPort: 8 },
    { client: 2, ports: 1, bytesPerPort: 8 },
  ],
  [{ client: 1, ports: 1, bytesPerPort: 16 }],
];

/** More operations than can be answered late in one history. */
const answersApart = 8;

/** Endpoints one life of a member may use in these worlds. */
const endpointsPerLife = 10;

function envOf(scenario: ConnectionScenario, node: 0 | 1, incarnation: number, rules: ConnectionRules): ConnectionEnv {
  const first = (scenario.versions ?? [
    [1, 2],
    [1, 3],
  ])[node];
  const [versionMin, versionMax] = incarnation > 0 ? (scenario.upgrade ?? first) : first;
  return {
    versionMin,
    versionMax,
    links: (scenario.links ?? [
      [0, 1],
      [0, 1],
    ])[node],
    retriesMax: scenario.retriesMax ?? 0,
    hurriesMax: 1,
    timings: { retryMs: 2, retryMsMax: 50, incompatibleMs: 500, waitMs: 20, keepMs: 1000 },
    rules,
  };
}

function nodeOf(name: string, node: 0 | 1, scenario: ConnectionScenario, rules: ConnectionRules): NodeSpec {
  const hostEnv = {
    needs: (scenario.needs ?? usualNeeds)[node],
    refused: scenario.refused?.[node] ?? [],
    prompt: scenario.slowHosts !== true,
    reportsLate: scenario.reportsLate === true,
  };
  return {
    name,
    parts: [
      part({
        name: 'region',
        kernel: oneSided,
        env: (incarnation) => ({ incarnation, looksLate: scenario.slowLooks === true, port: 0, numbers: answersApart }),
        ports: [0],
        message: (_port, message) => ({ type: isRequest(message) ? 'request' : 'answer', message }) as const,
        timer: () => ({ type: 'timer' }) as const,
        above: (event) => ({ part: connectionPart, event }),
      }),
      part({
        name: 'connection',
        kernel: connectionKernel,
        env: (incarnation) => envOf(scenario, node, incarnation, rules),
        timer: (timer) => ({ type: 'timer', timer }) as const,
        below: (_region, operation) => ({ part: regionPart, event: { type: 'operate', operation } as const }),
        above: (notice) =>
          notice.type === 'publish'
            ? { part: regionPart, event: notice }
            : { part: hostPart, event: { type: 'notice', notice } as const },
      }),
      part({
        name: 'host',
        kernel: clientHost,
        env: () => hostEnv,
        below: (_region, handle) => ({ part: regionPart, event: { type: 'ports', handle } as const }),
        above: (event) => ({ part: connectionPart, event }),
      }),
    ],
  };
}

const hostOf = (view: WorldView, node: number): HostState => view.state<HostState>(node, hostPart);

function connects(scenario: ConnectionScenario, node: 0 | 1): CallSpec[] {
  const calls: CallSpec[] = [
    {
      label: 'connect',
      node,
      part: connectionPart,
      times: scenario.connects[node],
      event: (nth): ConnectionEvent => {
        const life = scenario.reusesEndpoint === true ? 0 : nth;
        return { type: 'connect', endpoint: life * endpointsPerLife + 1 };
      },
      when: (view) => scenario.connectsAgain === true || !connectionOf(view, node).wanted,
    },
    {
      label: 'the view says: peer dead',
      node,
      part: connectionPart,
      times: 'unlimited',
      event: (): ConnectionEvent => ({ type: 'peer-dead' }),
      when: (view) => {
        const { wanted, stage } = connectionOf(view, node);
        return !view.up(1 - node) && (wanted || stage !== 'idle');
      },
    },
  ];
  if ((scenario.disconnects?.[node] ?? 0) > 0) {
    calls.push({
      label: 'disconnect',
      node,
      part: connectionPart,
      times: scenario.disconnects![node],
      event: (): ConnectionEvent => ({ type: 'disconnect' }),
    });
  }
  return calls;
}

function hostCalls(scenario: ConnectionScenario, node: 0 | 1): CallSpec[] {
  const calls: CallSpec[] = [];
  const add = (
    type: HostEvent['type'],
    times: number | 'unlimited',
    when: (host: HostState, view: WorldView) => boolean,
  ) => {
    calls.push({
      label: type,
      node,
      part: hostPart,
      times,
      event: () => ({ type }),
      when: (view) => when(hostOf(view, node), view),
    });
  };
  if (scenario.slowHosts === true) {
    add('answer', 'unlimited', ({ asked }) => asked !== 'none');
    if (node === 0 && (scenario.portFailures ?? 0) > 0) {
      add('refuse', scenario.portFailures!, ({ asked }) => asked === 'ports');
    }
  }
  if (scenario.slowLooks === true) {
    calls.push({
      label: 'look',
      node,
      part: regionPart,
      times: 'unlimited',
      event: () => ({ type: 'look' }),
      when: (view) => view.state<RegionState>(node, regionPart).news !== undefined,
    });
  }
  const may = node === 0 ? (scenario.sessionMay ?? []) : [];
  const isLate = ({ session }: HostState, view: WorldView): boolean =>
    session === 'over' && connectionOf(view, node).stage === 'ending';
  if (may.includes('retain')) {
    add('retain', 1, (host, view) => host.session === 'open' || host.session === 'closing' || isLate(host, view));
    add(
      'resume',
      'unlimited',
      (host, view) => host.session === 'retained' || host.session === 'closing' || isLate(host, view),
    );
  }
  if (may.includes('close')) {
    add('close', 1, (host, view) => host.session === 'open' || host.session === 'retained' || isLate(host, view));
  }
  const ends = (session: HostState['session']): boolean => session === 'open' || session === 'retained';
  if (may.includes('end')) add('end', 1, ({ session }) => ends(session));
  add('end', 'unlimited', ({ session }) => session === 'closing');
  add('report', 'unlimited', ({ session }) => session === 'over');
  return calls;
}

function failures({ earlyFailures = 0, viewErrs = false }: ConnectionScenario): CallSpec[] {
  const calls: CallSpec[] = [];
  for (const node of [0, 1]) {
    if (earlyFailures > 0) {
      calls.push({
        label: 'the operation times out early',
        node,
        part: regionPart,
        times: earlyFailures,
        event: () => ({ type: 'timer' }),
        when: (view) => view.state<RegionState>(node, regionPart).pending !== 'none' && view.messagesInFlight > 0,
      });
    }
  }
  if (viewErrs) {
    const event = (): ConnectionEvent => ({ type: 'peer-dead' });
    calls.push({ label: 'the view says: peer dead', node: 0, part: connectionPart, times: 1, event });
  }
  return calls;
}

/** The world of a scenario, with the production rules or with one replaced. */
export function connectionWorld(scenario: ConnectionScenario, rules: ConnectionRules = connectionRules): WorldSpec {
  return {
    name: scenario.name,
    nodes: [nodeOf('A', 0, scenario, rules), nodeOf('B', 1, scenario, rules)],
    links: parallelLinks(1),
    calls: [
      ...([0, 1] as const).flatMap((node) => [...connects(scenario, node), ...hostCalls(scenario, node)]),
      ...failures(scenario),
    ],
    timers: 'quiet',
    faults: scenario.faults ?? {},
    monitors: [connectionMonitor(connectionPart)],
    properties: connectionProperties(scenario),
    final: () => true,
  };
}
