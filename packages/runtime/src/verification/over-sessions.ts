import { type EffectSink, handled, type Kernel, type KernelEvent } from '@holdfast/kernel';
import {
  type CallSpec,
  type Input,
  type LinkSpec,
  type NodeSpec,
  type Part,
  type Property,
  part,
  type WorldSpec,
  type WorldView,
} from '@holdfast/simulation';
import type { SessionEnv } from '../kernel/session-env.ts';
import { type SessionRules, sessionRules } from '../kernel/session-rules.ts';
import { linkEnds } from './link-ends.ts';
import { type LineEvent, type LineMistake, type LineNotice, type LineState, lineKernel } from './session-line.ts';

/**
 * A world whose links are perfect, put on what the product has below its kernels: between any two nodes one session over
 * several links that may lose, repeat, hold up and break. Channels between the same two nodes share it.
 */
export interface OverSessions {
  readonly name: string;
  readonly linksPerPair: number;
  readonly sessionRules?: Partial<SessionRules>;
  /** A seeded bug: what a session must never do, done now and then. */
  readonly mistake?: LineMistake;
}

/** A link of the world as it was, now a channel of a session. */
interface Channel {
  readonly ends: LinkSpec['ends'];
}

/** What a message says beside its content: the port it is for. */
interface Parcel {
  readonly port: number;
  readonly message: unknown;
}

/** The sum of the lives of two nodes: it rises whenever one of them starts again. */
type PairEpoch = number;

interface RegistrarState {
  /** By peer: the lives of the session with it, or -1 when there is none. */
  readonly epochs: PairEpoch[];
}

type RegistrarEvent =
  | { readonly type: 'peer joined'; readonly peer: number; readonly epoch: PairEpoch }
  | { readonly type: 'peer left'; readonly peer: number };

interface RegistrarNotice {
  readonly peer: number;
  /** Undefined: for the session with the peer; else the channel whose part is told. */
  readonly channel: number | undefined;
  readonly epoch: PairEpoch;
}

interface RegistrarEnv {
  readonly self: number;
  readonly nodes: number;
  readonly incarnation: number;
  /** By peer, the channels with it. */
  readonly channels: readonly (readonly number[])[];
}

const noSession = -1;

/** Begins and ends the sessions of a node as its supervisor says, and lets those above know. */
const registrar: Kernel<RegistrarState, RegistrarEvent, RegistrarEnv, never, never, RegistrarNotice> = {
  name: 'registrar',
  table: { any: { 'peer joined': handled, 'peer left': handled } },
  initial: ({ nodes, incarnation }) => ({ epochs: Array(nodes).fill(incarnation === 0 ? 0 : noSession) }),
  row: () => 'any',
  column: ({ type }) => type,
  step(state, event, { channels }, out: EffectSink<never, never, RegistrarNotice>) {
    const { peer } = event;
    const epoch = event.type === 'peer joined' ? event.epoch : noSession;
    state.epochs[peer] = epoch;
    out.deliver({ peer, channel: undefined, epoch });
    for (const channel of channels[peer]!) out.deliver({ peer, channel, epoch });
  },
  encode: ({ epochs }, into) => into.list(epochs, (epoch, to) => to.int(epoch)),
  decode: (from) => ({ epochs: from.list((each) => each.int()) }),
};

/** A session as the simulator runs it: who is silent is not dead, only the supervisor says who is. */
export const sessionEnv = (links: number, rules: Partial<SessionRules> = {}): SessionEnv => ({
  links,
  windows: [4],
  acknowledgeEvery: 4,
  firstSequence: 0,
  sequenceMax: Number.MAX_SAFE_INTEGER - 16,
  flapsMax: 4,
  timings: {
    acknowledgeMs: 2,
    retransmitMs: 20,
    retentionMs: 2 ** 40,
    drainMs: 200,
    closeRepeatMs: 20,
    probeMs: 5,
    probeMsMax: 80,
    steadyMs: 50,
  },
  rules: { ...sessionRules, ...rules },
});

/**
 * The world over sessions, and how what is asked of the world below is asked of it. Nodes keep their parts at their places;
 * those of the sessions come behind them.
 */
