import type { Handle } from '@holdfast/kernel';
import { writesWaitingMax } from '../limits.ts';
import { giveAddress, retireAddress, retired, takeAddress } from './address-pool.ts';
import {
  appliedRequest,
  apply,
  blockOf,
  type DataBlock,
  type DataEnv,
  type DataState,
  type DataUpdate,
  updateOf,
  updatesOf,
  type WriteCall,
} from './data-state.ts';
import type { DataSink } from './iom-messages.ts';
import { type EndEntry, type JournalEntry, type MjEntry, noAddress, type Peer, parityPeers } from './journal.ts';
import { byBlock, type NameKey } from './named-table.ts';
import { freshPartners, type Partner, powerAt } from './partners.ts';

/** Take a call in: it begins when its block, its parity IOM and an address are free. */
export function submit(state: DataState, call: WriteCall, env: DataEnv, out: DataSink): void {
  const isAsked = ({ entry }: DataUpdate) => entry.client === call.client && entry.request === call.request;
  const open = updatesOf(state, call).find(isAsked);
  if (open !== undefined && env.rules.isRetry(call.request, open.entry.request)) {
    // The caller asks again: it is answered once the update is as far as it wants.
    open.call = call.call;
    open.toughness = call.toughness;
    answer(open, env, out);
  } else if (state.waiting.length === writesWaitingMax) {
    out.reply(call.call, { outcome: 'busy', toughness: 0 });
  } else {
    const isSame = (other: WriteCall) => other.client === call.client && other.request === call.request;
    state.waiting = [...state.waiting.filter((other) => !isSame(other)), call];
  }
}

/** Begin every waiting write that can, in order for each block (law L6). */
export function admit(state: DataState, env: DataEnv, out: DataSink): void {
  if (state.recovering || state.waiting.length === 0) return;
  const blocked = new Set<NameKey>();
  for (const call of [...state.waiting]) {
    const name = byBlock.key(call);
    if (blocked.has(name) || !begin(state, call, env, out)) blocked.add(name);
    else state.waiting = state.waiting.filter((other) => other !== call);
  }
}

function begin(state: DataState, call: WriteCall, env: DataEnv, out: DataSink): boolean {
  const { rules } = env;
  const isHeard = parityPeers(call).every((peer) => isKnown(state, peer, env));
  if (rules.waitsForPeer() && !isHeard) return false;
  if (updatesOf(state, call).length > 0 && rules.waitsForBlock()) return false;
  const block = blockOf(state, call, env);
  if (rules.isRetry(call.request, appliedRequest(block, call.client))) {
    out.reply(call.call, { outcome: 'done', toughness: 2 });
    return true;
  }
  if (call.old !== undefined) return beginAway(state, call, call.old, block, env, out);
  const newAddress = state.pool.free.length > env.reserve ? takeAddress(state.pool) : undefined;
  if (newAddress === undefined) return false;
  const { type: _, call: __, payload, toughness: asked, ...rest } = call;
  const toughness = parityPeers(call).length === 0 ? rules.toughnessAlone(asked) : asked;
  const { address: oldAddress } = block;
  const mj = state.nextEntry++;
  const entry = { type: 'mj', mj, ...rest, newAddress, oldAddress, seq: block.seq + 1, checksum: 0 } as const;
  state.updates.add({ ...freshUpdate(entry), stage: 'preparing', call: call.call, toughness });
  const { writeStart, writeBytes } = call;
  out.trace('d1 read old data', mj);
  out.deliver({ type: 'prepare', id: mj, oldAddress, newAddress, payload, writeStart, writeBytes });
  return true;
}

/** In the place of another data IOM: only what was read of the block before, and that by nobody else meanwhile, can be changed. */
function beginAway(
  state: DataState,
  { type: _, call, payload, toughness: __, old: ___, ...rest }: WriteCall,
  old: NonNullable<WriteCall['old']>,
  block: DataBlock,
  { rules }: DataEnv,
  out: DataSink,
): boolean {
  if (block.seq > 0 && block.seq !== old.seq && rules.isOutdated()) {
    out.reply(call, { outcome: 'elsewhere', toughness: 0 });
    return true;
  }
  const mj = state.nextEntry++;
  const addresses = { newAddress: noAddress, oldAddress: noAddress };
  const entry = { type: 'mj', mj, ...rest, ...addresses, seq: old.seq + 1, checksum: 0 } as const;
  state.updates.add({ ...freshUpdate(entry), stage: 'preparing', call, toughness: 2, away: true });
  const { writeStart, writeBytes } = rest;
  out.deliver({ type: 'prepare', id: mj, ...addresses, payload, writeStart, writeBytes, old: old.value });
  return true;
}

export const freshUpdate = (entry: MjEntry) =>
  ({
    entry,
    delta: 0,
    journaled: false,
    hardened: false,
    verified: false,
    partners: freshPartners(entry),
    call: 0,
    toughness: 0,
    away: false,
  }) as const;

/** The new block is whole, and its checksum known: journal it, write it, tell the parity IOM (steps d3 to d7). */
export function prepared(
  state: DataState,
  update: DataUpdate,
  checksum: number,
  delta: Handle,
  env: DataEnv,
  out: DataSink,
): void {
  const { mj, newAddress } = update.entry;
  update.stage = 'updating';
  update.entry = { ...update.entry, checksum };
  update.delta = delta;
  if (update.away) {
    standAlone(update);
    sendMissing(state, update, env, out);
    return;
  }
  out.trace('d3 journal mj', mj);
  out.deliver({ type: 'journal', entry: update.entry });
  out.trace('d5 write data', mj);
  out.deliver({ type: 'harden', id: mj, address: newAddress });
  answer(update, env, out);
  sendMissing(state, update, env, out);
}

