import {
  type CellTable,
  type Decoder,
  type Encoder,
  handled,
  ignored,
  impossible,
  type Kernel,
  refuseImpossible,
} from '@holdfast/kernel';
import { readText, writeText } from './encoded-text.ts';
import {
  type Exchange,
  givenHow,
  type LeaseEnv,
  type LeaseEvent,
  type LeaseMessage,
  type LeaseSink,
  type LeaseState,
  type LeaseWish,
  leaseTimer,
} from './lease-types.ts';
import type { ClientId } from './state-types.ts';

const unknown = ignored('the client is gone meanwhile');
const known = impossible('a client is met once, when the state has it');
const ended = ignored('it answers a proposal that ended');
const notAskedBack = impossible(
  'only the record that this head asked for tells it, and the client is asked back until then',
);

/**
 * A client's event falls into the row of its lease here, the others into `head`.
 *
 * - `unknown`: the state has no such client
 * - `running`, `out`: its lease
 * - `asking`: this head asked the others whether its lease ran out there too
 * - `given up`: this head said that the lease ran out, and must not serve the client before the log knows better
 * - `expiring`: so said all, and the record is on its way
 * - `asked back`: the client was heard of since, and the record that it is kept is on its way
 * - `moved on`: an expiry is refused that this head waits for no more
 */
const table: CellTable = {
  unknown: {
    met: handled,
    gone: impossible('what is gone was there'),
    heard: unknown,
    renewed: unknown,
    kept: notAskedBack,
    'in-the-way': impossible('only who is known is lapsed'),
    propose: handled,
    left: unknown,
  },
  running: {
    met: known,
    gone: handled,
    heard: handled,
    renewed: handled,
    kept: notAskedBack,
    'in-the-way': handled,
    propose: handled,
    left: ended,
  },
  out: {
    met: known,
    gone: handled,
    heard: handled,
    renewed: handled,
    kept: notAskedBack,
    'in-the-way': handled,
    propose: handled,
    left: ended,
  },
  asking: {
    met: known,
    gone: handled,
    heard: handled,
    renewed: handled,
    kept: notAskedBack,
    'in-the-way': ignored('the others are asked already'),
    propose: handled,
    left: handled,
  },
  'given up': {
    met: known,
    gone: handled,
    heard: handled,
    renewed: handled,
    kept: notAskedBack,
    'in-the-way': handled,
    propose: handled,
    left: ended,
  },
  expiring: {
    met: known,
    gone: handled,
    heard: handled,
    renewed: handled,
    kept: notAskedBack,
    'in-the-way': ignored('the record is on its way'),
    'expiry-refused': handled,
    propose: handled,
    left: ended,
  },
  'asked back': {
    met: known,
    gone: handled,
    heard: ignored('it is asked back already'),
    renewed: handled,
    kept: handled,
    'in-the-way': handled,
    propose: handled,
    left: ended,
  },
  'moved on': { 'expiry-refused': handled },
  head: { tick: handled, view: handled, paused: handled },
};

/** Whether the others would be told something new if they were told that this head heard of the client. */
export const isDue = (state: LeaseState, { leaseTicks }: LeaseEnv, client: ClientId): boolean =>
  (state.left.get(client) ?? leaseTicks) < leaseTicks;

/** Whether what the client asks must wait until it is kept, or gone. */
export const mustWait = (state: LeaseState, env: LeaseEnv, client: ClientId): boolean =>
  state.given.has(client) && !env.rules.servesGivenUp();

function rowOf(state: LeaseState, client: ClientId): string {
  const left = state.left.get(client);
  if (left === undefined) return 'unknown';
  if (state.exchanges.has(client)) return 'asking';
  return state.given.get(client) ?? (left === 0 ? 'out' : 'running');
}

function cellRow(state: LeaseState, event: LeaseEvent): string {
  if (!('client' in event)) return 'head';
  const row = rowOf(state, event.client);
  return event.type === 'expiry-refused' && row !== 'expiring' ? 'moved on' : row;
}

function heard(state: LeaseState, client: ClientId, env: LeaseEnv, out: LeaseSink): void {
  if (state.exchanges.delete(client)) out.deliver({ type: 'stays', client });
  if (!mustWait(state, env, client)) {
    state.left.set(client, env.leaseTicks);
    return;
  }
  state.given.set(client, 'asked back');
  out.deliver({ type: 'keep', client });
}

/** Another head heard of it. What this one said of the client stands until a record says better. */
function renewed(state: LeaseState, client: ClientId, env: LeaseEnv, out: LeaseSink): void {
  if (state.given.has(client) && !env.rules.freedByRenewals()) return;
  state.given.delete(client);
  if (state.exchanges.delete(client)) out.deliver({ type: 'stays', client });
  state.left.set(client, env.leaseTicks);
}

function decide(state: LeaseState, client: ClientId, { kept, restarts }: Exchange, out: LeaseSink): void {
  state.exchanges.delete(client);
  state.given.set(client, 'expiring');
  out.deliver({ type: 'expire', client, kept, restarts });
}

function inTheWay(
  state: LeaseState,
  { client, kept, restarts }: Extract<LeaseEvent, { type: 'in-the-way' }>,
  env: LeaseEnv,
  out: LeaseSink,
): void {
  const isOut = state.left.get(client) === 0 && state.given.get(client) !== 'asked back';
  if (!isOut) {
    out.deliver({ type: 'stays', client });
    return;
  }
  state.round++;
  const exchange: Exchange = { round: state.round, kept, restarts, waits: [...env.rules.asked(state.heads)] };
  if (exchange.waits.length === 0) {
    decide(state, client, exchange, out);
    return;
  }
  state.exchanges.set(client, exchange);
  for (const head of exchange.waits) out.send(head, { type: 'PROPOSE', client, round: exchange.round });
}

