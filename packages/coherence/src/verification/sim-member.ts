import { type CellTable, handled, impossible, type Kernel } from '@holdfast/kernel';
import { anyNode, type CallId, type NodeId, noPayload } from '../kernel/object-types.ts';
import { setKernel } from '../kernel/set-kernel.ts';
import type {
  KeyedMessage,
  KeyedNotice,
  ObjectKey,
  ObjectSet,
  SetEnv,
  SetEvent,
  SetResult,
} from '../kernel/set-types.ts';
import { readPlain, writePlain } from './sim-line.ts';

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
  | { readonly type: 'find' | 'sync' | 'evict' | 'remove' | 'grabAll' | 'flushSet' }
  | { readonly type: 'flush'; readonly to: NodeId };

/** One call, from its start to the end of its lease. */
export interface ClientCall {
  readonly client: CallId;
  readonly key: ObjectKey;
  readonly operation: ClientOperation;
}

export type MemberEvent =
  | Extract<SetEvent, { type: 'message' }>
  | { readonly type: 'stored'; readonly key: ObjectKey; readonly node: NodeId; readonly call: CallId }
  | ({ readonly type: 'begin' } & ClientCall)
  /** The client ends its lease. */
  | { readonly type: 'end'; readonly client: CallId };

/** What became of a call on one object: seen once it holds it or at its end, and once more when it has written. */
export interface CallStep {
  readonly key: ObjectKey;
  readonly step: 'saw' | 'wrote' | 'removed' | 'nothing';
  /** `saw`: the value, or `noPayload` for an absent object. `wrote`: the value given. `removed`: 1 if there was one. */
  readonly value: number;
  /** Whether an absent object was created, blank, to be seen. */
  readonly touched: boolean;
  /** No further step of the call on this object comes. */
  readonly isLast: boolean;
}

interface Holding {
  readonly call: ClientCall;
  /** What it holds, by key, in order; undefined while it waits. */
  readonly held: readonly { readonly key: ObjectKey; readonly payload: number }[] | undefined;
}

export interface MemberState {
  readonly set: ObjectSet;
  /** By client number. */
  readonly clients: Map<CallId, Holding>;
  written: number;
}

export interface MemberEnv extends SetEnv {
  readonly self: NodeId;
  readonly nodes: number;
  readonly keys: readonly ObjectKey[];
}

const oneCall = impossible('a client makes one call after the other');
const table: CellTable = {
  member: { message: handled, stored: handled },
  idle: { begin: handled, end: impossible('it holds nothing') },
  busy: { begin: oneCall, end: handled },
};

function row({ clients }: MemberState, event: MemberEvent): string {
  if (event.type !== 'begin' && event.type !== 'end') return 'member';
  return clients.has(event.client) ? 'busy' : 'idle';
}

type MemberSink = Parameters<typeof memberKernel.step>[3];

function step(state: MemberState, event: MemberEvent, env: MemberEnv, out: MemberSink): void {
  switch (event.type) {
    case 'message':
      stepSet(state, event, env, out);
      break;
    case 'stored': {
      const { key, node, call } = event;
      stepSet(state, { type: 'object', key, event: { type: 'stored', node, call, ok: true } }, env, out);
      break;
    }
    case 'begin': {
      const { client, key, operation } = event;
      state.clients.set(client, { call: { client, key, operation }, held: undefined });
      stepSet(state, callOf(event, env), env, out);
      break;
    }
    case 'end':
      end(state, event.client, env, out);
      break;
  }
}

function callOf({ client: call, key, operation }: ClientCall, { keys }: MemberEnv): SetEvent {
  switch (operation.type) {
    case 'get':
      return { type: 'object', key, event: { ...operation, call } };
    case 'grab':
      return { type: 'object', key, event: { type: 'grab', absence: operation.absence, try: operation.try, call } };
    case 'evict':
      return { type: 'object', key, event: { type: 'flush', call, to: anyNode } };
    case 'flush':
      return { type: 'object', key, event: { ...operation, call } };
    case 'grabAll':
      return { type: 'grabAll', call, keys };
    case 'flushSet':
      return { type: 'flushSet', call, to: anyNode };
    default:
      return { type: 'object', key, event: { type: operation.type, call } };
  }
}

