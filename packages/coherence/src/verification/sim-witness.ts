import { type Monitor, monitor, type Observation } from '@holdfast/simulation';
import type { NodeId } from '../kernel/object-types.ts';
import type { KeyedMessage, ObjectKey } from '../kernel/set-types.ts';
import type { ObjectOperation } from './sim-history.ts';
import { readPlain, writePlain } from './sim-line.ts';
import type { CallStep, MemberEvent } from './sim-member.ts';

/** The place of the member among the parts of its node. */
export const memberPart = 0;

interface OpenCall {
  readonly invoked: number;
  /** A grab that waits, for the bound on overtaking. */
  waitsFor: readonly ObjectKey[];
  overtaken: number;
}

/** What was seen of a run from outside. */
export interface Witness {
  /** Counts what was seen: the clock of the history. */
  now: number;
  readonly nodes: number;
  readonly keys: readonly ObjectKey[];
  /** Messages said and not heard yet, by `from * nodes + to`. */
  readonly underWay: KeyedMessage[][];
  readonly history: ObjectOperation[];
  /** By `node/client`. */
  readonly open: Record<string, OpenCall>;
  /** Leases of writers, by `node/client/key`: since when, and what they saw. */
  readonly writing: Record<string, { readonly since: number; readonly saw: number }>;
  /** Objects that arrived for a call that has not had them yet, as `node/key`. */
  readonly owed: Record<string, true>;
  /** Objects something happened to since they were looked at. */
  touched: ObjectKey[];
  overtakenMax: number;
  broken: string;
}

function see(state: Witness, { kind, node, part, number, value }: Observation, ordered: boolean): void {
  if (part !== memberPart) return;
  state.now++;
  if (kind === 'send') said(state, node, number, value as KeyedMessage);
  if (kind === 'event') happened(state, node, value as MemberEvent, ordered);
  if (kind === 'reply') told(state, node, number, value as CallStep);
}

function touch(state: Witness, key: ObjectKey): void {
  if (!state.touched.includes(key)) state.touched.push(key);
}

function said(state: Witness, from: NodeId, to: NodeId, message: KeyedMessage): void {
  const { type } = message.message;
  state.underWay[from * state.nodes + to]!.push(message);
  touch(state, message.key);
  const leaves = type === 'GRANT' || type === 'OWN';
  if (leaves && state.owed[`${from}/${message.key}`]) {
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
      const waitsFor = operation.type === 'grabAll' ? state.keys : operation.type === 'grab' ? [key] : [];
      state.open[`${node}/${client}`] = { invoked: state.now, waitsFor, overtaken: 0 };
      for (const each of operation.type === 'grabAll' || operation.type === 'flushSet' ? state.keys : [key]) {
        touch(state, each);
      }
      break;
    }
    case 'end':
      for (const key of state.keys) touch(state, key);
      break;
    case 'stored':
      touch(state, event.key);
      break;
  }
}

function heard(state: Witness, from: NodeId, to: NodeId, message: KeyedMessage, ordered: boolean): void {
  const { key } = message;
  touch(state, key);
  const queue = state.underWay[from * state.nodes + to]!;
  const place = queue.findIndex((each) => JSON.stringify(each) === JSON.stringify(message));
  if (ordered && place !== 0) state.broken = `node ${to} heard from ${from} what was not the next to be heard`;
  if (place >= 0) queue.splice(place, 1);
  if (message.message.type === 'GRANT') state.owed[`${to}/${key}`] = true;
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
      record(call!.invoked, { call: { type: 'see', touched } }, value);
      if (!isLast) state.writing[`${name}/${key}`] = { since: state.now, saw: value };
      if (call!.waitsFor.includes(key)) overtake(state, key, call!);
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
    case 'nothing':
      delete state.open[name];
      break;
  }
}

/** A writer has the object: those that waited before it came were overtaken. */
function overtake(state: Witness, key: ObjectKey, winner: OpenCall): void {
  state.overtakenMax = Math.max(state.overtakenMax, winner.overtaken);
  for (const other of Object.values(state.open)) {
    if (other !== winner && other.waitsFor.includes(key) && other.invoked < winner.invoked) other.overtaken++;
  }
  winner.waitsFor = winner.waitsFor.filter((each) => each !== key);
  winner.overtaken = 0;
}

/**
 * Sees what members say, hear and answer. `ordered`: each node must hear what another said exactly once and in order
 * (what the session owes), else only the objects show what came of it.
 */
export const witness = (nodes: number, keys: readonly ObjectKey[], ordered: boolean): Monitor =>
  monitor<Witness>({
    name: 'what members hear and what calls see',
    watches: ['event', 'send', 'reply'],
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
      overtakenMax: 0,
      broken: '',
    }),
    observe: (state, seen) => see(state, seen, ordered),
    encode: writePlain,
    decode: (from) => readPlain(from) as Witness,
    violation: ({ broken }) => (broken === '' ? undefined : broken),
  });
