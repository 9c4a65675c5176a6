import { dataIom } from './data-iom.ts';
import { type DataEvent, initialData, updateOf, type WriteCall } from './data-state.ts';
import { isKnown as isHeard } from './data-write.ts';
import type { StorageAnswer, ToData, ToParity, WriteResult } from './iom-messages.ts';
import type { Peer } from './journal.ts';
import { innerSink, type MemberSink, type ProxyRequest, type ViewEvent } from './proxy-messages.ts';
import { type Heard, heardInPlace } from './resync-data.ts';
import { type Deputy, partnerOf, type ResyncEnv, type ResyncState } from './resync-state.ts';

/*
 * In groups with two parities the place of a data IOM that is stopped is taken by another data IOM: the one beside the
 * first parity IOM of the group that is there and up to date. It has no blocks. It ends what the stopped one had open, by
 * what both parities have of it, and begins updates of its own in the name of the other one. The journaled write runs
 * inside it as in any other data IOM, with the data half left out.
 */

/** A view: a deputy for everyone that it leaves out, and none any more for those who are back. */
export function deputize(
  state: ResyncState,
  view: ViewEvent,
  before: readonly Peer[],
  env: ResyncEnv,
  out: MemberSink,
): void {
  const after = [...view.out, ...view.back];
  const isSame = env.proxyRules.asksNewHeads() ? sameSet([...before, ...state.back], after) : true;
  const isBackAsBefore = (peer: Peer) => state.back.includes(peer) === view.back.includes(peer);
  const anew = env.peers.filter((peer) => !isSame || !isBackAsBefore(peer));
  state.back = view.back;
  if (env.self === undefined) return;
  // Who speaks for whom follows from who is there and up to date: with that, everything is spoken of anew.
  for (const peer of anew) {
    if (partnerOf(state, peer, env).status !== 'partner') continue;
    stepDeputies(state, { type: 'peer', peer, up: false }, env, out);
    stepDeputies(state, { type: 'peer', peer, up: true }, env, out);
  }
  for (const deputy of state.deputies) {
    if (view.out.includes(deputy.of)) continue;
    deputy.isClosing = true;
    for (const { call } of deputy.data.waiting) out.reply(call, { outcome: 'elsewhere', toughness: 0 });
    deputy.data.waiting = [];
  }
  for (const of of view.out) {
    const known = state.deputies.find((deputy) => deputy.of === of);
    if (known !== undefined) known.isClosing = false;
    else begin(state, of, env, out);
  }
}

const sameSet = (some: readonly Peer[], others: readonly Peer[]): boolean =>
  some.every((peer) => others.includes(peer)) && others.every((peer) => some.includes(peer));

const envOf = (env: ResyncEnv): ResyncEnv => {
  const { map: _, ...rest } = env;
  // Nothing is known of what its parity IOMs have, whichever life this is.
  return { ...rest, incarnation: Math.max(1, env.incarnation), addresses: [], reserve: 0, isDeputy: true };
};

function begin(state: ResyncState, of: Peer, env: ResyncEnv, out: MemberSink): void {
  const deputy: Deputy = { of, data: initialData(envOf(env)), isClosing: false };
  state.deputies = [...state.deputies, deputy];
  stepDeputy(state, deputy, { type: 'recovered', blocks: [], entries: [] }, env, out);
  for (const peer of env.peers) {
    const { status } = partnerOf(state, peer, env);
    if (status === 'partner' || status === 'replaced') {
      stepDeputy(state, deputy, { type: 'peer', peer, up: true }, env, out);
    }
  }
}

function stepDeputy(state: ResyncState, deputy: Deputy, event: DataEvent, env: ResyncEnv, out: MemberSink): void {
  const { of } = deputy;
  const heard: Heard[] = [];
  deputy.data.nextEntry = state.nextDeputyId;
  dataIom.step(
    deputy.data,
    event,
    envOf(env),
    innerSink<ToParity, WriteResult, ProxyRequest>(
      out,
      (to, message) => {
        if (isWithout(state, to, env)) heard.push({ from: to, message });
        else out.send(to, { type: 'in_place', of, message });
      },
      (request) => {
        if (!('id' in request)) return;
        const id = state.nextId++;
        state.deputyRequests = [...state.deputyRequests, { id, of, mj: request.id }];
        out.deliver({ ...request, id });
      },
      (call, result) => out.reply(call, result),
    ),
  );
  state.nextDeputyId = deputy.data.nextEntry;
  const step = (next: DataEvent) => stepDeputy(state, deputy, next, env, out);
  for (const { from, message } of heard) {
    const isThere = partnerOf(state, from, env).status === 'partner';
    // It is back, and could not merge the change before the member is back as well.
    if (isThere && message.type === 'ios_updatepn') {
      const { gfid, group } = message.mj;
      out.send(from, { type: 'astray', gfid, group });
    }
    heardInPlace(state, from, message, step, env, out);
  }
}

