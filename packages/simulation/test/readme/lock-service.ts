import { handled, ignored, impossible, type Kernel, refuseImpossible } from '@holdfast/kernel';
import {
  always,
  type CallSpec,
  canFinish,
  mesh,
  type NodeSpec,
  part,
  type VerificationSuite,
  type WorldSpec,
  type WorldView,
} from '@holdfast/simulation';

// A lock service: node 0 grants, nodes 1 and 2 ask. Every request has a ticket, so that repetitions are told apart.
type Message = { type: 'acquire' | 'grant' | 'release'; ticket: number };

type Grant = { client: number; ticket: number };
type ServerEvent = { type: 'acquire' | 'release'; client: number; ticket: number };
type ServerRules = { checksReleases: boolean };

const serverTable = { any: { acquire: handled, release: handled } };
const server: Kernel<Grant[], ServerEvent, ServerRules, Message> = {
  name: 'lock-server',
  table: serverTable,
  initial: () => [], // the holder, then those who wait
  row: () => 'any',
  column: (event) => event.type,
  step(queue, { type, client, ticket }, rules, out) {
    const isClients = (grant: Grant | undefined) => grant?.client === client && grant.ticket === ticket;
    if (type === 'acquire') {
      if (queue.some(isClients)) return;
      queue.push({ client, ticket });
      if (queue.length > 1) return;
    } else {
      if (rules.checksReleases && !isClients(queue[0])) return;
      queue.shift();
    }
    const [holder] = queue;
    if (holder !== undefined) out.send(holder.client, { type: 'grant', ticket: holder.ticket });
  },
  encode: (queue, into) =>
    into.list(queue, ({ client, ticket }, to) => {
      to.uint(client);
      to.uint(ticket);
    }),
  decode: (from) => from.list((each) => ({ client: each.uint(), ticket: each.uint() })),
};

type Client = { phase: 'idle' | 'waiting' | 'holding'; ticket: number };
type ClientEvent = { type: 'lock' } | { type: 'unlock' } | { type: 'grant'; ticket: number };

const phases = ['idle', 'waiting', 'holding'] as const;
const once = impossible('the application locks once and unlocks what it holds');
const clientTable = {
  idle: { lock: handled, unlock: once, grant: ignored('a repetition') },
  waiting: { lock: once, unlock: once, grant: handled },
  holding: { lock: once, unlock: handled, grant: ignored('a repetition') },
};
const client: Kernel<Client, ClientEvent, undefined, Message> = {
  name: 'lock-client',
  table: clientTable,
  initial: () => ({ phase: 'idle', ticket: 0 }),
  row: (state) => state.phase,
  column: (event) => event.type,
  step(state, event, _env, out) {
    if (refuseImpossible('lock-client', clientTable, state.phase, event.type).class === 'ignored') return;
    if (event.type === 'lock') {
      state.phase = 'waiting';
      state.ticket++;
      out.send(0, { type: 'acquire', ticket: state.ticket });
    } else if (event.type === 'unlock') {
      state.phase = 'idle';
      out.send(0, { type: 'release', ticket: state.ticket });
    } else if (event.ticket === state.ticket) {
      state.phase = 'holding';
    }
  },
  encode(state, into) {
    into.uint(phases.indexOf(state.phase));
    into.uint(state.ticket);
  },
  decode: (from) => ({ phase: phases[from.uint()]!, ticket: from.uint() }),
};

// The world: who runs what, what the application does, what must hold.
const clients = [1, 2];
const phaseOf = (view: WorldView, node: number) => view.state<Client>(node, 0).phase;

const serverNode = (rules: ServerRules): NodeSpec => ({
  name: 'server',
  parts: [
    part({
      name: 'server',
      kernel: server,
      env: () => rules,
      ports: clients,
      message: (from, { type, ticket }) => (type === 'grant' ? undefined : { type, client: from, ticket }),
    }),
  ],
});

const clientNode = (name: string): NodeSpec => ({
  name,
  parts: [
    part({
      name: 'client',
      kernel: client,
      env: () => undefined,
      ports: [0],
      message: (_, { type, ticket }) => (type === 'grant' ? { type, ticket } : undefined),
    }),
  ],
});

const callsOf = (node: number, locks: number): CallSpec[] => [
  {
    label: 'lock',
    node,
    part: 0,
    times: locks,
    event: () => ({ type: 'lock' }),
    when: (v) => phaseOf(v, node) === 'idle',
  },
  {
    label: 'unlock',
    node,
    part: 0,
    times: 'unlimited',
    event: () => ({ type: 'unlock' }),
    when: (v) => phaseOf(v, node) === 'holding',
  },
];

export const lockWorld = (name: string, locks: number, rules: ServerRules = { checksReleases: true }): WorldSpec => ({
  name,
  nodes: [serverNode(rules), clientNode('anna'), clientNode('ben')],
  links: mesh(3).filter(({ ends }) => ends[0].node === 0),
  calls: clients.flatMap((node) => callsOf(node, locks)),
  faults: { duplicate: 1 },
  properties: [
    always('mutual exclusion', (view) =>
      clients.every((node) => phaseOf(view, node) === 'holding') ? 'anna and ben both hold the lock' : undefined,
    ),
    canFinish('everybody is served', (view) => clients.every((node) => phaseOf(view, node) === 'idle')),
  ],
});

export const lockSuite: VerificationSuite = {
  kernel: 'lock',
  configurations: [lockWorld('two clients, two locks each', 2)],
  mutants: [
    {
      name: 'takes any release',
      configuration: 'two clients, two locks each',
      world: lockWorld('buggy', 2, { checksReleases: false }),
    },
  ],
  simulation: {
    world: lockWorld('many locks', 200),
    faults: { duplicate: 0.3, clog: 5, pause: 5 },
    missing: (view) =>
      clients.every((node) => phaseOf(view, node) === 'idle') ? undefined : 'somebody waits or holds',
  },
};
