import {
  linkEnds,
  type SessionEnv,
  type SessionEvent,
  type SessionRules,
  sessionRules,
} from '@holdfast/runtime/verification';
import {
  always,
  type CallSpec,
  checkHistory,
  type FaultRates,
  historyText,
  type LinkSpec,
  type NodeSpec,
  type Part,
  type Property,
  part,
  type SimulationSpec,
  type WorldView,
} from '@holdfast/simulation';
import { initialEntry } from '../kernel/object-entry.ts';
import { type ObjectRules, objectRules } from '../kernel/object-rules.ts';
import type { NodeId, ObjectEnv } from '../kernel/object-types.ts';
import { setRules } from '../kernel/set-rules.ts';
import type { ObjectKey } from '../kernel/set-types.ts';
import { coherenceOf, entryIsAtRest, nobodyForgotten, type Sight } from './object-properties.ts';
import { objectModel } from './sim-history.ts';
import { type LineMistake, type LineNotice, lineKernel } from './sim-line.ts';
import {
  type ClientOperation,
  type MemberEnv,
  type MemberEvent,
  type MemberState,
  memberKernel,
} from './sim-member.ts';
import { memberPart, type Witness, witness } from './sim-witness.ts';

/** A cluster in the simulator: containers over sessions over links that fail. */
export interface StackedCluster {
  readonly name: string;
  readonly nodes: number;
  readonly keys: number;
  /** Clients of each node; each makes one call after the other. */
  readonly clients: number;
  /** Calls of each kind, on each object, of each client. */
  readonly calls: number;
  readonly faults: FaultRates;
  readonly objectRules?: Partial<ObjectRules>;
  readonly sessionRules?: Partial<SessionRules>;
  /** A seeded bug of what the members stand on. */
  readonly lineMistake?: LineMistake;
  /** Whether only the objects may show that messages were lost, doubled or reordered. */
  readonly trustsSessions?: boolean;
}

const linksPerPair = 2;
const numbersFrom = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const operations = (nodes: number): readonly ClientOperation[] => [
  { type: 'get', absence: 'touch' },
  { type: 'get', absence: 'no-touch' },
  { type: 'grab', absence: 'touch', try: false, writes: true },
  { type: 'grab', absence: 'touch', try: false, writes: false },
  { type: 'grab', absence: 'touch', try: true, writes: true },
  { type: 'grab', absence: 'no-touch', try: false, writes: true },
  { type: 'grab', absence: 'manual', try: false, writes: true },
  { type: 'find' },
  { type: 'sync' },
  { type: 'evict' },
  { type: 'flush', to: nodes - 1 },
  { type: 'remove' },
];
const operationsOnAll: readonly ClientOperation[] = [{ type: 'grabAll' }, { type: 'flushSet' }];

function objectEnvOf({ nodes, objectRules: rules }: StackedCluster, self: NodeId, key: ObjectKey): ObjectEnv {
  return {
    self,
    defaultOwner: key % nodes,
    forwardsMax: 8,
    requestIds: 2 ** 32,
    fill: 'blank',
    exclusiveReaders: false,
    rules: { ...objectRules, ...rules },
  };
}

function memberEnvOf(cluster: StackedCluster, self: NodeId): MemberEnv {
  const envs = numbersFrom(cluster.keys).map((key) => objectEnvOf(cluster, self, key));
  return {
    self,
    nodes: cluster.nodes,
    keys: numbersFrom(cluster.keys),
    objectEnv: (key) => envs[key]!,
    rules: setRules,
  };
}

const sessionEnvOf = (cluster: StackedCluster): SessionEnv => ({
  links: linksPerPair,
  windows: [4],
  acknowledgeEvery: 4,
  firstSequence: 0,
  sequenceMax: Number.MAX_SAFE_INTEGER - 16,
  flapsMax: 4,
  timings: {
    acknowledgeMs: 2,
    retransmitMs: 20,
    // Who is silent is not dead: only the view says who is.
    retentionMs: 2 ** 40,
    drainMs: 200,
    closeRepeatMs: 20,
    probeMs: 5,
    probeMsMax: 80,
    steadyMs: 50,
  },
  rules: { ...sessionRules, ...cluster.sessionRules },
});

