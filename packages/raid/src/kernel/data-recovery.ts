import { ProtocolError } from '@holdfast/kernel';
import { poolWithout, takeAddress } from './address-pool.ts';
import {
  apply,
  blockOf,
  type DataBlock,
  type DataEnv,
  type DataState,
  type DataUpdate,
  type Verdict,
} from './data-state.ts';
import { abandon, blockHardened, freshUpdate, isKnown, sendUpdate } from './data-write.ts';
import { rowIndex } from './decision-table.ts';
import type { DataSink, OpenUpdate } from './iom-messages.ts';
import type { Address, JournalEntry, MjEntry, Peer } from './journal.ts';

/** Put the blocks as the log says, and find the updates that it does not say the end of. */
export function recover(
  state: DataState,
  checkpoint: readonly DataBlock[],
  entries: readonly JournalEntry[],
  env: DataEnv,
  out: DataSink,
): void {
  state.recovering = false;
  state.blocks = checkpoint.map((block) => ({ ...block }));
  const open = new Map<number, MjEntry>();
  for (const entry of entries) {
    if (entry.type === 'mj') open.set(entry.mj, entry);
    else if (entry.type === 'mj_complete' || entry.type === 'mj_abort') {
      const mj = open.get(entry.id);
      open.delete(entry.id);
      if (mj !== undefined && entry.type === 'mj_complete') apply(state, mj);
    }
  }
  const used = new Set<Address>(state.blocks.map(({ address }) => address));
  for (const { newAddress, oldAddress } of open.values()) used.add(newAddress).add(oldAddress);
  state.pool = poolWithout(env.addresses, used);
  state.updates = [...open.values()].map((entry) => ({ ...freshUpdate, stage: 'found', entry, journaled: true }));
  for (const [index, peer] of env.peers.entries())
    if (state.peers[index] === 'coming') out.send(peer, { type: 'resolve' });
  for (const update of [...state.updates]) verify(state, update, env, out);
}

function verify(state: DataState, update: DataUpdate, env: DataEnv, out: DataSink): void {
  const { mj, newAddress, checksum } = update.entry;
  if (env.rules.verifies('data')) out.deliver({ type: 'verify', id: mj, address: newAddress, checksum });
  else verified(state, update, true, env, out);
}

/** The new block was looked at. */
export function verified(state: DataState, update: DataUpdate, good: boolean, env: DataEnv, out: DataSink): void {
  update.verified = true;
  update.hardened = good;
  decide(state, update, env, out);
}

export function peerChanged(state: DataState, peer: Peer, up: boolean, env: DataEnv, out: DataSink): void {
  state.peers[env.peers.indexOf(peer)] = up ? 'coming' : 'away';
  if (up) {
    if (!state.recovering) out.send(peer, { type: 'resolve' });
    return;
  }
  for (const update of state.updates) {
    if (update.entry.parity !== peer) continue;
    update.told = false;
    if (update.parityHardened) continue;
    update.sent = false;
    // What was asked of it is asked again when it is back.
    if (update.stage === 'recalling') update.stage = update.journaled ? 'found' : 'adopted';
    if (update.stage === 'found' || update.stage === 'adopted') update.verdict = 'unheard';
  }
}

/** The parity IOM is back and says what it has open. */
export function resolve(state: DataState, peer: Peer, open: readonly OpenUpdate[], env: DataEnv, out: DataSink): void {
  state.peers[env.peers.indexOf(peer)] = 'known';
  const known = new Set(state.updates.map(({ entry }) => entry.mj));
  for (const update of [...state.updates]) {
    if (update.entry.parity !== peer) continue;
    const said = open.find(({ mj }) => mj.mj === update.entry.mj);
    hear(state, update, said === undefined ? 'absent' : said.good ? 'good' : 'bad', env, out);
  }
  for (const { mj, good } of open) if (!known.has(mj.mj)) meet(state, { ...mj, parity: peer }, good, env, out);
}