/** It goes on, and there is no data half that could be missing. */
export function standAlone(update: DataUpdate): void {
  update.stage = 'updating';
  update.journaled = true;
  update.hardened = true;
}

/** Send the update to each of its parity IOMs that is there and does not have it. */
export function sendMissing(state: DataState, update: DataUpdate, env: DataEnv, out: DataSink): void {
  for (const partner of update.partners) {
    if (!partner.sent && !partner.hardened && isKnown(state, partner.peer, env)) sendUpdate(update, partner, env, out);
  }
}

export function sendUpdate(update: DataUpdate, partner: Partner, { push }: DataEnv, out: DataSink): void {
  const { entry, delta } = update;
  partner.sent = true;
  out.trace('d7 ios_updatepn', entry.mj);
  const isScaled = powerAt(entry, partner.peer) !== undefined;
  out.send(partner.peer, {
    type: 'ios_updatepn',
    mj: entry,
    delta: push ? delta : 0,
    ...(isScaled && { code: 'q' }),
  });
}

/** D1 is on disk: the cnode or indirect gets its address (step d12). */
export function blockHardened(update: DataUpdate, out: DataSink): void {
  const { mj, newAddress } = update.entry;
  update.hardened = true;
  out.trace('d12 mark cnode', mj);
  out.deliver({ type: 'mark', id: mj, address: newAddress });
}

export function journaled(state: DataState, entry: JournalEntry): void {
  if (entry.type === 'mj') {
    const update = updateOf(state, entry.mj);
    if (update !== undefined) update.journaled = true;
  } else if (entry.type === 'mj_complete' || entry.type === 'mj_abort') {
    retired(state.pool, entry.id);
  }
}

/** Go on as far as an update can: tell, answer, end. */
export function settle(state: DataState, update: DataUpdate, env: DataEnv, out: DataSink): void {
  const { rules } = env;
  if (update.stage !== 'updating') return;
  for (const partner of update.partners) {
    const others = update.partners.filter((other) => other !== partner).map(({ hardened }) => hardened);
    const mayTell = rules.mayTellData(update, rules.agree('tell', others));
    if (!partner.told && partner.sent && isKnown(state, partner.peer, env) && mayTell)
      tellHardened(update, partner, out);
  }
  answer(update, env, out);
  const isParityHardened = rules.agree(
    'complete',
    update.partners.map(({ hardened }) => hardened),
  );
  if (rules.mayCompleteData(update, isParityHardened, isFirst(state, update))) complete(state, update, env, out);
}

/**
 * Whether no earlier update of the block is open. After a restart one may be: the end of it was not durable, and the
 * entry of the next one is known from its pj.
 */
const isFirst = (state: DataState, { entry: of }: DataUpdate): boolean =>
  !updatesOf(state, of).some(({ entry }) => entry.seq < of.seq);

function tellHardened(update: DataUpdate, partner: Partner, out: DataSink): void {
  partner.told = true;
  out.trace('d13 data hardened', update.entry.mj);
  out.send(partner.peer, { type: 'data_hardened', mj: update.entry.mj, ...(update.away && { away: true }) });
}

function answer(update: DataUpdate, { rules }: DataEnv, out: DataSink): void {
  const { call, toughness, partners, stage } = update;
  if (call === 0 || stage === 'preparing') return;
  const isHeld = rules.agree(
    'hold',
    partners.map(({ deltaHeld, hardened }) => deltaHeld || hardened),
  );
  const isParityHardened = rules.agree(
    'answer',
    partners.map(({ hardened }) => hardened),
  );
  if (!rules.mayAnswer(toughness, update, isHeld, isParityHardened)) return;
  update.call = 0;
  out.trace(`reply at toughness ${toughness}`, update.entry.mj);
  out.reply(call, { outcome: 'done', toughness });
}

/** Both halves are on disk (step d15). */
function complete(state: DataState, update: DataUpdate, env: DataEnv, out: DataSink): void {
  const { entry } = update;
  if (update.away) {
    // Of its own blocks a data IOM hears where they are once they were made again.
    if (env.isDeputy === true) apply(state, entry, env);
    state.updates.delete(update);
    return;
  }
  apply(state, entry, env);
  end(state, update, 'mj_complete', entry.oldAddress, env, out);
}

/** The write does not count: its block is given up. */
export function abandon(state: DataState, update: DataUpdate, env: DataEnv, out: DataSink): void {
  if (update.journaled) {
    end(state, update, 'mj_abort', update.entry.newAddress, env, out);
    return;
  }
  state.updates.delete(update);
  if (!update.away) giveAddress(state.pool, update.entry.newAddress);
}

function end(
  state: DataState,
  update: DataUpdate,
  type: EndEntry['type'],
  givenUp: number,
  { rules }: DataEnv,
  out: DataSink,
): void {
  const { mj } = update.entry;
  state.updates.delete(update);
  if (rules.retiresDurably()) retireAddress(state.pool, givenUp, mj);
  else giveAddress(state.pool, givenUp);
  out.trace(type === 'mj_complete' ? 'd15 mj_complete' : type, mj);
  out.deliver({ type: 'journal', entry: { type, id: mj } });
}

export const isKnown = (state: DataState, peer: Peer, env: DataEnv): boolean =>
  state.peers[env.peers.indexOf(peer)] === 'known';
