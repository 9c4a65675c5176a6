import { type Decoder, type Encoder, handled, impossible, type Kernel } from '@holdfast/kernel';
import { readPlain, writePlain } from '@holdfast/runtime/verification';
import { noNodes, withNode, withoutNode } from '../kernel/node-set.ts';
import type { ObjectEvent } from '../kernel/object-types.ts';
import { decodeView, encodeView } from '../kernel/view-encoding.ts';
import type { ViewEnv } from '../kernel/view-env.ts';
import { viewKernel } from '../kernel/view-kernel.ts';
import { viewTable } from '../kernel/view-table.ts';
import type { View, ViewEvent, ViewMessage, ViewNotice, ViewResult } from '../kernel/view-types.ts';
import { startsCall } from './call-budget.ts';
import type { HostedView } from './hosted-view.ts';
import { withValue } from './object-host.ts';
import { entryIn } from './view-scenario.ts';

/** Stands for the number of the next call that must be done once at most. */
export const nextNumber = 0;

export type HostEvent =
  | ViewEvent
  /** The session with a node is over; what it certainly did not receive. */
  | { readonly type: 'ended'; readonly node: number; readonly undelivered: readonly ViewMessage[] }
  | { readonly type: 'begun'; readonly node: number }
  /** Both at once: the session is over, and the next view leaves the node out. */
  | { readonly type: 'died'; readonly node: number; readonly undelivered: readonly ViewMessage[] }
  /** The supervisor says who takes part. */
  | (View & { readonly type: 'installed' });

export interface HostEnv extends ViewEnv {
  /** Whether the set begins here with the first message about it, though the node is a member from the first. */
  readonly isLate: boolean;
  /** The other nodes, with which a node that starts again has no session yet. */
  readonly strangers: readonly number[];
}

/** What a host tells the kernel, if anything. */
function eventFor(host: HostedView, event: HostEvent, { self }: HostEnv): ViewEvent | undefined {
  switch (event.type) {
    case 'died': {
      const { epoch, members } = host.state.view;
      const undelivered = event.undelivered.map((message) => ({ to: event.node, message }));
      return { type: 'view', epoch: epoch + 1, members: withoutNode(members, event.node), undelivered };
    }
    case 'ended':
    case 'begun':
      return undefined;
    case 'installed':
      return { ...event, type: 'view', undelivered: host.undelivered.filter(({ to }) => !event.members.includes(to)) };
    case 'object':
      return {
        ...event,
        event: withValue(entryIn(host.state, self), withNumber(host, event.event)) as typeof event.event,
      };
    default:
      return event;
  }
}

/** The client of the node has number 1. */
const withNumber = ({ begun }: HostedView, event: ObjectEvent): ObjectEvent =>
  'call' in event && event.call === nextNumber ? { ...event, call: begun + 2 } : event;

function note(host: HostedView, event: HostEvent): void {
  if (event.type === 'object' && startsCall(event.event.type)) host.begun++;
  if (event.type === 'ended') {
    const undelivered = event.undelivered.map((message) => ({ to: event.node, message }));
    host.down = withNode(host.down, event.node);
    host.ended = withNode(host.ended, event.node);
    host.undelivered = [...host.undelivered, ...undelivered];
  } else if (event.type === 'begun') {
    host.down = withoutNode(host.down, event.node);
  } else if (event.type === 'installed') {
    host.undelivered = host.undelivered.filter(({ to }) => event.members.includes(to));
    host.ended = host.ended.filter((node) => event.members.includes(node));
  }
}

const isMember = impossible('it is a member: nobody gets as far without its marker');
const hostTable = {
  ...viewTable,
  host: { ended: handled, begun: handled },
  'nothing yet': { view: handled, MARKER: handled, OBJECT: handled, REPORT: isMember, VERDICT: isMember },
};

type HostSink = Parameters<typeof viewKernel.step>[3];

/** What happens where the set has not begun: a view is remembered, a message begins it. */
function stepLate(host: HostedView, views: readonly View[], event: HostEvent, env: HostEnv, out: HostSink): void {
  if (event.type === 'installed') {
    const { epoch, members } = event;
    host.missed = [...views, { epoch, members }];
    hearEarly(host, env, out);
  } else if (event.type === 'message') {
    hearLate(host, event.from, event.message, env, out);
  }
}

function hearEarly(host: HostedView, env: HostEnv, out: HostSink): void {
  const { early } = host;
  host.early = [];
  for (const { from, message } of early) hearLate(host, from, message, env, out);
}

function hearLate(host: HostedView, from: number, message: ViewMessage, env: HostEnv, out: HostSink): void {
  const { missed } = host;
  if (missed !== undefined && message.epoch > missed.at(-1)!.epoch) {
    host.early = [...host.early, { from, message }];
    return;
  }
  if (missed !== undefined) {
    const { founding, later } = env.rules.beginning(0, missed);
    host.missed = undefined;
    host.state = viewKernel.initial({ ...env, firstView: founding });
    for (const view of later) viewKernel.step(host.state, { type: 'view', ...view, undelivered: [] }, env, out);
    hearEarly(host, env, out);
  }
  viewKernel.step(host.state, { type: 'message', from, message }, env, out);
}

const notLate = { missed: undefined, early: [] };

function encode({ state, missed, early, down, ended, undelivered, begun }: HostedView, into: Encoder): void {
  encodeView(state, into);
  writePlain(missed === undefined ? 0 : { missed, early }, into);
  into.uint(begun);
  into.list(ended, (node, to) => to.uint(node));
  into.list(down, (node, to) => to.uint(node));
  const text = undelivered.length === 0 ? '' : JSON.stringify(undelivered);
  into.list(Array.from(text), (character, to) => to.uint(character.charCodeAt(0)));
}

function decode(from: Decoder): HostedView {
  const state = decodeView(from);
  const late = readPlain(from) as 0 | Pick<HostedView, 'missed' | 'early'>;
  const begun = from.uint();
  const ended = from.list((each) => each.uint());
  const down = from.list((each) => each.uint());
  const text = from.list((each) => String.fromCharCode(each.uint())).join('');
  const { missed, early } = late === 0 ? notLate : late;
  return { state, missed, early, down, ended, undelivered: text === '' ? [] : JSON.parse(text), begun };
}

/** The view kernel under a host that ends sessions, installs views and makes up values. */
export const hostedView: Kernel<HostedView, HostEvent, HostEnv, ViewMessage, ViewResult, ViewNotice> = {
  name: viewKernel.name,
  table: hostTable,
  initial: (env) => ({
    state: viewKernel.initial(env.isLate ? { ...env, firstView: undefined } : env),
    missed: env.isLate && env.firstView !== undefined ? [env.firstView] : undefined,
    early: [],
    down: env.firstView === undefined ? env.strangers : noNodes,
    ended: noNodes,
    undelivered: [],
    begun: 0,
  }),
  row(host, event, env) {
    if (host.missed !== undefined) return 'nothing yet';
    const told = eventFor(host, event, env);
    return told === undefined ? 'host' : viewKernel.row(host.state, told, env);
  },
  column(event) {
    if (event.type === 'message') return event.message.type;
    return event.type === 'installed' || event.type === 'died' ? 'view' : event.type;
  },
  step(host, event, env, out) {
    if (host.missed !== undefined) {
      stepLate(host, host.missed, event, env, out);
      return;
    }
    const told = eventFor(host, event, env);
    note(host, event);
    if (told !== undefined) viewKernel.step(host.state, told, env, out);
  },
  encode,
  decode,
};
