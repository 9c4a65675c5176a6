import { dataIom } from './data-iom.ts';
import { type DataEvent, knownBlock, updateOf } from './data-state.ts';
import type { ToParity } from './iom-messages.ts';
import type { MjEntry, Peer } from './journal.ts';
import { type GroupName, isBlock } from './named-table.ts';
import { innerSink, type MemberSink, type ProxyRequest } from './proxy-messages.ts';
import { type BlankParity, partnerOf, type ResyncEnv, type ResyncState } from './resync-state.ts';

/** What a data IOM says to a parity IOM. */
export interface Heard {
  readonly from: Peer;
  readonly message: ToParity;
}

/** Let the data IOM take a step. What it says to a parity IOM that is stopped is answered here, in its place. */
export function stepData(state: ResyncState, event: DataEvent, env: ResyncEnv, out: MemberSink): void {
  const heard: Heard[] = [];
  const send = (to: Peer, message: ToParity) => {
    if (partnerOf(state, to, env).status === 'replaced') heard.push({ from: to, message });
    else out.send(to, message);
    if (message.type === 'data_hardened' && message.away === true) {
      const update = updateOf(state.data, message.mj);
      if (update !== undefined) madeElsewhere(state, to, update.entry, env, out);
    }
  };
  const deliver = (request: ProxyRequest) => out.deliver(request);
  dataIom.step(
    state.data,
    event,
    env,
    innerSink(out, send, deliver, (call, result) => out.reply(call, result)),
  );
  const step = (next: DataEvent) => stepData(state, next, env, out);
  for (const { from, message } of heard) heardInPlace(state, from, message, step, env, out);
}

/**
 * An update of a block of this member has ended at a parity IOM that has it on record now as one to be made again: it is,
 * unless what is here, or comes, has the update.
 */
function madeElsewhere(state: ResyncState, peer: Peer, mj: MjEntry, env: ResyncEnv, out: MemberSink): void {
  const { gfid, lblk, group, slot, seq } = mj;
  const open = state.restoring.find((each) => isBlock(each, mj)) ?? state.stale.get(mj);
  const here = knownBlock(state.data, mj, env)?.seq ?? 0;
  if (open !== undefined) Object.assign(open, { seq: Math.max(open.seq, seq) });
  else if (env.proxyRules.isCurrent(here, seq)) out.send(peer, { type: 'restored', gfid, lblk, seq: here });
  else state.stale.set({ gfid, lblk, group, slot, seq, peer });
}

/**
 * In the place of a parity IOM that is stopped: it has nothing open, and an update is as good as merged when it is on
 * record that the parity of its group is stale.
 */
export function heardInPlace(
  state: ResyncState,
  peer: Peer,
  message: ToParity,
  step: (event: DataEvent) => void,
  env: ResyncEnv,
  out: MemberSink,
): void {
  if (message.type === 'resolve') {
    step({ type: 'message', from: peer, message: { type: 'resolved', open: [] } });
  } else if (message.type === 'ios_updatepn') {
    markParity(state, peer, message.mj, env, out);
    // The end of the update comes behind the mark in the log: what has ended is marked, and what has not is done again.
    step({ type: 'message', from: peer, message: { type: 'parity_hardened', mj: message.mj.mj } });
  }
}

/** Parity of a group is not what its blocks say: known from now on, and on record. */
function markParity(state: ResyncState, peer: Peer, { gfid, group }: GroupName, env: ResyncEnv, out: MemberSink): void {
  if (state.staleParity.has({ gfid, group, peer })) return;
  state.staleParity.set({ gfid, group, peer });
  out.trace('parity stale', group);
  const entry = { type: 'stale', id: state.nextId++, gfid, group, parity: peer } as const;
  if (env.proxyRules.marksParity()) out.deliver({ type: 'journal', entry });
}

/** A parity IOM will come back with nothing: parity of all these groups is as good as not there. */
export function parityBlank(state: ResyncState, { peer, groups }: BlankParity, env: ResyncEnv, out: MemberSink): void {
  for (const name of groups) markParity(state, peer, name, env, out);
}

/** Parity of the group is right again. */
export function parityFresh(state: ResyncState, peer: Peer, { gfid, group }: GroupName, out: MemberSink): void {
  if (!state.staleParity.delete({ gfid, group, peer })) return;
  out.deliver({ type: 'journal', entry: { type: 'fresh', id: state.nextId++, gfid, group, parity: peer } });
}