/** The parts of a node: the member, then for each peer the ends of its links and the line over them. */
const placeOf = (self: NodeId, peer: NodeId): number => (peer < self ? peer : peer - 1);
const endsPart = (self: NodeId, peer: NodeId): number => 1 + 2 * placeOf(self, peer);
const linePart = (self: NodeId, peer: NodeId): number => 2 + 2 * placeOf(self, peer);
const portOf = (peer: NodeId, link: number): number => peer * linksPerPair + link;

function lineParts(cluster: StackedCluster, self: NodeId, peer: NodeId): Part[] {
  const links = numbersFrom(linksPerPair);
  const above = (notice: LineNotice) =>
    notice.type === 'heard'
      ? { part: memberPart, event: { type: 'message', from: peer, message: notice.body } as const }
      : { part: endsPart(self, peer), event: { type: 'reset', link: notice.link } as const };
  // A node's ports towards a peer follow each other, and its links there are numbered from 0.
  const linkOf = (port: number): number => port - portOf(peer, 0);
  return [
    part({
      name: `links to ${peer}`,
      kernel: endsTowards(peer),
      env: () => linksPerPair,
      ports: links.map((link) => portOf(peer, link)),
      message: (port, frame) => ({ type: 'arrived', link: linkOf(port), frame }) as const,
      link: (port, up) => ({ type: up ? 'carrier-on' : 'carrier-off', link: linkOf(port) }) as const,
      above: (event) => ({ part: linePart(self, peer), event }),
    }),
    part({
      name: `line to ${peer}`,
      kernel: lineKernel,
      env: () => ({ ...sessionEnvOf(cluster), mistake: cluster.lineMistake }),
      start: (): SessionEvent => ({ type: 'open', self: 1, peer: 1, links }),
      timer: (timer) => ({ type: 'timer', timer }) as const,
      below: (link, frame) => ({ part: endsPart(self, peer), event: { type: 'transmit', link, frame } as const }),
      above,
    }),
  ];
}

const endsTowards = (peer: NodeId): typeof linkEnds => ({
  ...linkEnds,
  step: (state, event, env, out) => linkEnds.step(state, event, env, toPorts(out, peer)),
});

type EndsSink = Parameters<typeof linkEnds.step>[3];

/** The ends name their links from 0; the node has a port for each. */
function toPorts(out: EndsSink, peer: NodeId): EndsSink {
  return {
    send: (link, frame) => out.send(portOf(peer, link), frame),
    deliver: (event) => out.deliver(event),
    setTimer: () => undefined,
    cancelTimer: () => undefined,
    diskRead: () => undefined,
    diskWrite: () => undefined,
    diskFlush: () => undefined,
    reply: () => undefined,
    trace: () => undefined,
  };
}

function nodeOf(cluster: StackedCluster, self: NodeId): NodeSpec {
  const peers = numbersFrom(cluster.nodes).filter((peer) => peer !== self);
  return {
    name: `n${self}`,
    parts: [
      part({
        name: 'member',
        kernel: memberKernel,
        env: () => memberEnvOf(cluster, self),
        below: (peer, body) => ({ part: linePart(self, peer), event: { type: 'say', body } as const }),
        above: ({ key, notice }) =>
          notice.type === 'store'
            ? { part: memberPart, event: { type: 'stored', key, node: notice.node, call: notice.call } as const }
            : undefined,
      }),
      ...peers.flatMap((peer) => lineParts(cluster, self, peer)),
    ],
  };
}

function linksOf({ nodes }: StackedCluster): LinkSpec[] {
  return numbersFrom(nodes).flatMap((a) =>
    numbersFrom(nodes)
      .filter((b) => b > a)
      .flatMap((b) =>
        numbersFrom(linksPerPair).map((link) => ({
          name: `${a}-${b}/${link}`,
          ends: [
            { node: a, port: portOf(b, link) },
            { node: b, port: portOf(a, link) },
          ] as const,
        })),
      ),
  );
}

const memberOf = (view: WorldView, node: NodeId): MemberState => view.state<MemberState>(node, memberPart);

