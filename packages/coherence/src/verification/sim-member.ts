import { type CellTable, handled, impossible, type Kernel } from '@holdfast/kernel';
import { readPlain, writePlain } from '@holdfast/runtime/verification';
import { anyNode, type CallId, type NodeId, noPayload } from '../kernel/object-types.ts';
import { decodeView, encodeView } from '../kernel/view-encoding.ts';
import type { ViewEnv } from '../kernel/view-env.ts';
import { viewKernel } from '../kernel/view-kernel.ts';
import { latest } from '../kernel/view-queue.ts';
import type { View, ViewEvent, ViewMessage, ViewNotice, ViewResult, ViewState } from '../kernel/view-types.ts';

/** Objects are numbered from 0. */
export type ObjectNumber = number;

/** What a client of a container may ask for. */
export type ClientOperation =
  | { readonly type: 'get'; readonly absence: 'touch' | 'no-touch' }
  | {
      readonly type: 'grab';
      readonly absence: 'touch' | 'no-touch' | 'manual';
      readonly try: boolean;
      /** Whether a new value is given at the end. */
      readonly writes: boolean;
    }
  | { readonly type: 'find' | 'sync' | 'evict' | 'remove' | 'grabAll' }
  | { readonly type: 'flush'; readonly to: NodeId };

/** One call, from its start to the end of its lease. */
export interface ClientCall {
  readonly client: CallId;
  readonly key: ObjectNumber;
  readonly operation: ClientOperation;
}

export type MemberEvent =
  | Extract<ViewEvent, { type: 'message' }>
  /** The supervisor says who takes part, and since which view, by member in the order of the view. */
  | (View & { readonly type: 'view'; readonly joined: readonly number[] })
  | { readonly type: 'stored'; readonly key: ObjectNumber; readonly node: NodeId; readonly call: CallId }
  | ({ readonly type: 'begin' } & ClientCall)
  /** The client ends its lease. */
  | { readonly type: 'end'; readonly client: CallId };

/** What became of a call on one object: seen once it holds it or at its end, and once more when it has written. */
export interface CallStep {
  readonly key: ObjectNumber;
  readonly step: 'saw' | 'wrote' | 'removed' | 'perhaps-removed' | 'lost' | 'nothing';
  /** `saw`: the value, or `noPayload` for an absent object. `wrote`: the value given. `removed`: 1 if there was one. */
  readonly value: number;
  /** Whether an absent object was created, blank, to be seen. */
  readonly touched: boolean;
  /** No further step of the call on this object comes. */
  readonly isLast: boolean;
}

interface Holding {
  readonly call: ClientCall;
  /** What it holds, in the order of taking. */
  readonly held: readonly { readonly key: ObjectNumber; readonly payload: number }[];
  readonly waits: boolean;
}

export interface MemberState {
  readonly view: ViewState;
  /** By client number. */
  readonly clients: Map<CallId, Holding>;
  written: number;
  /** Removes begun in this life: each has a number of its own. */
  removes: number;
}

/** More than there are clients on a node: a call is of the client that is left when it is divided by this. */
const clientsMax = 16;

export interface MemberEnv extends ViewEnv {
  readonly nodes: number;
  readonly keys: readonly ObjectNumber[];
}

const oneCall = impossible('a client makes one call after the other');
const table: CellTable = {
  member: { message: handled, stored: handled, view: handled },
  idle: { begin: handled, end: impossible('it holds nothing') },
  busy: { begin: oneCall, end: handled },
};

function row({ clients }: MemberState, event: MemberEvent): string {
  if (event.type !== 'begin' && event.type !== 'end') return 'member';
  return clients.has(event.client) ? 'busy' : 'idle';
}

/** What the member tells its host: what the kernel does, and which sessions begin and end. */
export type MemberNotice =
  | ViewNotice
  | { readonly type: 'session'; readonly node: NodeId; readonly change: 'joined' | 'left'; readonly epoch: number };