/** This head says how long it would wait; where it would not, it has given the client up. It may not know it yet. */
function propose(
  state: LeaseState,
  { from, client, round }: Extract<LeaseEvent, { type: 'propose' }>,
  env: LeaseEnv,
  out: LeaseSink,
): void {
  const isAskedBack = state.given.get(client) === 'asked back';
  const here = state.left.get(client);
  const left = isAskedBack || here === undefined ? env.leaseTicks : env.rules.leftHere(here);
  if (left === 0 && !state.given.has(client)) state.given.set(client, 'given up');
  out.send(from, { type: 'LEFT', client, round, left });
}

function left(state: LeaseState, event: Extract<LeaseEvent, { type: 'left' }>, env: LeaseEnv, out: LeaseSink): void {
  const { client, from } = event;
  const exchange = state.exchanges.get(client)!;
  if (!env.rules.isAnswer(event.round, exchange.round)) return;
  if (event.left > 0) {
    if (!state.given.has(client)) state.left.set(client, event.left);
    state.exchanges.delete(client);
    out.deliver({ type: 'stays', client });
    return;
  }
  const waits = exchange.waits.filter((head) => head !== from);
  if (waits.length === 0) decide(state, client, exchange, out);
  else state.exchanges.set(client, { ...exchange, waits });
}

/** Heads came or went, or this one did nothing for a while: what it knows of renewals is not enough to expire anybody. */
function restartLeases(state: LeaseState, env: LeaseEnv, out: LeaseSink): void {
  for (const [client, ticks] of state.left) {
    if (!state.given.has(client)) state.left.set(client, env.rules.afterBreak(ticks, env.leaseTicks));
  }
  out.setTimer(leaseTimer, env.tickMs);
  if (!env.rules.endsWithView()) return;
  const asked = [...state.exchanges.keys()];
  state.exchanges.clear();
  for (const client of asked) out.deliver({ type: 'stays', client });
}

function forget(state: LeaseState, client: ClientId): void {
  state.left.delete(client);
  state.given.delete(client);
  state.exchanges.delete(client);
}

/**
 * Leases of clients at one head, and the exchange by which heads agree that one ran out. A client is expired in two steps:
 * every head says that it has not heard of it for a lease, then a record is appended on condition that nobody did since.
 * Until somebody is in the way, nothing is expired at all (RFC 8881, 8.4.2.3: a server may be courteous).
 */
export const leaseKernel: Kernel<LeaseState, LeaseEvent, LeaseEnv, LeaseMessage, never, LeaseWish> = {
  name: 'nfs-leases',
  table,
  initial: ({ clients, heads, leaseTicks }) => ({
    heads: [...heads],
    left: new Map(clients.map((client) => [client, leaseTicks])),
    exchanges: new Map(),
    given: new Map(),
    round: 0,
  }),
  row: cellRow,
  column: ({ type }) => type,
  step(state, event, env, out) {
    const row = cellRow(state, event);
    if (refuseImpossible('nfs-leases', table, row, event.type).class === 'ignored') return;
    switch (event.type) {
      case 'met':
        state.left.set(event.client, env.leaseTicks);
        break;
      case 'gone':
        forget(state, event.client);
        break;
      case 'heard':
        heard(state, event.client, env, out);
        break;
      case 'renewed':
        renewed(state, event.client, env, out);
        break;
      case 'kept':
        state.given.delete(event.client);
        state.left.set(event.client, env.leaseTicks);
        break;
      case 'in-the-way':
        inTheWay(state, event, env, out);
        break;
      case 'expiry-refused':
        if (row === 'expiring') state.given.set(event.client, 'given up');
        out.deliver({ type: 'stays', client: event.client });
        break;
      case 'propose':
        propose(state, event, env, out);
        break;
      case 'left':
        left(state, event, env, out);
        break;
      case 'tick':
        for (const [client, ticks] of state.left) state.left.set(client, Math.max(0, ticks - 1));
        out.setTimer(leaseTimer, env.tickMs);
        break;
      case 'view':
        state.heads = [...event.heads];
        restartLeases(state, env, out);
        break;
      case 'paused':
        restartLeases(state, env, out);
        break;
    }
  },
  encode,
  decode,
};

const inOrder = <Value>(of: ReadonlyMap<ClientId, Value>): [ClientId, Value][] =>
  [...of].sort(([one], [other]) => (one < other ? -1 : 1));

function encode(state: LeaseState, into: Encoder): void {
  into.list(state.heads, (head, to) => to.uint(head));
  into.list(inOrder(state.left), ([client, ticks], to) => {
    writeText(to, client);
    to.uint(ticks);
  });
  into.list(inOrder(state.exchanges), ([client, { round, kept, restarts, waits }], to) => {
    writeText(to, client);
    for (const each of [round, kept, restarts]) to.uint(each);
    to.list(waits, (head, at) => at.uint(head));
  });
  into.list(inOrder(state.given), ([client, how], to) => {
    writeText(to, client);
    to.uint(givenHow.indexOf(how));
  });
  into.uint(state.round);
}

function decode(from: Decoder): LeaseState {
  return {
    heads: from.list((each) => each.uint()),
    left: new Map(from.list((each) => [readText(each), each.uint()] as const)),
    exchanges: new Map(
      from.list((each) => {
        const client = readText(each);
        const [round, kept, restarts] = [each.uint(), each.uint(), each.uint()];
        return [client, { round, kept, restarts, waits: each.list((at) => at.uint()) }] as const;
      }),
    ),
    given: new Map(from.list((each) => [readText(each), givenHow[each.uint()]!] as const)),
    round: from.uint(),
  };
}
