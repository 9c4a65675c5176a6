import type { EffectSink, Kernel } from '@holdfast/kernel';
import { isApplicable } from '../kernel/late-changes.ts';
import type { LeaseWish } from '../kernel/lease-types.ts';
import { planRecord, type RecordPlan } from '../kernel/plan-record.ts';
import type { ClientId, Delta, Mint, NfsState, Reply } from '../kernel/state-types.ts';
import { stateBoundsDefault } from '../limits.ts';
import {
  type HeadEnv,
  type HeadEvent,
  type HeadState,
  type HeadWord,
  headTable,
  type Pending,
  type Phase,
  type Revocation,
} from './abstract-head-types.ts';
import {
  clientIds,
  clientPart,
  clientsCount,
  firstMinted,
  leasePart,
  logPart,
  mailPart,
  type SentRequest,
} from './nfs-parts.ts';
import { images, plainEncoding } from './plain-states.ts';

type Out = EffectSink<HeadWord, never, never>;

const noReply: Reply = { status: 'DELAY' };

const isReclaim = ({ operation }: Pending['request']): boolean =>
  operation.type === 'open' && operation.claim?.type === 'previous';

const isClients = (request: Pending['request']): request is SentRequest => 'client' in request;

function admit(state: HeadState, token: string, request: Pending['request'], phase: Phase): Pending {
  const pending: Pending = {
    token,
    request,
    phase,
    behind: 0,
    told: false,
    insists: false,
    unwanted: false,
    reply: noReply,
  };
  state.pending.push(pending);
  state.pending.sort((one, other) => (one.token < other.token ? -1 : 1));
  return pending;
}

function remove(state: HeadState, pending: Pending): void {
  state.pending.splice(state.pending.indexOf(pending), 1);
}

/** Ids that follow from the request, whichever head mints them: so states differ less. */
function mintOf(request: Pending['request']): Mint {
  let minted = isClients(request) ? firstMinted(request.client, request.call) : 0;
  return { epoch: 1, node: 0, next: () => BigInt(minted++) };
}

function plan(state: HeadState, pending: Pending, env: HeadEnv, out: Out): void {
  const { request } = pending;
  const image = images.stateOf(state.image);
  const planned = planRecord(image, request, {
    mint: mintOf(request),
    bounds: stateBoundsDefault,
    here: {
      isLapsed: (client) => !pending.insists && state.lapsed.includes(client),
      canRecall: () => env.delegates,
      self: env.rules.self(env.head, state.life),
    },
  });
  const [lapsed] = planned.lapsed;
  if (lapsed !== undefined) expireFirst(state, pending, lapsed, env, out);
  else if (env.rules.appended(planned).length > 0) propose(state, pending, planned, env, out);
  else if (env.rules.mayBeBehind(planned) && !pending.told) ask(pending, env, out);
  else {
    changeOwn(state, planned.steps, env, out);
    answer(state, pending, planned.reply, env, out);
  }
}

/** From memory to memory: made here, and told later or never. */
function changeOwn(state: HeadState, steps: readonly Delta[], { head }: HeadEnv, out: Out): void {
  if (steps.length === 0) return;
  state.image = images.after(state.image, steps);
  for (const step of steps) if (step.type === 'slot-step') out.send(mailPart, { type: 'step', from: head, step });
}

function expireFirst(state: HeadState, pending: Pending, lapsed: ClientId, env: HeadEnv, out: Out): void {
  const image = images.stateOf(state.image);
  const { kept } = image.clients.get(lapsed)!;
  const expiry = { client: lapsed, kept, restarts: image.restarts };
  pending.phase = 'in the way';
  if (env.rules.agreesOnExpiry()) {
    out.send(leasePart(env.head), { type: 'in-the-way', ...expiry });
  } else if (!state.pending.some(({ token }) => token === `expire ${lapsed}`)) {
    const request = { operation: { type: 'expire', ...expiry } } as const;
    plan(state, admit(state, `expire ${lapsed}`, request, 'arrived'), env, out);
  }
}

