import type { Handle } from '@holdfast/kernel';
import { removedKnownMax, restoresInFlightMax, writesWaitingMax } from '../limits.ts';
import { giveAddress, takeAddress } from './address-pool.ts';
import { apply, blockOf, knownBlock, type WriteCall } from './data-state.ts';
import { type Address, noAddress, type Peer, parityPeers } from './journal.ts';
import { type GroupName, isBlock } from './named-table.ts';
import { anySeq, type MemberSink, type ProxyAnswer, type ProxyEntry, type ToMember } from './proxy-messages.ts';
import { stepData } from './resync-data.ts';
import {
  isStaleHere,
  partnerOf,
  type RestoredSum,
  type RestoringBlock,
  type ResyncEnv,
  type ResyncState,
  type StaleHere,
} from './resync-state.ts';

/** A call goes to the data IOM at once, or waits for its block or its parity IOM. */
export function called(state: ResyncState, call: WriteCall, out: MemberSink): void {
  if (state.calls.length >= writesWaitingMax) out.reply(call.call, { outcome: 'busy', toughness: 0 });
  else state.calls = [...state.calls, call];
}

/** Hand over the calls that need wait no more, in order for each block. */
export function admit(state: ResyncState, env: ResyncEnv, out: MemberSink): void {
  const waiting: WriteCall[] = [];
  for (const call of state.calls) {
    const statuses = parityPeers(call).map((peer) => partnerOf(state, peer, env).status);
    const isServed = statuses.every((status) => status === 'partner' || status === 'replaced');
    const isStale = env.proxyRules.holdsStale() && isStaleHere(state, call);
    const isBehind = waiting.some((other) => isBlock(other, call));
    if (!isServed || isStale || isBehind) waiting.push(call);
    else stepData(state, call, env, out);
  }
  state.calls = waiting;
}

/** Ask for stale blocks, those first that a call waits for, and take in what came. */
export function restore(state: ResyncState, env: ResyncEnv, out: MemberSink): void {
  for (const block of state.restoring) if (block.stage === 'taking') place(state, block, env, out);
  if (state.stale.size === 0) return;
  const wanted = state.calls.flatMap((call) => state.stale.get(call) ?? []);
  for (const block of [wanted, state.stale].flatMap((blocks) => [...blocks])) {
    if (state.restoring.length >= restoresInFlightMax) return;
    const { gfid, lblk, group, slot } = block;
    const peer = sourceOf(state, block, env);
    if (partnerOf(state, peer, env).status !== 'partner' || !state.stale.delete(block)) continue;
    // As it is before: once it is on record where the block is, the map says so, and its old place would not be known.
    blockOf(state.data, block, env);
    const fresh = { stage: 'asked', found: 0, value: 0, sums: [], applied: [], address: 0, checksum: 0 } as const;
    state.restoring = [...state.restoring, { ...block, peer, id: state.nextId++, ...fresh }];
    out.send(peer, { type: 'restore', gfid, lblk, group, slot });
  }
}

/**
 * Who is asked for a stale block: not a parity IOM that is back itself while another one of the group is up to date. Its
 * parity may be one that is to be computed anew, from this very block.
 */
function sourceOf(state: ResyncState, block: StaleHere, env: ResyncEnv): Peer {
  const isCurrent = (peer: Peer) => !state.back.includes(peer) && !partnerOf(state, peer, env).out;
  if (isCurrent(block.peer)) return block.peer;
  return env.paritiesOf?.(block).find(isCurrent) ?? block.peer;
}

export function restoreCame(
  state: ResyncState,
  from: Peer,
  came: Extract<ToMember, { type: 'restore_value' }>,
  env: ResyncEnv,
  out: MemberSink,
): void {
  const block = state.restoring.find((each) => isBlock(each, came));
  if (block?.stage !== 'asked') return;
  if (came.beside !== undefined) {
    sumCame(state, block, from, { ...came, beside: came.beside }, env, out);
    return;
  }
  Object.assign(block, { stage: 'taking', found: came.seq, value: came.value, applied: came.applied });
}

