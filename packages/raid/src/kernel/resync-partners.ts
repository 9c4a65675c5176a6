import { giveUpHalf } from './data-recovery.ts';
import { knownBlock, updatesOf } from './data-state.ts';
import { abandon } from './data-write.ts';
import type { Peer } from './journal.ts';
import { partnerOf as partnerIn } from './partners.ts';
import type { MemberSink, StaleBlock, ViewEvent } from './proxy-messages.ts';
import { stepData } from './resync-data.ts';
import { deputize, sayOver, stepDeputies } from './resync-deputies.ts';
import {
  isStaleHere,
  type Partner,
  partnerOf,
  type RestoringBlock,
  type ResyncEnv,
  type ResyncState,
} from './resync-state.ts';

/** A view is durable on everyone in it: go on without the parity IOMs it leaves out, and greet those who are back. */
export function viewChanged(state: ResyncState, view: ViewEvent, env: ResyncEnv, out: MemberSink): void {
  const before = env.peers.filter((peer) => partnerOf(state, peer, env).out);
  state.epoch = view.epoch;
  state.returning = view.returning;
  if (!view.returning) state.removed.clear();
  for (const peer of env.peers) {
    const partner = partnerOf(state, peer, env);
    partner.out = view.out.includes(peer);
    if (partner.out && partner.status !== 'replaced') {
      leave(state, peer, env, out);
      if (!env.proxyRules.mayDoWithoutParity(view.returning)) continue;
      partner.status = 'replaced';
      partner.heard = true;
      out.trace('parity is away', peer);
      speak(state, peer, true, env, out);
    } else if (!partner.out && partner.status === 'replaced') {
      leave(state, peer, env, out);
    } else if (partner.status === 'greeted') {
      // What was said in a view that the proxy came back after counts for nothing there.
      sayHello(state, peer, out);
    }
  }
  deputize(state, view, before, env, out);
  for (const peer of env.peers) if (partnerOf(state, peer, env).status === 'partner') sayOver(state, peer, env, out);
}

export function linkChanged(state: ResyncState, peer: Peer, up: boolean, env: ResyncEnv, out: MemberSink): void {
  const partner = partnerOf(state, peer, env);
  partner.linked = up;
  if (!up && partner.status !== 'replaced') leave(state, peer, env, out);
}

function leave(state: ResyncState, peer: Peer, env: ResyncEnv, out: MemberSink): void {
  const partner = partnerOf(state, peer, env);
  if (partner.status === 'replaced' && env.proxyRules.asksAgain()) askAgain(state, peer);
  if (partner.status === 'partner' || partner.status === 'replaced') speak(state, peer, false, env, out);
  partner.status = 'apart';
  state.reads = state.reads.filter(({ from }) => from !== peer);
  // What was asked of it is asked again when it is back.
  const isUnanswered = (block: RestoringBlock) =>
    (block.peer === peer || env.paritiesOf?.(block).includes(peer) === true) && block.stage === 'asked';
  for (const { gfid, lblk, group, slot, seq, peer: asked } of state.restoring.filter(isUnanswered)) {
    state.stale.set({ gfid, lblk, group, slot, seq, peer: asked });
  }
  state.restoring = state.restoring.filter((block) => !isUnanswered(block));
}

/** What was taken for merged because of a mark, and is not over, is to be merged by the parity IOM that is back. */
function askAgain({ data, deputies }: ResyncState, peer: Peer): void {
  for (const update of [data, ...deputies.map((deputy) => deputy.data)].flatMap(({ updates }) => [...updates])) {
    const partner = partnerIn(update, peer);
    if (partner !== undefined && update.stage === 'updating') partner.hardened = false;
  }
}

/** Say hello to every parity IOM that is there and was not spoken to, once the log and its blocks were looked at. */
export function greet(state: ResyncState, env: ResyncEnv, out: MemberSink): void {
  if (state.epoch < 0 || state.data.recovering) return;
  const isSilent = ({ status, out: isOut, linked }: Partner) => status === 'apart' && !isOut && linked;
  // Asked first: it is not so in almost every step, and a log may have left thousands of updates open.
  if (!state.partners.some(isSilent)) return;
  if (!state.data.updates.every(({ stage, verified }) => stage !== 'found' || verified)) return;
  for (const peer of env.peers) {
    const partner = partnerOf(state, peer, env);
    if (!isSilent(partner)) continue;
    partner.status = 'greeted';
    partner.greeting = state.epoch;
    sayHello(state, peer, out);
  }
}

function sayHello(state: ResyncState, peer: Peer, out: MemberSink): void {
  const stale = [...state.staleParity].filter((each) => each.peer === peer).map(({ gfid, group }) => ({ gfid, group }));
  out.trace('hello', peer, stale.length);
  out.send(peer, { type: 'hello', epoch: state.epoch, stale });
}

/** The parity IOM says which blocks changed while this member was away: what it knows of them itself counts no more. */
export function welcomed(
  state: ResyncState,
  peer: Peer,
  told: readonly StaleBlock[],
  env: ResyncEnv,
  out: MemberSink,
): void {
  for (const block of told) {
    const { gfid, lblk, group, slot, seq } = block;
    if (state.removed.has(gfid) && env.proxyRules.remembersRemoved()) continue;
    const here = knownBlock(state.data, block, env)?.seq ?? 0;
    if (env.proxyRules.isCurrent(here, seq)) {
      out.send(peer, { type: 'restored', gfid, lblk, seq: here });
      continue;
    }
    if (env.proxyRules.abortsStale()) {
      for (const update of [...updatesOf(state.data, block)]) {
        if (update.entry.second === undefined) abandon(state.data, update, env, out);
        else giveUpHalf(state.data, update, env, out);
      }
    }
    if (!isStaleHere(state, block)) state.stale.set({ gfid, lblk, group, slot, seq, peer });
  }
  Object.assign(partnerOf(state, peer, env), { status: 'partner', heard: true });
  speak(state, peer, true, env, out);
  sayOver(state, peer, env, out);
  // What another one could tell only with this one.
  for (const { sums, gfid, lblk, group, slot } of state.restoring) {
    const isWanted = sums.length === 1 && sums[0]!.from !== peer && env.paritiesOf?.({ gfid, group }).includes(peer);
    if (isWanted === true) out.send(peer, { type: 'restore', gfid, lblk, group, slot });
  }
}

/** This data IOM, and what it stands in for, speak with a parity IOM, or do no more. */
function speak(state: ResyncState, peer: Peer, up: boolean, env: ResyncEnv, out: MemberSink): void {
  stepData(state, { type: 'peer', peer, up }, env, out);
  stepDeputies(state, { type: 'peer', peer, up }, env, out);
}