/**
 * Whether it must be carried out once: more comes of it than that a head begins to serve a session, and it is no recall. Those
 * the server makes itself, without a slot: made at two heads it asks for whatever there is then.
 */
const isOnce = ({ deltas }: RecordPlan, { operation }: Pending['request']): boolean =>
  operation.type !== 'layout-recall' && deltas.some(({ type }) => type !== 'session-shared');

function propose(state: HeadState, pending: Pending, planned: RecordPlan, env: HeadEnv, out: Out): void {
  const { rules, head } = env;
  const { token, request } = pending;
  const { client, call } = isClients(request) ? request : {};
  pending.phase = 'proposed';
  pending.reply = planned.reply;
  out.send(logPart, {
    type: 'append',
    record: {
      head,
      token: `${state.life} ${token}`,
      deltas: [...rules.appended(planned), ...planned.steps],
      touches: planned.touches,
      takesAway: rules.takesAway(planned),
      reclaims: isReclaim(request) && planned.reply.status === 'OK',
      reply: planned.reply,
    },
    compares: rules.compares(planned),
    ...(client !== undefined && call !== undefined && isOnce(planned, request) && { call: { client, call } }),
  });
  if (rules.answersFirst() && isClients(request)) {
    out.send(clientPart(request.client), { type: 'answer', call: request.call, reply: planned.reply });
  }
}

function ask(pending: Pending, { head }: HeadEnv, out: Out): void {
  pending.phase = 'asking';
  out.send(logPart, { type: 'ask', head, token: pending.token });
}

function answer(state: HeadState, pending: Pending, reply: Reply, env: HeadEnv, out: Out): void {
  remove(state, pending);
  const { request } = pending;
  if (isClients(request)) {
    out.send(clientPart(request.client), { type: 'answer', call: request.call, reply });
    return;
  }
  const { operation } = request;
  switch (operation.type) {
    case 'restart-leases':
      state.serving = true;
      break;
    case 'expire':
      if (reply.status === 'OK') break;
      if (env.rules.agreesOnExpiry()) {
        out.send(leasePart(env.head), { type: 'expiry-refused', client: operation.client });
      } else {
        stays(state, operation.client, env, out);
      }
      break;
    case 'keep':
      if (reply.status === 'OK') out.send(leasePart(env.head), { type: 'kept', client: operation.client });
      break;
  }
}

/** Those whose leases are known by now are planned, or wait until their clients are kept. */
function planArrived(state: HeadState, env: HeadEnv, out: Out): void {
  for (const pending of [...state.pending]) {
    const { request, phase } = pending;
    if (!isClients(request) || (phase !== 'arrived' && phase !== 'waiting')) continue;
    if (state.given.includes(clientIds[request.client]!)) pending.phase = 'waiting';
    else plan(state, pending, env, out);
  }
}

function stays(state: HeadState, client: ClientId, env: HeadEnv, out: Out): void {
  const image = images.stateOf(state.image);
  for (const pending of [...state.pending]) {
    if (pending.phase !== 'in the way') continue;
    pending.insists = image.clients.has(client);
    plan(state, pending, env, out);
  }
}

function applyRecord(
  state: HeadState,
  { record }: Extract<HeadEvent, { type: 'record' }>,
  env: HeadEnv,
  out: Out,
): void {
  const isOwn = record.head === env.head && record.token.startsWith(`${state.life} `);
  state.image = images.after(state.image, isOwn ? record.deltas : env.rules.applied(record.deltas));
  for (const delta of record.deltas) {
    if (delta.type !== 'client-gone') continue;
    out.send(leasePart(env.head), { type: 'gone', client: delta.client });
    for (const pending of state.pending) if (pending.phase === 'in the way') ask(pending, env, out);
  }
  for (const pending of [...state.pending]) {
    if (pending.phase === 'behind' && --pending.behind === 0) plan(state, pending, env, out);
  }
  const own = isOwn ? state.pending.find(({ token }) => record.token === `${state.life} ${token}`) : undefined;
  if (own !== undefined && !record.takesAway) answer(state, own, own.reply, env, out);
}