/** One parity alone does not tell the block: the other one does with it, when both are of one version. */
function sumCame(
  state: ResyncState,
  block: RestoringBlock,
  from: Peer,
  { value, seq, beside, applied }: Pick<RestoredSum, 'value' | 'seq' | 'beside'> & Pick<RestoringBlock, 'applied'>,
  env: ResyncEnv,
  out: MemberSink,
): void {
  const { gfid, lblk, group, slot } = block;
  const isSame = (sum: RestoredSum) =>
    sum.from !== from && sum.seq === seq && sum.beside.slot === beside.slot && sum.beside.seq === beside.seq;
  const known = block.sums.filter(isSame);
  block.sums = [...known, { from, value, seq, beside }];
  if (known.length > 0) {
    Object.assign(block, { stage: 'taking', found: seq, applied });
    return;
  }
  const other = env.paritiesOf?.(block).find((peer) => peer !== from);
  if (other === undefined || partnerOf(state, other, env).status !== 'partner') return;
  out.send(other, { type: 'restore', gfid, lblk, group, slot });
}

function place(state: ResyncState, block: RestoringBlock, env: ResyncEnv, out: MemberSink): void {
  const newAddress = takeAddress(state.data.pool);
  if (newAddress === undefined) return;
  // Known from before the entry, so that the address that is given up then is the old one: a map may know the new one first.
  blockOf(state.data, block, env);
  block.address = newAddress;
  block.stage = 'placing';
  const { id, slot, value, sums } = block;
  const [first] = env.paritiesOf?.(block) ?? [];
  const p = sums.find(({ from }) => from === first);
  const q = sums.find(({ from }) => from !== first);
  if (p === undefined || q === undefined || value !== 0) {
    out.deliver({ type: 'encode', id, newAddress, parts: [value] });
    return;
  }
  out.deliver({ type: 'solve', id, newAddress, p: p.value, q: q.value, slot, other: p.beside.slot });
}

/** What the storage said of a block that is restored, or of one that is read for a proxy. */
export function answered(
  state: ResyncState,
  event: Exclude<ProxyAnswer, { type: 'journaled' }>,
  env: ResyncEnv,
  out: MemberSink,
): void {
  if (event.type === 'difference') {
    readDone(state, event.id, event.delta, out);
    return;
  }
  const block = state.restoring.find(({ id }) => id === event.id);
  if (block === undefined) return;
  if (event.type === 'combined') {
    block.checksum = event.checksum;
    block.stage = 'hardening';
    out.deliver({ type: 'harden', id: block.id, address: block.address });
    if (!env.proxyRules.hardensFirst()) journalRestored(state, block, env, out);
  } else if (event.type === 'hardened' && block.stage === 'hardening') journalRestored(state, block, env, out);
}

function journalRestored(state: ResyncState, block: RestoringBlock, env: ResyncEnv, out: MemberSink): void {
  // Looked up now: the map may have the new place as soon as the entry is on its way, and then that would be given up.
  blockOf(state.data, block, env);
  const { id, gfid, lblk, group, slot, found: seq, address, checksum, applied } = block;
  block.stage = 'journaling';
  out.deliver({
    type: 'journal',
    entry: { type: 'restored', id, gfid, lblk, group, slot, seq, address, checksum, applied },
  });
}

