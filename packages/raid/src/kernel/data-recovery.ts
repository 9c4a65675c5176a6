import { ProtocolError } from '@holdfast/kernel';
import { poolWithout, takeAddress } from './address-pool.ts';
import { apply, blockOf, type DataBlock, type DataEnv, type DataState, type DataUpdate } from './data-state.ts';
import { abandon, blockHardened, freshUpdate, isKnown, sendMissing, sendUpdate, standAlone } from './data-write.ts';
import { rowIndex } from './decision-table.ts';
import type { DataSink, OpenUpdate } from './iom-messages.ts';
import { type Address, type JournalEntry, type MjEntry, noAddress, type Peer } from './journal.ts';
import { byBlock, NamedTable } from './named-table.ts';
import { markHardened, type Partner, partnerOf, powerAt, type Verdict } from './partners.ts';

/** Put the blocks as the log says, and find the updates that it does not say the end of. */
export function recover(
  state: DataState,
  checkpoint: readonly DataBlock[],
  entries: readonly JournalEntry[],
  env: DataEnv,
  out: DataSink,
): void {
  state.recovering = false;
  state.blocks = new NamedTable(
    byBlock,
    checkpoint.map((block) => ({ ...block })),
  );
  const open = new Map<number, MjEntry>();
  for (const entry of entries) {
    if (entry.type === 'mj') open.set(entry.mj, entry);
    else if (entry.type === 'mj_complete' || entry.type === 'mj_abort') {
      const mj = open.get(entry.id);
      open.delete(entry.id);
      if (mj !== undefined && entry.type === 'mj_complete') apply(state, mj, env);
    }
  }
  const used = new Set<Address>([...state.blocks].map(({ address }) => address));
  for (const { newAddress, oldAddress } of open.values()) used.add(newAddress).add(oldAddress);
  state.pool = poolWithout(env.addresses, used);
  for (const entry of open.values()) state.updates.add({ ...freshUpdate(entry), stage: 'found', journaled: true });
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
  if (update.away) return;
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
    const partner = partnerOf(update, peer);
    if (partner === undefined) continue;
    partner.told = false;
    if (partner.hardened) continue;
    partner.sent = false;
    // What was asked of it is asked again when it is back.
    if (update.stage === 'recalling' && partner.recalled) update.stage = update.journaled ? 'found' : 'adopted';
    partner.recalled = false;
    if (!isDecided(update)) partner.verdict = 'unheard';
  }
}

/** The parity IOM is back and says what it has open. */
export function resolve(state: DataState, peer: Peer, open: readonly OpenUpdate[], env: DataEnv, out: DataSink): void {
  state.peers[env.peers.indexOf(peer)] = 'known';
  const before = [...state.updates];
  const known = new Set(before.map(({ entry }) => entry.mj));
  const said = new Map(open.map((each) => [each.mj.mj, each]));
  for (const update of before) {
    const partner = partnerOf(update, peer);
    if (partner === undefined) continue;
    const good = said.get(update.entry.mj)?.good;
    hear(state, update, partner, good === undefined ? 'absent' : good ? 'good' : 'bad', env, out);
  }
  for (const update of open) if (!known.has(update.mj.mj)) meet(state, update, peer, env, out);
}

/** Whether a decision was carried out, or none is needed. */
const isDecided = ({ stage }: DataUpdate): boolean => stage !== 'found' && stage !== 'adopted' && stage !== 'recalling';

function hear(
  state: DataState,
  update: DataUpdate,
  partner: Partner,
  verdict: Verdict,
  env: DataEnv,
  out: DataSink,
): void {
  if (!isDecided(update)) {
    partner.verdict = verdict;
    if (update.stage !== 'recalling') decide(state, update, env, out);
  } else if (update.stage === 'preparing') {
    return;
  } else if (verdict === 'good') {
    markHardened(partner);
  } else if (update.stage === 'updating' && !partner.hardened && env.rules.sendsAgain(partner.deltaHeld)) {
    sendUpdate(update, partner, env, out);
  }
}

/** An update that is open at a parity IOM and not here: it ended here, or its entry never reached the disk. */
function meet(state: DataState, { mj, good, away: isAway }: OpenUpdate, peer: Peer, env: DataEnv, out: DataSink): void {
  const { rules } = env;
  const away = isAway === true || env.isDeputy === true;
  const block = blockOf(state, mj, env);
  if (rules.isEnded(mj.seq, block.seq)) {
    if (good && rules.tellsAgain()) out.send(peer, { type: 'data_hardened', mj: mj.mj, ...(away && { away }) });
    if (!good) out.send(peer, { type: 'abort', mj: mj.mj });
    return;
  }
  if (!rules.adopts()) return;
  if (away) {
    const update: DataUpdate = { ...freshUpdate(mj), stage: 'adopted', verified: true, away };
    hearFirst(state, update, peer, good, env);
    decide(state, update, env, out);
    return;
  }
  const wanted = takeAddress(state.pool, mj.newAddress);
  const newAddress = wanted ?? takeAddress(state.pool);
  if (newAddress === undefined) throw new ProtocolError('data IOM', 'serving', 'resolve', 'the reserve is used up');
  // One that was begun in the place of this data IOM says nothing of where its block is: where the one before it is, the end
  // of which may have been lost here.
  const before = state.updates.at(byBlock.key(mj)).findLast(({ entry: { seq } }) => seq < mj.seq);
  const base = before?.entry.newAddress ?? block.address;
  const oldAddress = mj.newAddress === noAddress ? base : mj.oldAddress;
  // In a group with one parity slot whoever has the entry is the parity IOM; with two the entry names both.
  const entry = { ...mj, newAddress, oldAddress, ...(mj.second === undefined && { parity: peer }) };
  const update: DataUpdate = { ...freshUpdate(entry), stage: 'adopted' };
  hearFirst(state, update, peer, good, env);
  if (wanted === undefined) verified(state, update, false, env, out);
  else verify(state, update, env, out);
}

