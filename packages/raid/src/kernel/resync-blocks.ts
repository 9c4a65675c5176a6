import type { Handle } from '@holdfast/kernel';
import { restoresInFlightMax, writesWaitingMax } from '../limits.ts';
import { giveAddress, takeAddress } from './address-pool.ts';
import { apply, blockOf, type WriteCall } from './data-state.ts';
import { type Address, noAddress, type Peer } from './journal.ts';
import {
  type AppliedRequest,
  anySeq,
  isBlock,
  type MemberSink,
  type ProxyAnswer,
  type ProxyEntry,
  type ToMember,
} from './proxy-messages.ts';
import { stepData } from './resync-data.ts';
import { partnerOf, type ResyncEnv, type ResyncState, type StaleHere, staleHere } from './resync-state.ts';

/** A call goes to the data IOM at once, or waits for its block or its parity IOM. */
export function called(state: ResyncState, call: WriteCall, out: MemberSink): void {
  if (state.calls.length >= writesWaitingMax) out.reply(call.call, { outcome: 'busy', toughness: 0 });
  else state.calls = [...state.calls, call];
}

/** Hand over the calls that need wait no more, in order for each block. */
export function admit(state: ResyncState, env: ResyncEnv, out: MemberSink): void {
  const waiting: WriteCall[] = [];
  for (const call of state.calls) {
    const { status } = partnerOf(state, call.parity, env);
    const isServed = status === 'partner' || status === 'replaced';
    const isStale = env.proxyRules.holdsStale() && staleHere(state, call) !== undefined;
    const isBehind = waiting.some((other) => isBlock(other, call));
    if (!isServed || isStale || isBehind) waiting.push(call);
    else stepData(state, call, env, out);
  }
  state.calls = waiting;
}

/** Ask for stale blocks, those first that a call waits for, and take in what came. */
export function restore(state: ResyncState, env: ResyncEnv, out: MemberSink): void {
  const isWanted = (block: StaleHere) => state.calls.some((call) => isBlock(call, block));
  const inOrder = [...state.stale.filter(isWanted), ...state.stale.filter((block) => !isWanted(block))];
  let underWay = state.stale.filter(({ stage }) => stage !== 'waiting').length;
  for (const block of inOrder) {
    if (block.stage === 'taking') place(state, block, out);
    if (block.stage !== 'waiting' || underWay >= restoresInFlightMax) continue;
    if (partnerOf(state, block.peer, env).status !== 'partner') continue;
    underWay++;
    block.stage = 'asked';
    const { gfid, lblk, group, slot } = block;
    out.send(block.peer, { type: 'restore', gfid, lblk, group, slot });
  }
}

export function restoreCame(
  state: ResyncState,
  came: {
    readonly gfid: number;
    readonly lblk: number;
    readonly seq: number;
    readonly value: Handle;
    readonly applied: readonly AppliedRequest[];
  },
): void {
  const block = staleHere(state, came);
  if (block?.stage !== 'asked') return;
  Object.assign(block, { stage: 'taking', found: came.seq, value: came.value, applied: came.applied });
}

function place(state: ResyncState, block: StaleHere, out: MemberSink): void {
  const newAddress = takeAddress(state.data.pool);
  if (newAddress === undefined) return;
  block.address = newAddress;
  block.stage = 'placing';
  out.deliver({ type: 'encode', id: block.id, newAddress, parts: [block.value] });
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
  const block = state.stale.find(({ id }) => id === event.id);
  if (block === undefined) return;
  if (event.type === 'combined') {
    block.checksum = event.checksum;
    block.stage = 'hardening';
    out.deliver({ type: 'harden', id: block.id, address: block.address });
    if (!env.proxyRules.hardensFirst()) journalRestored(block, out);
  } else if (event.type === 'hardened' && block.stage === 'hardening') journalRestored(block, out);
}

function journalRestored(block: StaleHere, out: MemberSink): void {
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
  const block = staleHere(state, entry);
  if (block === undefined) return;
  state.stale = state.stale.filter((other) => other !== block);
  giveAddress(state.data.pool, applyRestored(state, entry));
  const { gfid, lblk, seq } = entry;
  if (partnerOf(state, block.peer, env).status === 'partner') {
    out.send(block.peer, { type: 'restored', gfid, lblk, seq });
  }
}

/** The block is what the others of its group said; the address it had. */
function applyRestored(state: ResyncState, entry: Extract<ProxyEntry, { type: 'restored' }>): Address {
  const old = blockOf(state.data, entry).address;
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
    apply(state.data, { ...mj, ...write });
  }
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

/** Read the blocks that proxies ask for, as soon as each has the version asked for. */
export function serveReads(state: ResyncState, env: ResyncEnv, out: MemberSink): void {
  for (const read of state.reads) {
    if (read.reading || staleHere(state, read) !== undefined) continue;
    const block = state.data.blocks.find((other) => isBlock(other, read));
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
