import { readPlain, writePlain } from '@holdfast/runtime/verification';
import { type Monitor, monitor, type Observation } from '@holdfast/simulation';
import type { NodeId, ObjectMessage } from '../kernel/object-types.ts';
import type { ViewMessage } from '../kernel/view-types.ts';
import { lostAnswer, type ObjectOperation } from './sim-history.ts';
import type { CallStep, MemberEvent, MemberNotice, ObjectNumber } from './sim-member.ts';

/** Times a request is passed on before it goes ahead of all others. */
export const forwardsMax = 8;

/** The place of the member among the parts of its node. */
export const memberPart = 0;

interface OpenCall {
  readonly invoked: number;
  /** What it certainly or perhaps does, in case its node dies: the objects it may create or remove. */
  readonly does: { readonly type: 'touch' | 'remove' | 'nothing'; readonly keys: readonly ObjectNumber[] };
  /** A grab that waits, not counting those of several objects, which ask for one after the other. */
  waitsFor: ObjectNumber | undefined;
}

/** A request to write that waits at a node. */
interface Stay {
  readonly node: NodeId;
  readonly key: ObjectNumber;
  readonly requester: NodeId;
  readonly since: number;
  /** It was passed on so often that it goes ahead of all others. */
  readonly isUrgent: boolean;
}

/** A message, its text to know it again by, and which life of its sender said it. */
interface Said {
  readonly life: number;
  readonly message: ViewMessage;
  readonly text: string;
}

/** What was seen of a run from outside. */
export interface Witness {
  /** Counts what was seen: the clock of the history. */
  now: number;
  readonly nodes: number;
  readonly keys: readonly ObjectNumber[];
  /** Messages said and not heard yet, by `from * nodes + to`. */
  readonly underWay: Said[][];
  readonly history: ObjectOperation[];
  /** By `node/client`. */
  readonly open: Record<string, OpenCall>;
  /** Leases of writers, by `node/client/key`: since when, and what they saw. */
  readonly writing: Record<string, { readonly since: number; readonly saw: number }>;
  /** Objects that arrived for a call that has not had them yet, as `node/key`. */
  readonly owed: Record<string, true>;
  /** Objects something happened to since they were looked at. */
  touched: ObjectNumber[];
  /** Requests to write, where they wait. */
  stays: Stay[];
  /** The members of each view, from view 0 on: the supervisor's word. */
  readonly views: (readonly NodeId[])[];
  /** By node: the epoch in which it serves calls, -1 while it does not. */
  readonly serves: number[];
  /** Deaths after which not all members have resumed: since when, and the first view without the node. */
  deaths: { readonly since: number; readonly epoch: number }[];
  broken: string;
}

function see(state: Witness, { kind, node, part, number, value }: Observation, ordered: boolean): void {
  if (part !== memberPart) return;
  state.now++;
  if (kind === 'crash') died(state, node);
  if (kind === 'start' && number > 0) admit(state, node);
  if (kind === 'deliver') notified(state, node, value as MemberNotice);
  if (kind === 'send') said(state, node, number, value as ViewMessage);
  if (kind === 'event') happened(state, node, value as MemberEvent, ordered);
  if (kind === 'reply') told(state, node, number, value as CallStep);
}

function died(state: Witness, node: NodeId): void {
  const members = state.views.at(-1)!;
  if (members.includes(node)) {
    state.views.push(members.filter((each) => each !== node));
    state.deaths.push({ since: state.now, epoch: state.views.length - 1 });
  }
  state.serves[node] = -1;
  for (const each of state.underWay.keys()) if (each % state.nodes === node) state.underWay[each] = [];
  for (const [name, call] of Object.entries(state.open)) {
    if (!name.startsWith(`${node}/`)) continue;
    delete state.open[name];
    const { type, keys } = call.does;
    if (type === 'nothing') continue;
    for (const key of keys) {
      const made = type === 'remove' ? ({ type } as const) : ({ type: 'see', touched: true } as const);
      state.history.push({ key, process: `n${node} which died`, invoked: call.invoked, call: made });
    }
  }
  state.stays = state.stays.filter((stay) => stay.node !== node && stay.requester !== node);
  for (const name of Object.keys(state.writing)) if (name.startsWith(`${node}/`)) delete state.writing[name];
  for (const name of Object.keys(state.owed)) if (name.startsWith(`${node}/`)) delete state.owed[name];
  state.touched = [...state.keys];
  settleDeaths(state);
}

