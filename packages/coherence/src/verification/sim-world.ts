import {
  type LineEvent,
  type LineMistake,
  type LineNotice,
  lineKernel,
  linkEnds,
  type SessionRules,
  sessionEnv,
} from '@holdfast/runtime/verification';
import {
  always,
  type CallSpec,
  checkHistory,
  type FaultRates,
  historyText,
  type Input,
  type LinkSpec,
  type NodeSpec,
  type Part,
  type Property,
  part,
  type SimulationSpec,
  type Undecided,
  type WorldView,
} from '@holdfast/simulation';
import { initialEntry } from '../kernel/object-entry.ts';
import type { ObjectEnv } from '../kernel/object-env.ts';
import { type ObjectRules, objectRules } from '../kernel/object-rules.ts';
import type { NodeId } from '../kernel/object-types.ts';
import { latest } from '../kernel/view-queue.ts';
import { type ViewRules, viewRules } from '../kernel/view-rules.ts';
import type { View, ViewMessage } from '../kernel/view-types.ts';
import { shrinkOrderingsMax } from '../limits.ts';
import { coherenceOf, entryIsAtRest, nobodyForgotten, type Sight } from './object-properties.ts';
import type { Flight } from './object-scenario.ts';
import { objectModel } from './sim-history.ts';
import {
  type ClientOperation,
  type MemberEnv,
  type MemberEvent,
  type MemberNotice,
  type MemberState,
  memberKernel,
  type ObjectNumber,
} from './sim-member.ts';
import { forwardsMax, memberPart, type Witness, witness } from './sim-witness.ts';

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
  readonly viewRules?: Partial<ViewRules>;
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
const operationsOnAll: readonly ClientOperation[] = [{ type: 'grabAll' }];

/** Members take turns as default owner. */
const objectEnvOf = (
  { objectRules: rules }: StackedCluster,
  self: NodeId,
  key: ObjectNumber,
  { members }: View,
): ObjectEnv => ({
  self,
  defaultOwner: members[key % members.length] ?? self,
  members,
  forwardsMax,
  requestIds: 2 ** 32,
  fill: 'blank',
  exclusiveReaders: false,
  rules: { ...objectRules, ...rules },
});

const firstViewOf = ({ nodes }: StackedCluster): View => ({ epoch: 0, members: numbersFrom(nodes) });