/** Whether a deputy goes on without a parity IOM: it is stopped, or not up to date. */
const isWithout = (state: ResyncState, peer: Peer, env: ResyncEnv): boolean =>
  partnerOf(state, peer, env).status === 'replaced' || state.back.includes(peer);

/** What a parity IOM is to this data IOM it is to the deputies in it. */
export function stepDeputies(state: ResyncState, event: DataEvent, env: ResyncEnv, out: MemberSink): void {
  for (const deputy of state.deputies) stepDeputy(state, deputy, event, env, out);
}

/** A write in the place of a member, whose block is as it says at the parity IOM beside. */
export function writeFor(state: ResyncState, of: Peer, call: WriteCall, env: ResyncEnv, out: MemberSink): void {
  const deputy = state.deputies.find((each) => each.of === of);
  if (deputy === undefined || deputy.isClosing) out.reply(call.call, { outcome: 'elsewhere', toughness: 0 });
  else stepDeputy(state, deputy, call, env, out);
}

/** A parity IOM answers a deputy. */
export function hearInPlace(
  state: ResyncState,
  from: Peer,
  of: Peer,
  message: ToData,
  env: ResyncEnv,
  out: MemberSink,
): void {
  const deputy = state.deputies.find((each) => each.of === of);
  if (deputy === undefined) return;
  // Of what was given up, or is spoken for by another one now, an answer may come late; and one that comes before it is
  // known what is open there is said again with that.
  const isKnown =
    message.type === 'resolved' || (isHeard(deputy.data, from, env) && updateOf(deputy.data, message.mj) !== undefined);
  if (isKnown) stepDeputy(state, deputy, { type: 'message', from, message }, env, out);
}

export const isDeputyRequest = ({ deputyRequests }: ResyncState, id: number): boolean =>
  deputyRequests.some((each) => each.id === id);

/** The storage answers a deputy. */
export function answeredDeputy(
  state: ResyncState,
  answer: Exclude<StorageAnswer, { type: 'journaled' }>,
  env: ResyncEnv,
  out: MemberSink,
): void {
  const asked = state.deputyRequests.find(({ id }) => id === answer.id);
  if (asked === undefined) return;
  state.deputyRequests = state.deputyRequests.filter((other) => other !== asked);
  const deputy = state.deputies.find(({ of }) => of === asked.of);
  if (deputy !== undefined) stepDeputy(state, deputy, { ...answer, id: asked.mj }, env, out);
}

/** Let go of deputies that ended everything with everyone, and say so. */
export function dismiss(state: ResyncState, env: ResyncEnv, out: MemberSink): void {
  for (const deputy of state.deputies.filter(({ isClosing }) => isClosing)) {
    const { updates } = deputy.data;
    const isHeard = env.peers.every((peer, index) => {
      const { status, out: isOut } = partnerOf(state, peer, env);
      return (
        peer === deputy.of ||
        state.back.includes(peer) ||
        (isOut && status !== 'partner') ||
        deputy.data.peers[index] === 'known'
      );
    });
    if (updates.length > 0 || !isHeard) continue;
    state.deputies = state.deputies.filter((other) => other !== deputy);
    for (const peer of env.peers) if (partnerOf(state, peer, env).status === 'partner') sayOver(state, peer, env, out);
  }
}

/** For whom nothing is under way here any more of those who are back. */
export function sayOver(state: ResyncState, to: Peer, env: ResyncEnv, out: MemberSink): void {
  if (env.self === undefined) return;
  for (const of of state.back) {
    if (state.deputies.some((deputy) => deputy.of === of)) continue;
    out.send(to, { type: 'over', of, epoch: state.epoch });
  }
}