/** A node that started again joins at once, whatever the members are at. */
function admit(state: Witness, node: NodeId): void {
  state.views.push([...state.views.at(-1)!, node].sort((a, b) => a - b));
}

function notified(state: Witness, node: NodeId, notice: MemberNotice): void {
  if (notice.type === 'session') {
    // What was under way between the two ends with their session.
    const outgoing = node * state.nodes + notice.node;
    const incoming = notice.node * state.nodes + node;
    const keep = (pair: number, life: number): void => {
      state.underWay[pair] = state.underWay[pair]!.filter((said) => said.life >= life);
    };
    keep(incoming, deathsOf(state, notice.node, notice.epoch));
    if (notice.change === 'joined') keep(outgoing, deathsOf(state, node, state.views.length));
    else state.underWay[outgoing] = [];
  } else if (notice.type === 'resumed') {
    state.serves[node] = notice.epoch;
    state.stays = state.stays.filter((stay) => stay.node !== node);
    state.touched = [...state.keys];
    settleDeaths(state);
  }
}

/** How often a node had died by a view. */
const deathsOf = ({ views }: Witness, node: NodeId, epoch: number): number =>
  views.slice(1, epoch + 1).filter((members, before) => views[before]!.includes(node) && !members.includes(node))
    .length;

/** A death has done what it does once all members serve calls in a view without the node. */
function settleDeaths(state: Witness): void {
  const members = state.views.at(-1)!;
  const settled = state.deaths.filter(({ epoch }) => members.every((node) => state.serves[node]! >= epoch));
  state.deaths = state.deaths.filter((each) => !settled.includes(each));
  for (const { since, epoch } of settled) {
    const end = { outcome: 'answered', at: state.now, result: 0 } as const;
    for (const key of state.keys) {
      state.history.push({ key, process: `death ${epoch}`, invoked: since, call: { type: 'may-lose' }, end });
    }
  }
}

function touch(state: Witness, key: ObjectNumber): void {
  if (!state.touched.includes(key)) state.touched.push(key);
}

function touchOf(state: Witness, message: ViewMessage): void {
  if (message.type === 'OBJECT') touch(state, message.key as ObjectNumber);
}

function said(state: Witness, from: NodeId, to: NodeId, message: ViewMessage): void {
  const life = deathsOf(state, from, state.views.length);
  state.underWay[from * state.nodes + to]!.push({ life, message, text: JSON.stringify(message) });
  touchOf(state, message);
  if (message.type !== 'OBJECT') return;
  leaves(state, from, to, message.key as ObjectNumber, message.message);
  const isGivenAway = message.message.type === 'GRANT' || message.message.type === 'OWN';
  if (isGivenAway && state.owed[`${from}/${message.key}`]) {
    state.broken = `object ${message.key} left node ${from} before the call it came for had it (L3)`;
  }
}

function happened(state: Witness, node: NodeId, event: MemberEvent, ordered: boolean): void {
  switch (event.type) {
    case 'message': {
      heard(state, event.from, node, event.message, ordered);
      break;
    }
    case 'begin': {
      const { client, key, operation } = event;
      const waitsFor = operation.type === 'grab' ? key : undefined;
      const touches = operation.type === 'grabAll' || ('absence' in operation && operation.absence === 'touch');
      const type = operation.type === 'remove' ? 'remove' : touches ? 'touch' : 'nothing';
      const keys = operation.type === 'grabAll' ? state.keys : [key];
      state.open[`${node}/${client}`] = { invoked: state.now, does: { type, keys }, waitsFor };
      for (const each of keys) touch(state, each);
      break;
    }
    case 'end':
      for (const key of state.keys) touch(state, key);
      break;
    case 'view':
      state.serves[node] = -1;
      state.stays = state.stays.filter((stay) => stay.node !== node);
      break;
    case 'stored':
      touch(state, event.key);
      break;
  }
}