type MemberSink = Parameters<typeof memberKernel.step>[3];

function step(state: MemberState, event: MemberEvent, env: MemberEnv, out: MemberSink): void {
  switch (event.type) {
    case 'message':
      stepView(state, event, env, out);
      break;
    case 'view':
      changeView(state, event, env, out);
      break;
    case 'stored': {
      const { key, node, call } = event;
      stepView(state, { type: 'object', key, event: { type: 'stored', node, call, ok: true } }, env, out);
      break;
    }
    case 'begin': {
      const { client, key, operation } = event;
      const call: ClientCall = { client, key: operation.type === 'grabAll' ? 0 : key, operation };
      state.clients.set(client, { call, held: [], waits: true });
      const number = operation.type === 'remove' ? client + clientsMax * ++state.removes : client;
      stepView(state, callOf({ ...call, client: number }), env, out);
      break;
    }
    case 'end':
      end(state, event.client, env, out);
      break;
  }
}

/** End the sessions with nodes that left, begin those with nodes that joined, then let the kernel know. */
function changeView(
  state: MemberState,
  { epoch, members, joined }: Extract<MemberEvent, { type: 'view' }>,
  env: MemberEnv,
  out: MemberSink,
): void {
  const before = latest(state.view).members;
  for (const node of before) {
    if (!members.includes(node)) out.deliver({ type: 'session', node, change: 'left', epoch });
  }
  const own = joined[members.indexOf(env.self)]!;
  for (const [index, node] of members.entries()) {
    if (node === env.self || before.includes(node)) continue;
    out.deliver({ type: 'session', node, change: 'joined', epoch: Math.max(own, joined[index]!) });
  }
  // Whether what a dead node was sent arrived there is not known.
  stepView(state, { type: 'view', epoch, members, undelivered: [] }, env, out);
}

function callOf({ client: call, key, operation }: ClientCall): ViewEvent {
  switch (operation.type) {
    case 'get':
      return { type: 'object', key, event: { ...operation, call } };
    case 'grab':
      return { type: 'object', key, event: { type: 'grab', absence: operation.absence, try: operation.try, call } };
    case 'grabAll':
      return { type: 'object', key, event: { type: 'grab', absence: 'touch', try: false, call } };
    case 'evict':
      return { type: 'object', key, event: { type: 'flush', call, to: anyNode } };
    case 'flush':
      return { type: 'object', key, event: { ...operation, call } };
    default:
      return { type: 'object', key, event: { type: operation.type, call } };
  }
}

function stepView(state: MemberState, event: ViewEvent, env: MemberEnv, out: MemberSink): void {
  const answers: { call: CallId; answer: ViewResult }[] = [];
  viewKernel.step(state.view, event, env, {
    send: (to, message) => out.send(to, message),
    setTimer: (timer, afterMs) => out.setTimer(timer, afterMs),
    cancelTimer: (timer) => out.cancelTimer(timer),
    diskRead: () => undefined,
    diskWrite: () => undefined,
    diskFlush: () => undefined,
    reply: (call, answer) => answers.push({ call, answer }),
    deliver: (notice) => out.deliver(notice),
    trace: (name, a, b) => out.trace(name, a, b),
  });
  for (const { call, answer } of answers) answered(state, call % clientsMax, answer, env, out);
}

function answered(state: MemberState, client: CallId, answer: ViewResult, env: MemberEnv, out: MemberSink): void {
  const holding = state.clients.get(client)!;
  const { operation } = holding.call;
  const key = answer.key as ObjectNumber;
  const { result } = answer;
  switch (result.outcome) {
    case 'held':
      hold(state, holding, { key, payload: result.payload }, env, out);
      return;
    case 'absent-held':
      hold(state, holding, { key, payload: noPayload }, env, out);
      return;
    case 'lost':
      tell(out, client, { key, step: 'lost', value: noPayload });
      if (operation.type === 'grabAll') letGo(state, holding, env, out);
      break;
    case 'absent':
      if (operation.type === 'get' || operation.type === 'grab')
        tell(out, client, { key, step: 'saw', value: noPayload });
      if (operation.type === 'remove') tell(out, client, { key, step: 'removed', value: 0 });
      break;
    case 'unknown':
      tell(out, client, { key, step: 'perhaps-removed', value: 0 });
      break;
    case 'done':
      if (operation.type === 'remove') tell(out, client, { key, step: 'removed', value: 1 });
      break;
    default:
      break;
  }
  finish(state, client, out);
}