/** What takes something that was asked back. */
export function recalledIn({ delegations, layouts }: NfsState): Revocation | undefined {
  for (const { key, recalled } of delegations.values()) if (recalled) return { type: 'delegation-revoke', key };
  for (const { key, recalledAt } of layouts.values())
    if (recalledAt !== undefined) return { type: 'layout-revoke', key };
  return undefined;
}

const named = (state: HeadState, token: string): Pending | undefined =>
  state.pending.find((pending) => token === pending.token || token === `${state.life} ${pending.token}`);

function refused(
  state: HeadState,
  { token, behind }: Extract<HeadEvent, { type: 'refused' }>,
  env: HeadEnv,
  out: Out,
): void {
  const pending = named(state, token)!;
  if (!env.rules.plansAgain()) {
    answer(state, pending, pending.reply, env, out);
    return;
  }
  pending.phase = 'behind';
  pending.reply = noReply;
  pending.behind = behind;
}

function arrive(
  state: HeadState,
  { request, held }: Extract<HeadEvent, { type: 'request' }>,
  env: HeadEnv,
  out: Out,
): void {
  const token = `${clientIds[request.client]}${request.call}`;
  // What is under way already is answered once.
  const known = state.pending.find((pending) => pending.token === token);
  if (known !== undefined) {
    known.unwanted = false;
    return;
  }
  admit(state, token, request, held || !state.serving ? 'held' : 'arrived');
  if (state.serving && !held) hear(state, env, out);
}

/** Whoever asks renews its lease, and is planned once the answer is there. */
function hear(state: HeadState, env: HeadEnv, out: Out): void {
  if (!env.hasLeases) {
    planArrived(state, env, out);
    return;
  }
  for (const { phase, request } of state.pending) {
    if (phase !== 'arrived' || !isClients(request)) continue;
    const client = clientIds[request.client]!;
    out.send(leasePart(env.head), { type: 'heard', client });
    if (env.spreadsRenewals) out.send(mailPart, { type: 'renew', from: env.head, client });
  }
}

function wish(state: HeadState, event: LeaseWish, env: HeadEnv, out: Out): void {
  if (event.type === 'stays') {
    stays(state, event.client, env, out);
    return;
  }
  const pending = admit(state, `${event.type} ${event.client}`, { operation: event }, 'arrived');
  plan(state, pending, env, out);
}

function start(state: HeadState, env: HeadEnv, out: Out): void {
  Object.assign(state, { up: true, serving: false, life: state.life + 1 });
  out.send(logPart, { type: 'join', head: env.head });
}

function welcome(
  state: HeadState,
  { image, heads }: Extract<HeadEvent, { type: 'welcome' }>,
  env: HeadEnv,
  out: Out,
): void {
  state.image = env.rules.readsLog() ? image : images.numberOf(env.initial());
  if (env.hasLeases) {
    for (const client of images.stateOf(state.image).clients.keys()) {
      out.send(leasePart(env.head), { type: 'met', client });
    }
  }
  begin(state, heads, env, out);
}

/** It knows everything now, and serves once the log says so. */
function begin(state: HeadState, heads: readonly number[], env: HeadEnv, out: Out): void {
  if (env.hasLeases) out.send(leasePart(env.head), { type: 'view', heads });
  if (!env.hasLeases || !env.rules.announcesItself()) {
    state.serving = true;
    return;
  }
  plan(state, admit(state, 'restart', { operation: { type: 'restart-leases' } }, 'arrived'), env, out);
}

/** It is heard again: what it proposed and is not in the log is decided anew, if anybody still waits for it. */
function hearMissed(
  state: HeadState,
  { records, accepted, heads }: Extract<HeadEvent, { type: 'missed' }>,
  env: HeadEnv,
  out: Out,
): void {
  const own: Pending[] = [];
  for (const pending of [...state.pending]) {
    const isAccepted = accepted.includes(`${state.life} ${pending.token}`);
    if (isAccepted || !['proposed', 'behind', 'asking'].includes(pending.phase)) continue;
    pending.phase = 'held';
    if (pending.unwanted) remove(state, pending);
    else if (!isClients(pending.request)) own.push(pending);
  }
  for (const record of records) applyRecord(state, { type: 'record', record }, env, out);
  state.out = false;
  begin(state, heads, env, out);
  for (const pending of own) if (state.pending.includes(pending)) plan(state, pending, env, out);
}