const memberEnvOf = (cluster: StackedCluster, self: NodeId, incarnation: number): MemberEnv => ({
  self,
  nodes: cluster.nodes,
  keys: numbersFrom(cluster.keys),
  firstView: incarnation === 0 ? firstViewOf(cluster) : undefined,
  objectEnv: (key, view) => objectEnvOf(cluster, self, key as ObjectNumber, view),
  reportsPerMessage: 2,
  backup: false,
  rules: { ...viewRules, ...cluster.viewRules },
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
      ? { part: memberPart, event: { type: 'message', from: peer, message: notice.body as ViewMessage } as const }
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
      env: () => ({ ...sessionEnv(linksPerPair, cluster.sessionRules), mistake: cluster.lineMistake }),
      start: (incarnation): LineEvent | undefined => (incarnation === 0 ? { type: 'joined', epoch: 0 } : undefined),
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

/** What the host of a member does about what it says: sessions begin and end, the device writes at once. */
function aboveMember(self: NodeId, said: MemberNotice): Input | undefined {
  if (said.type === 'session') {
    const { node, change: type, epoch } = said;
    return { part: linePart(self, node), event: { type, epoch } as LineEvent };
  }
  if (said.type !== 'object' || said.notice.type !== 'store') return undefined;
  const { node, call } = said.notice;
  return { part: memberPart, event: { type: 'stored', key: said.key as ObjectNumber, node, call } as MemberEvent };
}

function nodeOf(cluster: StackedCluster, self: NodeId): NodeSpec {
  const peers = numbersFrom(cluster.nodes).filter((peer) => peer !== self);
  return {
    name: `n${self}`,
    parts: [
      part({
        name: 'member',
        kernel: memberKernel,
        env: (incarnation) => memberEnvOf(cluster, self, incarnation),
        below: (peer, body) => ({ part: linePart(self, peer), event: { type: 'say', body } as const }),
        above: (notice) => aboveMember(self, notice),
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
    const begin = (operation: ClientOperation, key: ObjectNumber): CallSpec => ({
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
      when: (view) => memberOf(view, node).clients.get(client)?.waits === false,
    };
    return [
      ...numbersFrom(cluster.keys).flatMap((key) => operations(nodes).map((operation) => begin(operation, key))),
      ...operationsOnAll.map((operation) => begin(operation, 0)),
      end,
    ];
  });
}

const witnessOf = (view: WorldView): Witness => view.monitor<Witness>(0) as Witness;

/** The supervisor tells a node of each view in turn, or of the last one when it has just started again. */
function viewCall(node: NodeId): CallSpec {
  let next: MemberEvent = { type: 'view', epoch: 0, members: [], joined: [] };
  return {
    label: 'view',
    node,
    part: memberPart,
    times: 'unlimited',
    // Asked right after `when`, which sees the world and says what is next.
    event: () => next,
    when(view) {
      const { views } = witnessOf(view);
      const member = memberOf(view, node).view;
      const present = latest(member);
      const epoch = member.phase === 'outside' ? views.length - 1 : present.epoch + 1;
      const members = views[epoch];
      if (members === undefined || epoch === present.epoch || !members.includes(node)) return false;
      const joined = members.map(
        (member) => 1 + views.slice(0, epoch + 1).findLastIndex((each) => !each.includes(member)),
      );
      next = { type: 'view', epoch, members, joined };
      return true;
    },
  };
}

/** All members live, and all serve calls in the same view. */
function steadyView(view: WorldView, nodes: readonly NodeId[]): View | undefined {
  const up = nodes.filter((node) => view.up(node));
  const states = up.map((node) => memberOf(view, node).view);
  const [first] = states;
  if (first === undefined || first.view.members.length !== up.length) return undefined;
  const isSame = states.every(({ phase, view: { epoch } }) => phase === 'open' && epoch === first.view.epoch);
  return isSame ? first.view : undefined;
}

function propertiesOf(cluster: StackedCluster): Property<WorldView>[] {
  const nodes = numbersFrom(cluster.nodes);
  /** Of a node that is down there is nothing: it stands here as one that never heard of the object. */
  const envOf = (node: NodeId, key: ObjectNumber, view: View): ObjectEnv =>
    objectEnvOf(cluster, view.members.includes(node) ? node : -1, key, view);
  const known = new WeakMap<View, readonly (readonly ObjectEnv[])[]>();
  /** By object and node: they stay while the view does. */
  const envsIn = (view: View): readonly (readonly ObjectEnv[])[] => {
    const envs = known.get(view) ?? numbersFrom(cluster.keys).map((key) => nodes.map((node) => envOf(node, key, view)));
    known.set(view, envs);
    return envs;
  };
  const sightOf = (view: WorldView, key: ObjectNumber, envs: readonly ObjectEnv[], steady: View): Sight => ({
    entries: nodes.map((node) => {
      const entry = view.up(node) ? memberOf(view, node).view.objects.get(key) : undefined;
      return entry ?? initialEntry(envs[node]!);
    }),
    under: flightsOf(view, key, steady),
  });
  const flightsOf = (view: WorldView, key: ObjectNumber, { members, epoch }: View): Flight[] => {
    const flights: Flight[] = [];
    for (const [pair, messages] of witnessOf(view).underWay.entries()) {
      if (messages.length === 0) continue;
      const from = Math.floor(pair / cluster.nodes);
      const to = pair % cluster.nodes;
      if (!members.includes(from) || !members.includes(to)) continue;
      for (const { message: said } of messages) {
        if (said.type !== 'OBJECT' || said.key !== key || said.epoch !== epoch) continue;
        flights.push({ from, to, message: said.message });
      }
    }
    return flights;
  };
  return [
    always('every object is coherent (I1 to I12)', (view) => {
      const seen = witnessOf(view);
      const steady = seen.touched.length === 0 ? undefined : steadyView(view, nodes);
      if (steady === undefined) return undefined;
      const isQuiet = seen.underWay.every((messages) => messages.length === 0);
      const envs = envsIn(steady);
      for (const key of seen.touched) {
        const sight = sightOf(view, key, envs[key]!, steady);
        const check = coherenceOf(envs[key]!);
        const violation = check(sight) ?? (isQuiet ? nobodyForgotten(sight) : undefined);
        if (violation !== undefined) return `object ${key}: ${violation}`;
      }
      seen.touched = [];
      return undefined;
    }),
  ];
}

function missingOf({ nodes }: StackedCluster) {
  return (view: WorldView): string | undefined => {
    if (steadyView(view, numbersFrom(nodes)) === undefined) return 'one view in which all nodes serve calls';
    for (const node of numbersFrom(nodes)) {
      const { clients, view: objects } = memberOf(view, node);
      const [waiting] = clients.values();
      if (waiting !== undefined) return `the end of ${waiting.call.operation.type} at node ${node} (L1)`;
      for (const [, entry] of objects.objects) if (!entryIsAtRest(entry)) return `rest at node ${node}`;
    }
    return witnessOf(view).underWay.some((messages) => messages.length > 0) ? 'messages said' : undefined;
  };
}

/** What all clients saw can be put in an order. */
function historyOf(view: WorldView, isShrinking: boolean): string | Undecided | undefined {
  const options = isShrinking ? { orderingsMax: shrinkOrderingsMax } : {};
  const report = checkHistory(witnessOf(view).history, objectModel, options);
  if (report.verdict === 'ok') return undefined;
  return report.verdict === 'undecided' ? { undecided: historyText(report) } : historyText(report);
}

/** The simulation of a cluster, with the production rules or with some replaced. */
export function stackedSimulation(cluster: StackedCluster): SimulationSpec {
  const nodes = numbersFrom(cluster.nodes);
  return {
    world: {
      name: cluster.name,
      nodes: nodes.map((node) => nodeOf(cluster, node)),
      links: linksOf(cluster),
      calls: nodes.flatMap((node) => [viewCall(node), ...callsOf(cluster, node)]),
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