export function overSessions(
  world: WorldSpec,
  options: OverSessions,
): { readonly world: WorldSpec; readonly inner: InnerView } {
  const nodes = world.nodes.length;
  const { linksPerPair } = options;
  const channels: Channel[] = world.links.map(({ name, ends, startsUp }) => {
    // A session that is open from the start tells nobody of it.
    if (startsUp !== true) throw new RangeError(`${name} of a world that is put over sessions does not start up.`);
    return { ends };
  });
  const portOf = (peer: number, link: number) => peer * linksPerPair + link;
  const places = world.nodes.map(({ parts }, self) => {
    const peers = Array.from({ length: nodes }, (_, node) => node).filter((node) => node !== self);
    const first = parts.length + 1;
    const at = (peer: number) => first + 2 * peers.indexOf(peer);
    return { peers, registrar: parts.length, ends: at, line: (peer: number) => at(peer) + 1 };
  });
  const inners = new WeakMap<WorldView, WorldView>();
  const inner = (view: WorldView): WorldView => {
    const known = inners.get(view) ?? withoutSessions(world, view, places);
    inners.set(view, known);
    return known;
  };

  const nodeOf = (spec: NodeSpec, self: number): NodeSpec => {
    const place = places[self]!;
    /** Where what a part sends goes: the far end of its channel. */
    const far = (port: number): { readonly peer: number; readonly port: number } => {
      for (const { ends } of channels) {
        const side = ends.findIndex((end) => end.node === self && end.port === port);
        if (side >= 0) return { peer: ends[1 - side]!.node, port: ends[1 - side]!.port };
      }
      throw new RangeError(`${spec.name} has no channel at port ${port}.`);
    };
    const routes = new Map(spec.parts.flatMap(({ ports = [] }) => ports.map((port) => [port, far(port)] as const)));
    const partOf = (port: number): number => spec.parts.findIndex(({ ports }) => ports?.includes(port) === true);
    const input = (index: number, event: KernelEvent | undefined): Input | undefined =>
      event === undefined ? undefined : { part: index, event };
    const ownPort = (channel: number): number => channels[channel]!.ends.find(({ node }) => node === self)!.port;
    return {
      ...spec,
      parts: [
        ...spec.parts.map((each) => overLine(each, routes, place.line)),
        part({
          name: 'registrar',
          kernel: registrar,
          env: (incarnation): RegistrarEnv => ({
            self,
            nodes,
            incarnation,
            channels: channelsWith(channels, self, nodes),
          }),
          above({ peer, channel, epoch }) {
            if (channel !== undefined) {
              const port = ownPort(channel);
              const index = partOf(port);
              return input(index, spec.parts[index]!.link?.(port, epoch !== noSession, []));
            }
            const event: LineEvent = epoch === noSession ? { type: 'left' } : { type: 'joined', epoch };
            return { part: place.line(peer), event };
          },
        }),
        ...place.peers.flatMap((peer) => [
          part({
            name: `links to ${peer}`,
            kernel: endsTowards(portOf(peer, 0)),
            env: () => linksPerPair,
            ports: Array.from({ length: linksPerPair }, (_, link) => portOf(peer, link)),
            message: (port, frame) => ({ type: 'arrived', link: port - portOf(peer, 0), frame }) as const,
            link: (port, up) => ({ type: up ? 'carrier-on' : 'carrier-off', link: port - portOf(peer, 0) }) as const,
            above: (event) => ({ part: place.line(peer), event }),
          }),
          part({
            name: `line to ${peer}`,
            kernel: lineKernel,
            env: () => ({ ...sessionEnv(linksPerPair, options.sessionRules), mistake: options.mistake }),
            start: (incarnation): LineEvent | undefined =>
              incarnation === 0 ? { type: 'joined', epoch: 0 } : undefined,
            timer: (timer) => ({ type: 'timer', timer }) as const,
            below: (link, frame) => ({ part: place.ends(peer), event: { type: 'transmit', link, frame } as const }),
            above(notice: LineNotice) {
              if (notice.type === 'fenced')
                return { part: place.ends(peer), event: { type: 'reset', link: notice.link } as const };
              const { port, message } = notice.body as Parcel;
              const index = partOf(port);
              return input(index, spec.parts[index]!.message?.(port, message));
            },
          }),
        ]),
      ],
    };
  };

  const over: WorldSpec = {
    ...world,
    name: options.name,
    nodes: world.nodes.map(nodeOf),
    links: pairs(nodes).flatMap(([a, b]) =>
      Array.from({ length: linksPerPair }, (_, link) => ({
        name: `${a}-${b}/${link}`,
        ends: [
          { node: a, port: portOf(b, link) },
          { node: b, port: portOf(a, link) },
        ] as const,
      })),
    ),
    calls: [
      ...world.calls.map((call) => ({
        ...call,
        ...(call.when !== undefined && { when: overInner(call.when, inner) }),
      })),
      ...places.flatMap(({ peers, registrar: at }, self) => peers.flatMap((peer) => supervision(self, peer, at))),
    ],
    properties: (world.properties ?? []).map((property) => propertyOver(property, inner)),
    ...(world.final !== undefined && { final: overInner(world.final, inner) }),
  };
  return { world: over, inner };
}

