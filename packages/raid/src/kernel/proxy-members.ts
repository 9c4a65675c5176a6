import type { Peer } from './journal.ts';
import type { GroupName } from './named-table.ts';
import { forget, giveBack, memberLost, memberValue, restoreAsked } from './proxy-groups.ts';
import type { ProxySink, ToProxy, ViewEvent } from './proxy-messages.ts';
import { endBefore, endMarked, hearInPlace, receive, stepParity } from './proxy-parity.ts';
import { isPair, isStale, memberOf, type ProxyEnv, type ProxyState, peerOf } from './proxy-state.ts';

/** A view is durable on everyone in it: stand in for those it leaves out, make way for those who are back. */
export function viewChanged(state: ProxyState, view: ViewEvent, env: ProxyEnv, out: ProxySink): void {
  state.epoch = view.epoch;
  if (state.firstEpoch < 0) state.firstEpoch = view.epoch;
  state.returning = view.returning;
  state.out = view.out;
  state.back = view.back;
  for (const peer of env.peers) {
    const member = memberOf(state, peer, env);
    const isOut = view.out.includes(peer);
    if (isOut) {
      member.lastOut = view.epoch;
      member.over = [];
      member.isCleared = true;
    }
    if (isOut && (member.status === 'apart' || member.status === 'member')) standIn(state, peer, 'out', env, out);
    else if (isOut) member.status = 'out';
    else if (member.status === 'out') {
      member.status = 'leaving';
      giveBack(state, peer, env, out);
    }
  }
}

/** Take the place of a stopped member at the parity IOM, and ask what it has open of it. */
function standIn(state: ProxyState, peer: Peer, status: 'out' | 'leaving', env: ProxyEnv, out: ProxySink): void {
  leave(state, peer, env, out);
  memberOf(state, peer, env).status = status;
  out.trace('proxy stands in', peer);
  stepParity(state, { type: 'peer', peer, up: true }, env, out);
  stepParity(state, { type: 'message', from: peer, message: { type: 'resolve' } }, env, out);
}

/** Nobody speaks for this member any more. */
function leave(state: ProxyState, peer: Peer, env: ProxyEnv, out: ProxySink): void {
  const member = memberOf(state, peer, env);
  if (member.status !== 'apart') stepParity(state, { type: 'peer', peer, up: false }, env, out);
  member.status = 'apart';
  member.settled = false;
  state.held = state.held.filter(({ from }) => from !== peer);
  memberLost(state, peer, env);
}

export function linkChanged(state: ProxyState, peer: Peer, up: boolean, env: ProxyEnv, out: ProxySink): void {
  const member = memberOf(state, peer, env);
  member.linked = up;
  if (up) return;
  for (const other of state.members) other.asking = other.asking.filter((each) => each !== peer);
  member.early = [];
  member.hello = undefined;
  if (member.status === 'member') leave(state, peer, env, out);
}

export function heard(state: ProxyState, from: Peer, message: ToProxy, env: ProxyEnv, out: ProxySink): void {
  const member = memberOf(state, from, env);
  if (message.type === 'hello') {
    member.hello = { epoch: message.epoch, stale: message.stale };
    return;
  }
  switch (message.type) {
    case 'restore':
      restoreAsked(state, message);
      break;
    case 'restored':
      forget(state, message, out);
      break;
    case 'member_value':
      memberValue(state, message);
      break;
    case 'in_place':
      member.early = [...member.early, message];
      break;
    case 'astray':
      astray(state, message, env, out);
      break;
    case 'over': {
      const of = memberOf(state, env.memberNamed?.(message.of) ?? message.of, env);
      if (message.epoch > of.lastOut && !of.over.includes(from)) of.over = [...of.over, from];
      break;
    }
    default:
      receive(state, from, message, env, out);
  }
}