function callsOf(cluster: StackedCluster, node: NodeId): CallSpec[] {
  const { nodes, clients, calls: times } = cluster;
  return numbersFrom(clients).flatMap((index) => {
    const client = index + 1;
    const isFree = (view: WorldView): boolean => !memberOf(view, node).clients.has(client);
    const begin = (operation: ClientOperation, key: ObjectKey): CallSpec => ({
      label: `client ${client} begins`,
      node,
      part: memberPart,
      times,
      event: (): MemberEvent => ({ type: 'begin', client, key, operation }),
      when: isFree,
    });
    const end: CallSpec = {
      label: `client ${client} ends`,
      node,
      part: memberPart,
      times: 'unlimited',
      event: (): MemberEvent => ({ type: 'end', client }),
      when: (view) => memberOf(view, node).clients.get(client)?.held !== undefined,
    };
    return [
      ...numbersFrom(cluster.keys).flatMap((key) => operations(nodes).map((operation) => begin(operation, key))),
      ...operationsOnAll.map((operation) => begin(operation, 0)),
      end,
    ];
  });
}

const witnessOf = (view: WorldView): Witness => view.monitor<Witness>(0) as Witness;

function propertiesOf(cluster: StackedCluster): Property<WorldView>[] {
  const nodes = numbersFrom(cluster.nodes);
  const envs = numbersFrom(cluster.keys).map((key) => nodes.map((node) => objectEnvOf(cluster, node, key)));
  const checks = envs.map(coherenceOf);
  const sightOf = (view: WorldView, key: ObjectKey): Sight => ({
    entries: nodes.map((node) => memberOf(view, node).set.entries.get(key) ?? initialEntry(envs[key]![node]!)),
    under: witnessOf(view).underWay.flatMap((messages, pair) =>
      messages
        .filter((each) => each.key === key)
        .map(({ message }) => ({ from: Math.floor(pair / cluster.nodes), to: pair % cluster.nodes, message })),
    ),
  });
  return [
    always('every object is coherent (I1 to I12)', (view) => {
      const seen = witnessOf(view);
      if (seen.touched.length === 0) return undefined;
      const isQuiet = seen.underWay.every((messages) => messages.length === 0);
      for (const key of seen.touched) {
        const sight = sightOf(view, key);
        const violation = checks[key]!(sight) ?? (isQuiet ? nobodyForgotten(sight) : undefined);
        if (violation !== undefined) return `object ${key}: ${violation}`;
      }
      seen.touched = [];
      return undefined;
    }),
  ];
}

function missingOf({ nodes }: StackedCluster) {
  return (view: WorldView): string | undefined => {
    for (const node of numbersFrom(nodes)) {
      const { clients, set } = memberOf(view, node);
      const [waiting] = clients.values();
      if (waiting !== undefined) return `the end of ${waiting.call.operation.type} at node ${node} (L1)`;
      if (![...set.entries.values()].every(entryIsAtRest)) return `rest at node ${node}`;
    }
    return witnessOf(view).underWay.some((messages) => messages.length > 0) ? 'messages said' : undefined;
  };
}

/** What all clients saw can be put in an order. */
function historyOf(view: WorldView): string | undefined {
  const report = checkHistory(witnessOf(view).history, objectModel);
  return report.verdict === 'ok' ? undefined : historyText(report);
}

/** The simulation of a cluster, with the production rules or with some replaced. */
export function stackedSimulation(cluster: StackedCluster): SimulationSpec {
  const nodes = numbersFrom(cluster.nodes);
  return {
    world: {
      name: cluster.name,
      nodes: nodes.map((node) => nodeOf(cluster, node)),
      links: linksOf(cluster),
      calls: nodes.flatMap((node) => callsOf(cluster, node)),
      monitors: [witness(cluster.nodes, numbersFrom(cluster.keys), cluster.trustsSessions !== true)],
      properties: propertiesOf(cluster),
    },
    faults: cluster.faults,
    missing: missingOf(cluster),
    ending: { name: 'the history is linearizable', violation: historyOf },
    messageMs: 0.3,
    callMs: 2,
    livenessMs: 10_000,
  };
}