/** A world over sessions as its properties see it: only what the kernels above sent is a message. */
export type InnerView = (view: WorldView) => WorldView;

const overInner =
  <Answer>(ask: (view: WorldView) => Answer, inner: InnerView) =>
  (view: WorldView): Answer =>
    ask(inner(view));

const propertyOver = (property: Property<WorldView>, inner: InnerView): Property<WorldView> =>
  'violation' in property
    ? { ...property, violation: overInner(property.violation, inner) }
    : { ...property, holds: overInner(property.holds, inner) };

const pairs = (nodes: number): (readonly [number, number])[] =>
  Array.from({ length: nodes }, (_, a) => a).flatMap((a) =>
    Array.from({ length: nodes - a - 1 }, (_, index) => [a, a + 1 + index] as const),
  );

const channelsWith = (channels: readonly Channel[], self: number, nodes: number): number[][] =>
  Array.from({ length: nodes }, (_, peer) =>
    [...channels.keys()].filter((channel) => {
      const [one, other] = channels[channel]!.ends;
      return (one.node === self && other.node === peer) || (one.node === peer && other.node === self);
    }),
  );

/** A part that had ports sends into lines, and hears from them. */
function overLine(
  { ports, link, below, ...rest }: Part,
  routes: ReadonlyMap<number, { readonly peer: number; readonly port: number }>,
  lineOf: (peer: number) => number,
): Part {
  if (ports === undefined) return { ...rest, ...(below !== undefined && { below }) };
  return {
    ...rest,
    below(to, message) {
      const { peer, port } = routes.get(to)!;
      return { part: lineOf(peer), event: { type: 'say', body: { port, message } satisfies Parcel } };
    },
  };
}

/** The supervisor tells a node that another one died, or lives again. */
function supervision(self: number, peer: number, registrarPart: number): CallSpec[] {
  const known = (view: WorldView) => view.state<RegistrarState>(self, registrarPart).epochs[peer]!;
  const real = (view: WorldView) =>
    view.up(peer) && view.up(self) ? view.incarnation(self) + view.incarnation(peer) : noSession;
  let epoch = noSession;
  return [
    {
      label: `n${self} hears that n${peer} is dead`,
      node: self,
      part: registrarPart,
      times: 'unlimited',
      event: (): RegistrarEvent => ({ type: 'peer left', peer }),
      when: (view) => known(view) !== noSession && known(view) !== real(view),
    },
    {
      label: `n${self} hears that n${peer} lives`,
      node: self,
      part: registrarPart,
      times: 'unlimited',
      // Asked right after `when`, which sees the world.
      event: (): RegistrarEvent => ({ type: 'peer joined', peer, epoch }),
      when(view) {
        epoch = real(view);
        return known(view) === noSession && epoch !== noSession;
      },
    },
  ];
}

type EndsSink = Parameters<typeof linkEnds.step>[3];

/** The ends number their links from 0; the node has a port for each. */
const endsTowards = (firstPort: number): typeof linkEnds => ({
  ...linkEnds,
  step: (state, event, env, out) =>
    linkEnds.step(state, event, env, {
      ...silent,
      deliver: (to) => out.deliver(to),
      send: (link, frame) => out.send(firstPort + link, frame),
    }),
});

const silent: EndsSink = {
  send: () => undefined,
  deliver: () => undefined,
  setTimer: () => undefined,
  cancelTimer: () => undefined,
  diskRead: () => undefined,
  diskWrite: () => undefined,
  diskFlush: () => undefined,
  reply: () => undefined,
  trace: () => undefined,
};

interface Place {
  readonly peers: readonly number[];
  readonly line: (peer: number) => number;
}

/** The world without its sessions: a message is in flight until its sender knows that it arrived. */
function withoutSessions(world: WorldSpec, view: WorldView, places: readonly Place[]): WorldView {
  return {
    state: (node, at) => view.state(node, at),
    up: (node) => view.up(node),
    incarnation: (node) => view.incarnation(node),
    get messagesInFlight() {
      let messages = 0;
      for (const [node, { peers, line }] of places.entries()) {
        if (!view.up(node)) continue;
        for (const peer of peers) {
          const { kept, waiting } = view.state<LineState>(node, line(peer));
          messages += kept.size + waiting.length;
        }
      }
      return messages;
    },
    get diskOpsInFlight() {
      return view.diskOpsInFlight;
    },
    block: (node, address) => view.block(node, address),
    messages: () => [],
    armed: (node, at) => (at < world.nodes[node]!.parts.length ? view.armed(node, at) : []),
    issued: (call) => view.issued(call),
    monitor: (index) => view.monitor(index),
  };
}