function stepSet(state: MemberState, event: SetEvent, env: MemberEnv, out: MemberSink): void {
  const answers: { call: CallId; result: SetResult }[] = [];
  setKernel.step(state.set, event, env, {
    send: (to, message) => out.send(to, message),
    setTimer: (timer, afterMs) => out.setTimer(timer, afterMs),
    cancelTimer: (timer) => out.cancelTimer(timer),
    diskRead: () => undefined,
    diskWrite: () => undefined,
    diskFlush: () => undefined,
    reply: (call, result) => answers.push({ call, result }),
    deliver: (notice) => out.deliver(notice),
    trace: (name, a, b) => out.trace(name, a, b),
  });
  for (const { call, result } of answers) answered(state, call, result, out);
}

function answered(state: MemberState, client: CallId, result: SetResult, out: MemberSink): void {
  const holding = state.clients.get(client)!;
  const { operation } = holding.call;
  if (result.outcome === 'held-all') {
    hold(state, holding, result.objects, out);
    return;
  }
  if (result.outcome !== 'object') {
    finish(state, client, out);
    return;
  }
  const { key, result: inner } = result;
  switch (inner.outcome) {
    case 'held':
      hold(state, holding, [{ key, payload: inner.payload }], out);
      return;
    case 'absent-held':
      hold(state, holding, [{ key, payload: noPayload }], out);
      return;
    case 'absent':
      if (operation.type === 'get' || operation.type === 'grab')
        tell(out, client, { key, step: 'saw', value: noPayload });
      if (operation.type === 'remove') tell(out, client, { key, step: 'removed', value: 0 });
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

function hold(
  state: MemberState,
  { call }: Holding,
  held: readonly { key: ObjectKey; payload: number }[],
  out: MemberSink,
) {
  const { client, operation } = call;
  state.clients.set(client, { call, held });
  const touched = operation.type === 'grabAll' || ('absence' in operation && operation.absence === 'touch');
  const writes = operation.type === 'grabAll' || (operation.type === 'grab' && operation.writes);
  for (const { key, payload } of held) {
    out.reply(client, { key, step: 'saw', value: payload, touched, isLast: !writes });
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
  const { operation } = call;
  const writes = operation.type === 'grabAll' || (operation.type === 'grab' && operation.writes);
  const payloads = held!.map(() => (writes ? newValue(state, env) : noPayload));
  for (const [index, { key }] of held!.entries()) {
    if (writes) tell(out, client, { key, step: 'wrote', value: payloads[index]! });
  }
  state.clients.delete(client);
  if (operation.type === 'grabAll') {
    stepSet(state, { type: 'putAll', call: client, payloads }, env, out);
    return;
  }
  const [{ key, payload } = { key: call.key, payload: noPayload }] = held!;
  const isNew = payload === noPayload && writes;
  if (isNew)
    stepSet(state, { type: 'object', key, event: { type: 'set', call: client, payload: payloads[0]! } }, env, out);
  const left = isNew ? noPayload : payloads[0]!;
  stepSet(state, { type: 'object', key, event: { type: 'put', call: client, payload: left } }, env, out);
}

/** A node with the objects of a set and clients that use them, each one call after the other. */
export const memberKernel: Kernel<MemberState, MemberEvent, MemberEnv, KeyedMessage, CallStep, KeyedNotice> = {
  name: 'member',
  table,
  initial: (env) => ({ set: setKernel.initial(env), clients: new Map(), written: 0 }),
  row,
  column: ({ type }) => type,
  step,
  encode({ set, clients, written }, into) {
    setKernel.encode(set, into);
    into.list([...clients], writePlain);
    into.uint(written);
  },
  decode: (from) => ({
    set: setKernel.decode(from),
    clients: new Map(from.list(readPlain) as [CallId, Holding][]),
    written: from.uint(),
  }),
};