/** The first that is heard of an update: from one of its parity IOMs, and by that of the other where it was heard before. */
function hearFirst(state: DataState, update: DataUpdate, peer: Peer, good: boolean, env: DataEnv): void {
  for (const partner of update.partners) {
    if (partner.peer === peer) partner.verdict = good ? 'good' : 'bad';
    else if (isKnown(state, partner.peer, env)) partner.verdict = 'absent';
  }
  state.updates.add(update);
}

/** The row of the decision table, once all halves are known. */
function decide(state: DataState, update: DataUpdate, env: DataEnv, out: DataSink): void {
  const { partners, entry } = update;
  if (!update.verified || partners.some(({ verdict }) => verdict === 'unheard')) return;
  const atParity = partners.flatMap(({ verdict }) => [verdict === 'bad' || verdict === 'good', verdict === 'good']);
  const row = rowIndex(update.journaled, update.hardened, ...atParity);
  out.trace('decision', row);
  if (env.rules.decide(row, partners.length) !== 'forward') {
    goBack(state, update, env, out);
    return;
  }
  if (update.away && partners.every(({ verdict }) => verdict === 'good')) {
    partners.forEach(markHardened);
    standAlone(update);
    return;
  }
  if (!update.hardened) {
    update.stage = 'recalling';
    const source = partners.find(({ verdict }) => verdict === 'good')!;
    source.recalled = true;
    out.send(source.peer, { type: 'recall', mj: entry.mj });
    return;
  }
  if (!update.journaled) out.deliver({ type: 'journal', entry });
  blockHardened(update, out);
  goOn(update, env, out);
}

/** The update does not count, and who has it open is told so. */
function goBack(state: DataState, update: DataUpdate, env: DataEnv, out: DataSink): void {
  const { mj } = update.entry;
  abandon(state, update, env, out);
  for (const { peer, verdict } of update.partners) {
    if (verdict === 'bad' || verdict === 'good') out.send(peer, { type: 'abort', mj });
  }
}

/** The new block is there: the parity IOMs that do not have the update are sent it again. */
function goOn(update: DataUpdate, { rules }: DataEnv, out: DataSink): void {
  const { partners, entry } = update;
  for (const partner of partners) if (partner.verdict === 'good') markHardened(partner);
  if (!rules.completesPair() && partners.some(({ hardened }) => hardened)) partners.forEach(markHardened);
  update.stage = 'updating';
  if (partners.every(({ hardened }) => hardened)) return;
  update.stage = 'differing';
  const { mj, oldAddress, newAddress } = entry;
  out.deliver({ type: 'difference', id: mj, oldAddress, newAddress });
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
  sendMissing(state, update, env, out);
}

/** A parity IOM sent the difference: D1 := D0 ^ P0 ^ P1; that of the second parity is to be divided first. */
export function recalled(
  state: DataState,
  update: DataUpdate,
  peer: Peer,
  delta: number,
  env: DataEnv,
  out: DataSink,
): void {
  const { mj, oldAddress, newAddress } = update.entry;
  const { rules } = env;
  update.stage = 'restoring';
  for (const partner of update.partners) {
    partner.recalled = false;
    if (partner.verdict === 'good') markHardened(partner);
  }
  const power = rules.scales('data') ? powerAt(update.entry, peer) : undefined;
  if (update.away) {
    standAlone(update);
    if (power === undefined) differenceKnown(state, update, delta, env, out);
    else {
      update.stage = 'differing';
      out.deliver({ type: 'scale', id: mj, delta, power: -power });
    }
    return;
  }
  out.deliver({ type: 'merge', id: mj, oldAddress, newAddress, delta, ...(power !== undefined && { power: -power }) });
}

/** D1 is there again, and is what was written by its checksum; anything else would be a lying drive. */
export function restored(state: DataState, update: DataUpdate, checksum: number, env: DataEnv, out: DataSink): void {
  const { entry } = update;
  if (checksum !== entry.checksum) {
    goBack(state, update, env, out);
    return;
  }
  if (!update.journaled) out.deliver({ type: 'journal', entry });
  out.deliver({ type: 'harden', id: entry.mj, address: entry.newAddress });
  goOn(update, env, out);
}

/** The block here is not up to date: what an undecided update has of it counts no more, its parity halves do. */
export function giveUpHalf(state: DataState, update: DataUpdate, env: DataEnv, out: DataSink): void {
  if (update.away) return;
  const isUndecided = !isDecided(update);
  abandon(state, update, env, out);
  if (!isUndecided) return;
  const { entry, partners } = update;
  const stage = update.stage === 'recalling' ? 'recalling' : 'adopted';
  const left: DataUpdate = { ...freshUpdate(entry), stage, partners, verified: true, away: true };
  state.updates.add(left);
  if (stage === 'adopted') decide(state, left, env, out);
}
