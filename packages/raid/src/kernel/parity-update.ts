import { giveAddress, retireAddress, retired, takeAddress } from './address-pool.ts';
import type { ParitySink, ToParity } from './iom-messages.ts';
import type { JournalEntry, MjEntry, Peer, PjEntry } from './journal.ts';
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
  versionsWith,
} from './parity-state.ts';

type UpdateRequest = Extract<ToParity, { type: 'ios_updatepn' }>;

/** ios_updatepn: what is merged already is answered at once, the rest is taken in. */
export function updateRequested(
  state: ParityState,
  from: Peer,
  { mj, delta, code }: UpdateRequest,
  env: ParityEnv,
  out: ParitySink,
): void {
  const { rules } = env;
  const merged = parityBlockOf(state, mj, env).vv[mj.slot] ?? 0;
  if (rules.isMerged(mj.seq, merged)) out.send(from, { type: 'parity_hardened', mj: mj.mj });
  else state.requested.push({ from, mj, ...(code && { code }), delta, asked: false, dataHardened: false });
}

/** Ask for the deltas that are missing, and begin with those that are there while there is space. */
export function admit(state: ParityState, env: ParityEnv, out: ParitySink): void {
  if (state.recovering) return;
  for (const request of [...state.requested]) {
    if (request.delta === 0) {
      if (!request.asked) out.send(request.from, { type: 'request_delta', mj: request.mj.mj });
      request.asked = true;
      continue;
    }
    const { from, mj, code, delta, dataHardened } = request;
    const lost = updateByMj(state, from, mj.mj);
    const newAddress = lost?.entry.newAddress ?? takeAddress(state.pool);
    if (newAddress === undefined) continue;
    state.requested = state.requested.filter((other) => other !== request);
    // The block of an entry that was lost holds nothing: the entry that replaces it takes it, so that space cannot run out.
    if (lost !== undefined) state.updates.delete(lost);
    const block = parityBlockOf(state, mj, env);
    const oldAddress = base(state, block, env);
    const gap = isBehindGap(state, block, mj);
    const pj = state.nextEntry++;
    const entry = {
      type: 'pj',
      pj,
      newAddress,
      oldAddress,
      checksum: 0,
      from,
      ...(code && { code }),
      ...(gap && { gap }),
      mj,
    } as const;
    state.updates.add({ ...freshUpdate, stage: 'merging', entry, dataHardened });
    out.trace('p5 delta held', pj);
    out.send(from, { type: 'delta_held', mj: mj.mj });
    const isScaled = code === 'q' && env.rules.scales('parity');
    out.deliver({ type: 'merge', id: pj, oldAddress, newAddress, delta, ...(isScaled && { power: mj.slot }) });
  }
}

/** What the next update of a parity block starts from. */
function base(state: ParityState, block: ParityBlock, { rules }: ParityEnv): number {
  return (rules.chains() ? chainOf(state, block).at(-1)?.entry.newAddress : undefined) ?? block.address;
}

/**
 * Whether an update of the block that comes before this one is neither merged nor on its way: numbers of updates have no
 * gaps, so it was said to be hardened here, and is gone.
 */
function isBehindGap(state: ParityState, block: ParityBlock, { slot, seq }: MjEntry): boolean {
  const vv = chainOf(state, block).reduce((versions, { entry }) => versionsWith(versions, entry), block.vv);
  return seq > (vv[slot] ?? 0) + 1;
}

/** The new parity is computed, and its checksum known: journal and write it (steps p2 and p6). */
export function merged(update: ParityUpdate, checksum: number, out: ParitySink): void {
  update.stage = 'hardening';
  update.entry = { ...update.entry, checksum };
  out.trace('p2 journal pj', update.entry.pj);
  out.deliver({ type: 'journal', entry: update.entry });
  out.trace('p6 write parity', update.entry.pj);
  out.deliver({ type: 'harden', id: update.entry.pj, address: update.entry.newAddress });
}

/** P1 is on disk: the parity cnode or indirect gets its address (step p7). */
export function parityHardened(update: ParityUpdate, out: ParitySink): void {
  update.hardened = true;
  out.trace('p7 mark parity cnode', update.entry.pj);
  out.deliver({ type: 'mark', id: update.entry.pj, address: update.entry.newAddress });
}

export function journaled(state: ParityState, entry: JournalEntry): void {
  if (entry.type === 'pj') {
    const update = updateByPj(state, entry.pj);
    if (update !== undefined) update.journaled = true;
  } else if (entry.type === 'pj_complete' || entry.type === 'pj_abort') {
    retired(state.pool, entry.id);
  }
}

/** Go on as far as the updates of a parity block can, oldest first: tell, end. */
export function settle(state: ParityState, block: ParityBlock, env: ParityEnv, out: ParitySink): void {
  const { rules } = env;
  let first = true;
  for (const update of chainOf(state, block)) {
    const known = state.peers[env.peers.indexOf(update.entry.from)] === 'known';
    if (update.stage !== 'hardening') break;
    if (known && !update.told && rules.mayTellParity(update, first)) {
      update.told = true;
      out.trace('p8 parity hardened', update.entry.pj);
      out.send(update.entry.from, { type: 'parity_hardened', mj: update.entry.mj.mj });
    }
    first &&= update.journaled && update.hardened;
  }
  let oldest = true;
  for (const update of chainOf(state, block)) {
    if (update.stage === 'hardening' && rules.mayCompleteParity(update, update.dataHardened, oldest)) {
      complete(state, block, update, env, out);
    } else oldest = false;
  }
}

/** Both halves are on disk (step p10). */
function complete(state: ParityState, block: ParityBlock, update: ParityUpdate, env: ParityEnv, out: ParitySink): void {
  const { pj, oldAddress } = update.entry;
  apply(block, update.entry);
  state.updates.delete(update);
  if (env.rules.retiresDurably()) retireAddress(state.pool, oldAddress, pj);
  else giveAddress(state.pool, oldAddress);
  out.trace('p10 pj_complete', pj);
  out.deliver({ type: 'journal', entry: { type: 'pj_complete', id: pj } });
}

/** The parity block moves to where the update put it. */
export function apply(block: ParityBlock, entry: PjEntry): void {
  block.address = entry.newAddress;
  block.vv = versionsWith(block.vv, entry);
}

/** The update does not count. */
export function abort(state: ParityState, update: ParityUpdate, out: ParitySink): void {
  const { pj, newAddress } = update.entry;
  state.updates.delete(update);
  retireAddress(state.pool, newAddress, pj);
  out.trace('pj_abort', pj);
  out.deliver({ type: 'journal', entry: { type: 'pj_abort', id: pj } });
}