function forget(state: HeadState, { request }: Extract<HeadEvent, { type: 'forget' }>): void {
  const pending = state.pending.find((each) => isSameRequest(each.request, request));
  if (pending === undefined) return;
  if (pending.phase === 'proposed' || pending.phase === 'behind' || pending.phase === 'asking') pending.unwanted = true;
  else remove(state, pending);
}

const isSameRequest = (one: Pending['request'], other: SentRequest): boolean =>
  isClients(one) && one.client === other.client && one.call === other.call;

function step(state: HeadState, event: HeadEvent, env: HeadEnv, out: Out): void {
  switch (event.type) {
    case 'request':
      arrive(state, event, env, out);
      break;
    case 'resume':
      for (const pending of state.pending) if (pending.phase === 'held') pending.phase = 'arrived';
      hear(state, env, out);
      break;
    case 'end-grace':
      plan(state, admit(state, 'end-grace', { operation: { type: 'end-grace' } }, 'arrived'), env, out);
      break;
    case 'revoke': {
      const operation = recalledIn(images.stateOf(state.image))!;
      plan(state, admit(state, `revoke ${operation.key}`, { operation }, 'arrived'), env, out);
      break;
    }
    case 'leases':
      Object.assign(state, { lapsed: event.lapsed, given: event.given });
      planArrived(state, env, out);
      break;
    case 'expire':
    case 'keep':
    case 'stays':
      wish(state, event, env, out);
      break;
    case 'record':
      applyRecord(state, event, env, out);
      break;
    case 'refused':
      refused(state, event, env, out);
      break;
    case 'told': {
      const pending = named(state, event.token)!;
      pending.told = true;
      plan(state, pending, env, out);
      // What was told holds for this plan only: a record refused since shows that there is more.
      pending.told = env.rules.staysTold();
      break;
    }
    case 'settled': {
      const pending = named(state, event.token);
      if (pending !== undefined) answer(state, pending, pending.reply, env, out);
      break;
    }
    case 'view':
      if (env.hasLeases) out.send(leasePart(env.head), { type: 'view', heads: event.heads });
      break;
    case 'welcome':
      welcome(state, event, env, out);
      break;
    case 'step':
      if (isApplicable(images.stateOf(state.image), event.step)) {
        state.image = images.after(state.image, [event.step]);
      }
      break;
    case 'missed':
      hearMissed(state, event, env, out);
      break;
    case 'lapse':
      state.out = true;
      if (env.rules.stopsWhenOut()) state.serving = false;
      break;
    case 'forget':
      forget(state, event);
      break;
    case 'die': {
      const { life } = state;
      Object.assign(state, { ...initial(env), up: false, serving: false, life });
      out.send(logPart, { type: 'fence', head: env.head });
      for (let client = 0; client < clientsCount; client++) {
        out.send(clientPart(client), { type: 'head-lost', head: env.head });
      }
      out.send(leasePart(env.head), { type: 'reset' });
      out.send(mailPart, { type: 'lose', to: env.head });
      break;
    }
    case 'start':
      start(state, env, out);
      break;
  }
}

const initial = ({ initial: image }: HeadEnv): HeadState => ({
  up: true,
  serving: true,
  out: false,
  life: 0,
  image: images.numberOf(image()),
  pending: [],
  lapsed: [],
  given: [],
});

export const abstractHead: Kernel<HeadState, HeadEvent, HeadEnv, HeadWord, never, never> = {
  name: 'abstract-head',
  table: headTable,
  initial,
  row: ({ up }) => (up ? 'up' : 'down'),
  column: ({ type }) => type,
  step(state, event, env, out) {
    if (headTable[state.up ? 'up' : 'down']![event.type]!.class === 'ignored') return;
    step(state, event, env, out);
  },
  ...plainEncoding<HeadState>(),
};