function heard(state: Witness, from: NodeId, to: NodeId, message: ViewMessage, ordered: boolean): void {
  touchOf(state, message);
  const queue = state.underWay[from * state.nodes + to]!;
  const text = JSON.stringify(message);
  const place = queue.findIndex((each) => each.text === text);
  if (ordered && place !== 0) state.broken = `node ${to} heard from ${from} what was not the next to be heard`;
  if (place >= 0) queue.splice(place, 1);
  const isServed = message.type === 'OBJECT' && message.epoch === state.serves[to];
  if (!isServed) return;
  const { message: about } = message;
  const key = message.key as ObjectNumber;
  if (about.type === 'GRANT') state.owed[`${to}/${key}`] = true;
  if (about.type !== 'COPY_REQ' || about.kind !== 'write') return;
  const isUrgent = about.forwards >= forwardsMax;
  state.stays.push({ node: to, key, requester: about.requester, since: state.now, isUrgent });
}

function told(state: Witness, node: NodeId, client: number, { key, step, value, touched, isLast }: CallStep): void {
  const name = `${node}/${client}`;
  const call = state.open[name];
  const record = (invoked: number, operation: Pick<ObjectOperation, 'call'>, result: number): void => {
    state.history.push({
      key,
      process: `n${node} client ${client}`,
      invoked,
      ...operation,
      end: { outcome: 'answered', at: state.now, result },
    });
  };
  delete state.owed[`${node}/${key}`];
  switch (step) {
    case 'saw':
      if (call !== undefined) call.waitsFor = undefined;
      record(call!.invoked, { call: { type: 'see', touched } }, value);
      if (!isLast) {
        state.writing[`${name}/${key}`] = { since: state.now, saw: value };
        notBefore(state, node, key, call!.invoked);
      }
      break;
    case 'wrote': {
      const { since, saw } = state.writing[`${name}/${key}`]!;
      record(since, { call: { type: 'write', value } }, saw);
      delete state.writing[`${name}/${key}`];
      break;
    }
    case 'removed':
      record(call!.invoked, { call: { type: 'remove' } }, value);
      break;
    case 'perhaps-removed':
      state.history.push({
        key,
        process: `n${node} client ${client}`,
        invoked: call!.invoked,
        call: { type: 'remove' },
      });
      break;
    case 'lost':
      record(call!.invoked, { call: { type: 'see', touched: false } }, lostAnswer);
      break;
    case 'nothing':
      delete state.open[name];
      break;
  }
}

/** A writer at a node has the object: no request may wait there since before that writer asked (L2). */
function notBefore(state: Witness, node: NodeId, key: ObjectNumber, asked: number): void {
  const overtaken = state.stays.find((stay) => stay.node === node && stay.key === key && stay.since < asked);
  if (overtaken === undefined) return;
  state.broken = `node ${overtaken.requester} waits at node ${node} to write object ${key}, and one that came later goes first (L2)`;
}

/** The node has answered a request, or passed it on. */
function leaves(state: Witness, from: NodeId, to: NodeId, key: ObjectNumber, message: ObjectMessage): void {
  const requester = 'requester' in message ? message.requester : to;
  const isThis = (stay: Stay): boolean => stay.node === from && stay.key === key && stay.requester === requester;
  const stay = state.stays.find(isThis);
  if (stay === undefined || !('request' in message)) return;
  state.stays = state.stays.filter((each) => each !== stay);
  if (message.type !== 'GRANT' || stay.isUrgent) return;
  notBefore(state, from, key, stay.since);
  for (const [name, call] of Object.entries(state.open)) {
    if (!name.startsWith(`${from}/`) || call.waitsFor !== key || call.invoked > stay.since) continue;
    state.broken = `a call waits at node ${from} to write object ${key}, and a request that came later goes first (L2)`;
  }
}

/**
 * Sees what members say, hear and answer. `ordered`: each node must hear what another said exactly once and in order
 * (what the session owes), else only the objects show what came of it.
 */
export const witness = (nodes: number, keys: readonly ObjectNumber[], ordered: boolean): Monitor =>
  monitor<Witness>({
    name: 'what members hear and what calls see',
    watches: ['event', 'send', 'deliver', 'reply', 'crash', 'start'],
    initial: () => ({
      now: 0,
      nodes,
      keys,
      underWay: Array.from({ length: nodes * nodes }, () => []),
      history: [],
      open: {},
      writing: {},
      owed: {},
      touched: [],
      stays: [],
      views: [Array.from({ length: nodes }, (_, node) => node)],
      serves: new Array<number>(nodes).fill(0),
      deaths: [],
      broken: '',
    }),
    observe: (state, seen) => see(state, seen, ordered),
    encode: writePlain,
    decode: (from) => readPlain(from) as Witness,
    violation: ({ broken }) => (broken === '' ? undefined : broken),
  });
