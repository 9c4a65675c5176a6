import { poolWithout } from './address-pool.ts';
import type { ParitySink } from './iom-messages.ts';
import type { Address, JournalEntry, Peer, PjEntry } from './journal.ts';
import { byGroup, NamedTable } from './named-table.ts';
import {
  chainOf,
  freshUpdate,
  type ParityBlock,
  type ParityEnv,
  type ParityState,
  type ParityUpdate,
  parityBlockOf,
  updateByMj,
  updateByPj,
  updatesOf,
} from './parity-state.ts';
import { apply } from './parity-update.ts';

/** Put the parity blocks as the log says, and find the updates that it does not say the end of. */
export function recover(
  state: ParityState,
  checkpoint: readonly ParityBlock[],
  entries: readonly JournalEntry[],
  env: ParityEnv,
  out: ParitySink,
): void {
  state.blocks = new NamedTable(
    byGroup,
    checkpoint.map((block) => ({ ...block, vv: [...block.vv] })),
  );
  for (const entry of entries) replay(state, entry, env);
  const used = new Set<Address>([...state.blocks].map(({ address }) => address));
  for (const { entry } of state.updates) used.add(entry.newAddress);
  state.pool = poolWithout(env.addresses, used);
  for (const update of state.updates) {
    if (update.stage !== 'found') continue;
    const { pj, newAddress, checksum } = update.entry;
    if (env.rules.verifies('parity')) out.deliver({ type: 'verify', id: pj, address: newAddress, checksum });
    else Object.assign(update, { verified: true, hardened: true });
  }
  serveIfVerified(state, env);
}

function replay(state: ParityState, entry: JournalEntry, env: ParityEnv): void {
  if (entry.type === 'pj') {
    const replaced = updateByMj(state, entry.from, entry.mj.mj);
    if (replaced !== undefined) state.updates.delete(replaced);
    putAsideBehind(state, entry);
    state.updates.add({ ...freshUpdate, stage: 'found', entry, journaled: true });
    return;
  }
  if (entry.type !== 'pj_complete' && entry.type !== 'pj_abort') return;
  const update = updateByPj(state, entry.id);
  if (update === undefined) return;
  state.updates.delete(update);
  if (entry.type === 'pj_complete') apply(parityBlockOf(state, update.entry.mj, env), update.entry);
}

/** What was not the base of a later entry had been given up by then: its block was lost in an earlier crash. */
function putAsideBehind(state: ParityState, { oldAddress, mj }: PjEntry): void {
  const chain = chainOf(state, mj);
  const base = chain.findIndex(({ entry }) => entry.newAddress === oldAddress);
  for (const update of chain.slice(base + 1)) update.stage = 'aside';
}

/** A parity block was looked at. */
export function verified(state: ParityState, update: ParityUpdate, good: boolean, env: ParityEnv): void {
  update.verified = true;
  update.hardened = good;
  serveIfVerified(state, env);
}

/** Begin to serve once every block was looked at: what is built on a lost one is lost with it (law L4). */
function serveIfVerified(state: ParityState, { rules }: ParityEnv): void {
  if (state.updates.some(({ stage, verified }) => stage === 'found' && !verified)) return;
  state.recovering = false;
  for (const update of state.updates) {
    if (update.stage !== 'found') continue;
    update.stage = 'hardening';
    if (update.hardened) continue;
    if (rules.cutsChain()) putAside(state, update);
    else update.stage = 'aside';
  }
}

/** This update and all that are built on it are lost: what becomes of each its data IOM says. */
export function putAside(state: ParityState, lost: ParityUpdate): void {
  const updates = updatesOf(state, lost.entry.mj);
  for (const update of updates.slice(updates.indexOf(lost))) update.stage = 'aside';
}

export function peerChanged(state: ParityState, peer: Peer, up: boolean, { peers }: ParityEnv): void {
  state.peers[peers.indexOf(peer)] = up ? 'coming' : 'away';
  if (up) return;
  state.requested = state.requested.filter(({ from }) => from !== peer);
  for (const update of state.updates) {
    if (update.entry.from !== peer) continue;
    update.told = false;
    update.recalled = false;
  }
}

/** Say to each data IOM that came back what is open of it, once that is certain. */
export function sayOpen(state: ParityState, env: ParityEnv, out: ParitySink): void {
  if (state.recovering) return;
  for (const [index, peer] of env.peers.entries()) {
    if (state.peers[index] !== 'asking') continue;
    const open = state.updates.filter(({ entry }) => entry.from === peer);
    if (env.rules.settlesFirst() && !open.every((update) => isSettled(state, update))) continue;
    if (!env.rules.keepsHeld()) for (const update of open) putAside(state, update);
    state.peers[index] = 'known';
    for (const update of open) update.told = update.stage !== 'aside';
    out.trace('resolved', peer);
    const said = open.map(({ entry, stage }) => ({ mj: entry.mj, good: stage !== 'aside' }));
    out.send(peer, { type: 'resolved', open: said });
  }
}

/** Whether it is certain what its drive will hold of an update: its parity and all that it is built on, or not. */
export function isSettled(state: ParityState, update: ParityUpdate): boolean {
  const chain = chainOf(state, update.entry.mj);
  const upTo = chain.slice(0, chain.indexOf(update) + 1);
  return upTo.every(({ stage, journaled, hardened }) => stage === 'hardening' && journaled && hardened);
}