const tell = (out: MemberSink, client: CallId, said: Pick<CallStep, 'key' | 'step' | 'value'>): void =>
  out.reply(client, { touched: false, isLast: true, ...said });

const writes = (operation: ClientOperation): boolean =>
  operation.type === 'grabAll' || (operation.type === 'grab' && operation.writes);

function hold(
  state: MemberState,
  { call, held }: Holding,
  one: { readonly key: ObjectNumber; readonly payload: number },
  env: MemberEnv,
  out: MemberSink,
): void {
  const { client, operation } = call;
  const touched = operation.type === 'grabAll' || ('absence' in operation && operation.absence === 'touch');
  const all = [...held, one];
  const waits = operation.type === 'grabAll' && all.length < env.keys.length;
  state.clients.set(client, { call, held: all, waits });
  out.reply(client, { key: one.key, step: 'saw', value: one.payload, touched, isLast: !writes(operation) });
  // Always in the order of the keys, so that no two wait for each other.
  if (waits) stepView(state, callOf({ ...call, key: all.length }), env, out);
}

/** One of several objects cannot be had: end the leases on the others. */
function letGo(state: MemberState, { call, held }: Holding, env: MemberEnv, out: MemberSink): void {
  for (const { key } of held) {
    stepView(state, { type: 'object', key, event: { type: 'put', call: call.client, payload: noPayload } }, env, out);
  }
}

function finish(state: MemberState, client: CallId, out: MemberSink): void {
  const { key } = state.clients.get(client)!.call;
  state.clients.delete(client);
  tell(out, client, { key, step: 'nothing', value: 0 });
}

/** A value nobody wrote before. */
function newValue(state: MemberState, { self, nodes }: MemberEnv): number {
  return ++state.written * nodes + self;
}

function end(state: MemberState, client: CallId, env: MemberEnv, out: MemberSink): void {
  const { call, held } = state.clients.get(client)!;
  const isWriter = writes(call.operation);
  const payloads = held.map(() => (isWriter ? newValue(state, env) : noPayload));
  for (const [index, { key }] of held.entries()) {
    if (isWriter) tell(out, client, { key, step: 'wrote', value: payloads[index]! });
  }
  finish(state, client, out);
  for (const [index, { key, payload }] of held.entries()) {
    const isNew = payload === noPayload && isWriter;
    const value = payloads[index]!;
    if (isNew) stepView(state, { type: 'object', key, event: { type: 'set', call: client, payload: value } }, env, out);
    const left = isNew ? noPayload : value;
    stepView(state, { type: 'object', key, event: { type: 'put', call: client, payload: left } }, env, out);
  }
}

/** A node with the objects of a set and clients that use them, each one call after the other. */
export const memberKernel: Kernel<MemberState, MemberEvent, MemberEnv, ViewMessage, CallStep, MemberNotice> = {
  name: 'member',
  table,
  initial: (env) => ({ view: viewKernel.initial(env), clients: new Map(), written: 0, removes: 0 }),
  row,
  column: ({ type }) => type,
  step,
  encode({ view, clients, written, removes }, into) {
    encodeView(view, into);
    into.list([...clients], writePlain);
    into.uint(written);
    into.uint(removes);
  },
  decode: (from) => ({
    view: decodeView(from),
    clients: new Map(from.list(readPlain) as [CallId, Holding][]),
    written: from.uint(),
    removes: from.uint(),
  }),
};