/** An entry of the resync is durable. */
export function journaledHere(
  state: ResyncState,
  entry: Extract<ProxyAnswer, { type: 'journaled' }>['entry'],
  env: ResyncEnv,
  out: MemberSink,
): void {
  if (entry.type !== 'restored') return;
  const block = state.restoring.find((each) => isBlock(each, entry));
  if (block === undefined) return;
  state.restoring = state.restoring.filter((other) => other !== block);
  giveAddress(state.data.pool, applyRestored(state, entry, env));
  const { gfid, lblk, group, slot, seq } = entry;
  if (block.seq > seq) {
    // Meanwhile an update of it ended at its parity alone.
    state.stale.set({ gfid, lblk, group, slot, seq: block.seq, peer: block.peer });
    return;
  }
  // Whichever of them marked it, and whichever was asked.
  for (const peer of env.paritiesOf?.(block) ?? [block.peer]) {
    if (partnerOf(state, peer, env).status === 'partner') out.send(peer, { type: 'restored', gfid, lblk, seq });
  }
}

/** The block is what the others of its group said; the address it had. */
function applyRestored(state: ResyncState, entry: Extract<ProxyEntry, { type: 'restored' }>, env: ResyncEnv): Address {
  const block = blockOf(state.data, entry, env);
  const old = block.address;
  const { gfid, lblk, group, slot, seq, address, checksum } = entry;
  for (const { client, request } of entry.applied) {
    const write = { client, request, writeStart: 0, writeBytes: 0, parity: 0 };
    const mj = {
      type: 'mj',
      mj: 0,
      gfid,
      lblk,
      group,
      slot,
      seq,
      newAddress: address,
      oldAddress: old,
      checksum,
    } as const;
    apply(state.data, { ...mj, ...write }, env);
  }
  // One that nobody is known to have written.
  Object.assign(block, { address, seq });
  return old;
}

/** A proxy asks for a block. */
export function readAsked(state: ResyncState, from: Peer, read: Extract<ToMember, { type: 'member_read' }>): void {
  const { question, gfid, lblk, group, slot, seq } = read;
  state.reads = [
    ...state.reads,
    { gfid, lblk, group, slot, seq, from, question, id: state.nextId++, reading: false, found: 0 },
  ];
}

/**
 * Whether a block is up to date where it is not known to be stale: of two parity IOMs only one may know that it changed, when
 * the other one was away as well.
 */
function isSure(state: ResyncState, name: GroupName, env: ResyncEnv): boolean {
  if (!env.proxyRules.hearsBoth()) return true;
  const parities = (env.paritiesOf?.(name) ?? []).map((peer) => partnerOf(state, peer, env));
  return parities.every(({ heard, out }) => heard || out);
}

/** Read the blocks that proxies ask for, as soon as each has the version asked for. */
export function serveReads(state: ResyncState, env: ResyncEnv, out: MemberSink): void {
  for (const read of state.reads) {
    if (read.reading || isStaleHere(state, read) || !isSure(state, read, env)) continue;
    const block = knownBlock(state.data, read, env);
    const seq = block?.seq ?? 0;
    if (read.seq !== anySeq && !env.proxyRules.isVersion(seq, read.seq)) continue;
    read.reading = true;
    read.found = seq;
    const newAddress = block?.address ?? noAddress;
    out.deliver({ type: 'difference', id: read.id, oldAddress: noAddress, newAddress });
  }
}

function readDone(state: ResyncState, id: number, value: Handle, out: MemberSink): void {
  const read = state.reads.find((each) => each.id === id);
  if (read === undefined) return;
  state.reads = state.reads.filter((other) => other !== read);
  const { from, question, gfid, group, slot, found: seq } = read;
  out.send(from, { type: 'member_value', question, gfid, group, slot, seq, value });
}

/** Nothing of a removed object is restored any more; what is on its way to the disk ends as it is. */
export function objectRemoved(state: ResyncState, gfid: number): void {
  if (state.returning && state.removed.size < removedKnownMax) state.removed.add(gfid);
  for (const block of [...state.stale]) if (block.gfid === gfid) state.stale.delete(block);
  for (const name of [...state.staleParity]) if (name.gfid === gfid) state.staleParity.delete(name);
  state.restoring = state.restoring.filter((block) => block.gfid !== gfid || block.stage !== 'asked');
  state.reads = state.reads.filter((read) => read.gfid !== gfid || read.reading);
}