function hear(state: DataState, update: DataUpdate, verdict: Verdict, env: DataEnv, out: DataSink): void {
  switch (update.stage) {
    case 'found':
    case 'adopted':
      update.verdict = verdict;
      decide(state, update, env, out);
      break;
    case 'updating':
    case 'differing':
    case 'restoring':
      if (verdict === 'good') {
        update.parityHardened = true;
        update.sent = true;
      } else if (update.stage === 'updating' && !update.parityHardened && env.rules.sendsAgain(update.deltaHeld))
        sendUpdate(update, env, out);
      break;
  }
}

/** An update that is open at the parity IOM and not here: it ended here, or its entry never reached the disk. */
function meet(state: DataState, mj: MjEntry, good: boolean, env: DataEnv, out: DataSink): void {
  const { rules } = env;
  const block = blockOf(state, mj);
  if (rules.isEnded(mj.seq, block.seq)) {
    if (good && rules.tellsAgain()) out.send(mj.parity, { type: 'data_hardened', mj: mj.mj });
    if (!good) out.send(mj.parity, { type: 'abort', mj: mj.mj });
    return;
  }
  if (!rules.adopts()) return;
  const wanted = takeAddress(state.pool, mj.newAddress);
  const newAddress = wanted ?? takeAddress(state.pool);
  if (newAddress === undefined) throw new ProtocolError('data IOM', 'serving', 'resolve', 'the reserve is used up');
  const entry = { ...mj, newAddress };
  const update: DataUpdate = { ...freshUpdate, stage: 'adopted', entry, verdict: good ? 'good' : 'bad' };
  state.updates.push(update);
  if (wanted === undefined) verified(state, update, false, env, out);
  else verify(state, update, env, out);
}

/** The row of the decision table, once both halves are known. */
function decide(state: DataState, update: DataUpdate, env: DataEnv, out: DataSink): void {
  const { verdict, entry } = update;
  if (!update.verified || verdict === 'unheard') return;
  const row = rowIndex(update.journaled, update.hardened, verdict !== 'absent', verdict === 'good');
  out.trace('decision', row);
  if (env.rules.decide(row) !== 'forward') {
    abandon(state, update, env, out);
    if (verdict !== 'absent') out.send(entry.parity, { type: 'abort', mj: entry.mj });
    return;
  }
  if (!update.hardened) {
    update.stage = 'recalling';
    out.send(entry.parity, { type: 'recall', mj: entry.mj });
    return;
  }
  if (!update.journaled) out.deliver({ type: 'journal', entry });
  blockHardened(update, out);
  if (verdict === 'good') {
    update.stage = 'updating';
    update.parityHardened = true;
    update.sent = true;
  } else {
    update.stage = 'differing';
    const { mj, oldAddress, newAddress } = entry;
    out.deliver({ type: 'difference', id: mj, oldAddress, newAddress });
  }
}

/**
 * The difference is known again: the update is sent again, unless the parity IOM went away meanwhile, or came back with
 * the update merged: it may have lost the end of an entry, and says then what it had not said before.
 */
export function differenceKnown(
  state: DataState,
  update: DataUpdate,
  delta: number,
  env: DataEnv,
  out: DataSink,
): void {
  update.stage = 'updating';
  update.delta = delta;
  if (!update.parityHardened && isKnown(state, update.entry.parity, env)) sendUpdate(update, env, out);
}

/** The parity IOM sent the difference: D1 := D0 ^ P0 ^ P1. */
export function recalled(update: DataUpdate, delta: number, out: DataSink): void {
  const { mj, oldAddress, newAddress } = update.entry;
  update.stage = 'restoring';
  update.parityHardened = true;
  update.sent = true;
  out.deliver({ type: 'merge', id: mj, oldAddress, newAddress, delta });
}

/** D1 is there again, and is what was written by its checksum; anything else would be a lying drive. */
export function restored(state: DataState, update: DataUpdate, checksum: number, env: DataEnv, out: DataSink): void {
  const { entry } = update;
  if (checksum !== entry.checksum) {
    abandon(state, update, env, out);
    out.send(entry.parity, { type: 'abort', mj: entry.mj });
    return;
  }
  update.stage = 'updating';
  if (!update.journaled) out.deliver({ type: 'journal', entry });
  out.deliver({ type: 'harden', id: entry.mj, address: entry.newAddress });
}