/** Hear those who speak for members that are stopped here as well: a view may be known there first. */
function hearEarly(state: ProxyState, env: ProxyEnv, out: ProxySink): void {
  for (const [index, member] of state.members.entries()) {
    while (member.early[0] !== undefined) {
      const { of: name, message } = member.early[0];
      const of = env.memberNamed?.(name) ?? name;
      const { status } = memberOf(state, of, env);
      if (status !== 'out' && status !== 'leaving') break;
      member.early = member.early.slice(1);
      hearInPlace(state, env.peers[index]!, of, message, env, out);
    }
  }
}

/** Somebody wrote in a group without this parity, since it is not up to date. */
function astray(state: ProxyState, { gfid, group }: GroupName, env: ProxyEnv, out: ProxySink): void {
  const name = { gfid, group };
  if (!isStale(state, name)) state.stale.set(name);
  for (const { peer } of env.membersOf(name)) {
    if (memberOf(state, peer, env).status !== 'member') endBefore(state, peer, name, env, out);
  }
}

/** Make way for members whose place nobody needs any more, and welcome those that said hello. */
export function settleMembers(state: ProxyState, env: ProxyEnv, out: ProxySink): void {
  hearEarly(state, env, out);
  for (const peer of env.peers) {
    const member = memberOf(state, peer, env);
    if (member.status === 'apart' && mayBeSpokenFor(state, peer, env)) {
      standIn(state, peer, 'leaving', env, out);
      member.isCleared = true;
    }
    if (member.status === 'leaving' && (isDrained(state, peer, env) || !env.proxyRules.drainsFirst())) {
      leave(state, peer, env, out);
    }
    if (member.status === 'apart' && member.linked && !state.parity.recovering) welcome(state, peer, env, out);
  }
}

/** Whether somebody who was there before this life may still speak in the place of a member that is back. */
const mayBeSpokenFor = (state: ProxyState, peer: Peer, env: ProxyEnv): boolean =>
  env.pairOf !== undefined &&
  state.back.includes(peer) &&
  !memberOf(state, peer, env).isCleared &&
  !state.parity.recovering;

const isDrained = (state: ProxyState, peer: Peer, env: ProxyEnv): boolean =>
  !state.operations.some((operation) => operation.kind !== 'encode' && peerOf(operation, env) === peer) &&
  !state.ending.some(({ from }) => from === peer) &&
  isOver(state, peer, env) &&
  // Of what nobody speaks for any more it does so itself.
  !(
    wasOut(state, peer, env) && state.parity.updates.some(({ entry }) => entry.from === peer && !isPair(entry.mj, env))
  );

/** Whether a member was stopped in this life: what it had open is ended in its place. */
const wasOut = (state: ProxyState, peer: Peer, env: ProxyEnv): boolean => memberOf(state, peer, env).lastOut >= 0;

/** Whether everyone who may speak for a member has ended that. */
function isOver(state: ProxyState, peer: Peer, env: ProxyEnv): boolean {
  if (env.pairOf === undefined) return true;
  const { over } = memberOf(state, peer, env);
  return env.peers.every(
    (other) => other === peer || state.out.includes(other) || state.back.includes(other) || over.includes(other),
  );
}

function welcome(state: ProxyState, peer: Peer, env: ProxyEnv, out: ProxySink): void {
  const member = memberOf(state, peer, env);
  const { hello } = member;
  if (hello === undefined || hello.epoch > state.epoch) return;
  // One from before this life does not say what changed while the proxy was away, and is said again; one from before the
  // view left the member out is from a life of it that is over.
  if (hello.epoch < state.firstEpoch || hello.epoch <= member.lastOut) return;
  member.hello = undefined;
  member.heard = true;
  member.status = 'member';
  for (const name of hello.stale) {
    if (!isStale(state, name)) state.stale.set(name);
    endBefore(state, peer, name, env, out);
  }
  if (env.proxyRules.endsMarked()) endMarked(state, peer, env, out);
  const stale = [...state.marks].filter((each) => env.membersOf(each)[each.slot]?.peer === peer);
  out.trace('welcome', peer, stale.length);
  out.send(peer, { type: 'welcome', epoch: hello.epoch, stale });
  stepParity(state, { type: 'peer', peer, up: true }, env, out);
}
