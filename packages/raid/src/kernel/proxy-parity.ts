import type { ToData, ToParity } from './iom-messages.ts';
import type { JournalId, MjEntry, Peer } from './journal.ts';
import { type GroupName, isGroup } from './named-table.ts';
import { parityIom } from './parity-iom.ts';
import { isSettled } from './parity-recovery.ts';
import { type ParityEvent, type ParityUpdate, parityBlockOf, updateByMj, updatesOf } from './parity-state.ts';
import { isLocked } from './proxy-locks.ts';
import { innerSink, type ProxyRequest, type ProxySink, type ToMember } from './proxy-messages.ts';
import {
  type GroupOperation,
  type HeldMessage,
  headOf,
  isPair,
  isStale,
  mark,
  memberOf,
  type ProxyEnv,
  type ProxyState,
} from './proxy-state.ts';

/**
 * Let the parity IOM take a step. What it says to a member that is stopped the proxy hears, what it journals of requests
 * is remembered with the block.
 */
export function stepParity(state: ProxyState, event: ParityEvent, env: ProxyEnv, out: ProxySink, speaker?: Peer): void {
  const heard: { readonly from: Peer; readonly message: Extract<ToData, { type: 'resolved' }> }[] = [];
  const send = (to: Peer, message: ToData) => {
    const { status } = memberOf(state, to, env);
    if (status === 'member') out.send(to, message.type === 'resolved' ? stillOpen(state, to, message) : message);
    else if (message.type === 'resolved') heard.push({ from: to, message });
    else {
      // Now: in this very step the update may end.
      const head = listenerOf(state, to, message.mj, speaker, env);
      const isThere = head !== undefined && memberOf(state, head, env).status === 'member';
      if (isThere) out.send(head, inPlace(to, message, env));
    }
  };
  const deliver = (request: ProxyRequest) => {
    remember(state, request);
    out.deliver(request);
  };
  parityIom.step(
    state.parity,
    event,
    env,
    innerSink(out, send, deliver, () => undefined),
  );
  for (const { from, message } of heard) {
    const member = memberOf(state, from, env);
    member.settled = true;
    // Who was not stopped in this life decides about what it has open itself.
    if (member.lastOut < 0) continue;
    for (const { mj, good } of message.open) if (!isPair(mj, env)) endFor(state, from, mj, good, env, out);
  }
}

const inPlace = (of: Peer, message: ToData, { nameOf }: ProxyEnv): ToMember => ({
  type: 'in_place',
  of: nameOf?.(of) ?? of,
  message,
});

/** Who hears what is said to a stopped member of an update: whoever speaks in its place. */
function listenerOf(
  state: ProxyState,
  of: Peer,
  mj: JournalId,
  speaker: Peer | undefined,
  env: ProxyEnv,
): Peer | undefined {
  const name =
    updateByMj(state.parity, of, mj)?.entry.mj ??
    state.parity.requested.find((each) => each.from === of && each.mj.mj === mj)?.mj;
  if (name === undefined) return speaker;
  return isPair(name, env) ? headOf(state, name, env) : undefined;
}

/**
 * What is open of a member, but for what was ended because its parity is stale; and, with two parities, for what is said to
 * be whole everywhere: it ends by itself, and has where the other one is concerned, which is not to be taken for a loss.
 */
const stillOpen = (
  state: ProxyState,
  to: Peer,
  { open }: Extract<ToData, { type: 'resolved' }>,
): Extract<ToData, { type: 'resolved' }> => ({
  type: 'resolved',
  open: open.filter(({ mj }) => {
    const isGone = isStale(state, mj) || isMarked(state, mj) || mj.second !== undefined;
    return !isGone || !isEnding(state, to, mj);
  }),
});

/** Whether an update ends by itself: its data half is there, or will count as there in a moment. */
const isEnding = ({ parity, ending }: ProxyState, from: Peer, { mj }: MjEntry): boolean =>
  updateByMj(parity, from, mj)?.dataHardened === true || ending.some((each) => each.from === from && each.mj === mj);

/** Whether it is on record that a member is to be sent the block, as this update left it or a later one. */
const isMarked = ({ marks }: ProxyState, mj: MjEntry): boolean => (marks.get(mj)?.seq ?? 0) >= mj.seq;

/** A message of who speaks in the place of a stopped member. */
export function hearInPlace(
  state: ProxyState,
  speaker: Peer,
  of: Peer,
  message: ToParity,
  env: ProxyEnv,
  out: ProxySink,
): void {
  const member = memberOf(state, of, env);
  if (message.type === 'resolve') {
    // What it sent before it sends again.
    const isIts = (mj: MjEntry) => isPair(mj, env) && headOf(state, mj, env) === speaker;
    const { parity } = state;
    parity.requested = parity.requested.filter(({ from, mj }) => from !== of || !isIts(mj));
    state.held = state.held.filter(
      ({ from, message: held }) => from !== of || !('mj' in held) || !isHeldOf(held, isIts),
    );
    member.asking = [...member.asking.filter((peer) => peer !== speaker), speaker];
  } else receive(state, of, message, env, out, speaker);
}

const isHeldOf = (message: ToParity, isIts: (mj: MjEntry) => boolean): boolean =>
  message.type === 'ios_updatepn' && isIts(message.mj);

/** Say to who asks what is open of a stopped member, once that is certain. */
export function sayOpenInPlace(state: ProxyState, env: ProxyEnv, out: ProxySink): void {
  for (const [index, { status, settled, asking }] of state.members.entries()) {
    if ((status !== 'out' && status !== 'leaving') || !settled) continue;
    const of = env.peers[index]!;
    for (const to of asking) {
      const its = state.parity.updates.filter(({ entry: { from, mj } }) => {
        const isAsked = from === of && isPair(mj, env) && headOf(state, mj, env) === to;
        return isAsked && !isEnding(state, of, mj);
      });
      if (!its.every((update) => update.stage === 'aside' || isSettled(state.parity, update))) continue;
      for (const update of its) update.told = update.stage !== 'aside';
      const open = its.map(({ entry, stage }) => ({ mj: entry.mj, good: stage !== 'aside' }));
      state.members[index]!.asking = state.members[index]!.asking.filter((peer) => peer !== to);
      out.send(to, inPlace(of, { type: 'resolved', open }, env));
    }
  }
}

/** An update of a stopped member that parity has is ended once its block is marked; one that parity lost is given up. */
function endFor(state: ProxyState, from: Peer, mj: MjEntry, good: boolean, env: ProxyEnv, out: ProxySink): void {
  if (!good) {
    stepParity(state, { type: 'message', from, message: { type: 'abort', mj: mj.mj } }, env, out);
    return;
  }
  markAndEnd(state, from, mj, env, out);
}

/** The data half of an update counts as there once it is on record that the block is to be made again. */
export function markAndEnd(state: ProxyState, from: Peer, mj: MjEntry, env: ProxyEnv, out: ProxySink): void {
  if (state.ending.some((each) => each.from === from && each.mj === mj.mj)) return;
  const id = state.nextId++;
  const { gfid, lblk, group, slot, seq, client, request } = mj;
  state.ending = [...state.ending, { id, from, mj: mj.mj }];
  const stale = { gfid, lblk, group, slot, seq };
  // Known from now on: the member may say that it has the block before this is on record, and then nobody would unmark it.
  mark(state, stale);
  out.deliver({ type: 'journal', entry: { type: 'marked', id, ...stale, client, request } });
  if (!env.proxyRules.marksFirst()) end(state, id, env, out);
}

/** The mark of an update of a stopped member is durable: both halves are as good as there. */
export function end(state: ProxyState, id: JournalId, env: ProxyEnv, out: ProxySink): void {
  const update = state.ending.find((each) => each.id === id);
  state.ending = state.ending.filter((each) => each !== update);
  if (update === undefined) return;
  const { from, mj } = update;
  stepParity(state, { type: 'message', from, message: { type: 'data_hardened', mj } }, env, out);
}

function remember({ requests }: ProxyState, request: ProxyRequest): void {
  if (request.type !== 'journal') return;
  const { entry } = request;
  if (entry.type === 'pj') requests.know(entry.pj, entry.mj);
  else if (entry.type === 'pj_abort') requests.forget(entry.id);
}

/** A message of a member for the parity IOM: one that begins an update in a group that is not free waits. */
export function receive(
  state: ProxyState,
  from: Peer,
  message: ToParity,
  env: ProxyEnv,
  out: ProxySink,
  speaker?: Peer,
): void {
  const isRead = isBeingRead(state, from, message);
  const isHeld = isRead || mustWait(state, from, message, env);
  if (!isRead && message.type === 'data_hardened' && message.away === true && env.proxyRules.marksAway()) {
    const isOf = (mj: MjEntry) => mj.mj === message.mj;
    const mj =
      updateByMj(state.parity, from, message.mj)?.entry.mj ??
      state.parity.requested.find((each) => each.from === from && isOf(each.mj))?.mj;
    if (mj !== undefined) markAndEnd(state, from, mj, env, out);
    // Of an update that waits itself it is heard behind that.
    if (mj !== undefined || !isHeld) return;
  }
  if (isHeld) state.held = [...state.held, { from, message, ...(speaker !== undefined && { speaker }) }];
  else stepParity(state, { type: 'message', from, message }, env, out, speaker);
}

/**
 * Whether a message would end an update, and with that give up the place of parity that is being read, beside it, for a block
 * to be restored. Nothing but the drive is waited for.
 */
function isBeingRead(state: ProxyState, from: Peer, message: ToParity): boolean {
  if (message.type !== 'data_hardened') return false;
  const name = updateByMj(state.parity, from, message.mj)?.entry.mj;
  return name !== undefined && state.operations.some((each) => each.stage === 'summing' && isGroup(each, name));
}

function mustWait(state: ProxyState, from: Peer, message: ToParity, env: ProxyEnv): boolean {
  if (message.type === 'resolve') return false;
  if (message.type !== 'ios_updatepn')
    return state.held.some((held) => held.from === from && mjOf(held) === message.mj);
  const open = updateByMj(state.parity, from, message.mj.mj);
  // It was not said to be open any more, and is only answered when it has ended.
  if (open !== undefined && message.mj.second !== undefined && isEnding(state, from, message.mj)) return true;
  // Who speaks for a member that is back ends that before the member is heard.
  const isLeaving = memberOf(state, from, env).status === 'leaving';
  if (!isLocked(state, message.mj, env, ...(isLeaving ? [true] : []))) return false;
  // What is open here must end before the group can be free, and what is merged is only answered.
  if (open !== undefined) return open.dataHardened;
  const merged = parityBlockOf(state.parity, message.mj, env).vv[message.mj.slot] ?? 0;
  return isStale(state, message.mj) || message.mj.seq > merged;
}

/**
 * End what a member had open in a group whose parity it says is stale: its block has gone on without, parity is computed
 * anew, and the number of an update may have been used again.
 */
export function endBefore(state: ProxyState, from: Peer, name: GroupName, env: ProxyEnv, out: ProxySink): void {
  const open = updatesOf(state.parity, name).filter(({ entry }) => entry.from === from);
  endHere(state, from, open, env, out);
}

/** End what a member has open of blocks that it is sent anew: its own half is given up there, and counts no more. */
export function endMarked(state: ProxyState, from: Peer, env: ProxyEnv, out: ProxySink): void {
  const open = state.parity.updates.filter(
    ({ entry }) => entry.from === from && !isPair(entry.mj, env) && isMarked(state, entry.mj),
  );
  endHere(state, from, open, env, out);
}

function endHere(state: ProxyState, from: Peer, open: readonly ParityUpdate[], env: ProxyEnv, out: ProxySink): void {
  for (const { stage, entry } of open) {
    const type = stage === 'aside' ? 'abort' : 'data_hardened';
    stepParity(state, { type: 'message', from, message: { type, mj: entry.mj.mj } }, env, out);
  }
}

const mjOf = ({ message }: HeldMessage): JournalId | undefined => {
  if (message.type === 'resolve') return undefined;
  return message.type === 'ios_updatepn' ? message.mj.mj : message.mj;
};

/** The group that a message begins or goes on with an update of, where it names it. */
export const groupOf = (message: ToParity): GroupName | undefined =>
  message.type === 'ios_updatepn' ? message.mj : undefined;

/** Hand over the messages that waited for a group that is free. */
export function tell(state: ProxyState, env: ProxyEnv, out: ProxySink): void {
  for (let before = -1; before !== state.held.length; ) {
    before = state.held.length;
    const held = state.held;
    state.held = [];
    for (const { from, message, speaker } of held) receive(state, from, message, env, out, speaker);
  }
}

/**
 * Whether a block of a group with two parities may be made again from this one beside the updates under way, as parity was
 * before them. While the other parity is back and not up to date none of them may end before that is computed anew, for
 * which this very block may be wanted. So who waits for whom has an order: an update for the other parity, that one for
 * blocks, and a block for nobody who waits for any of these: for drives, for members that have the version of before or say
 * that an update is over, and for updates of which that was said. One that ends meanwhile lets the block be asked for anew.
 * An update of the block itself is outside of that order: what the block is to become is known only when that ends.
 */
export function isStill(state: ProxyState, { kind, slot, gfid, group }: GroupOperation, env: ProxyEnv): boolean {
  const name = { gfid, group };
  const { parity, back } = state;
  const [first, second] = env.pairOf?.(name) ?? [];
  const other = first === env.self ? second : first;
  if (kind !== 'restore' || other === undefined || env.self === undefined) return false;
  if (parity.recovering || !back.includes(other) || back.includes(env.self)) return false;
  if (!env.proxyRules.restoresBeside()) return false;
  const requested = parity.requested.filter(({ mj }) => isGroup(mj, name));
  return (
    requested.every(({ mj, dataHardened }) => mj.slot !== slot && !dataHardened) &&
    updatesOf(parity, name).every(
      ({ stage, entry: { from, mj } }) =>
        (stage === 'merging' || stage === 'hardening') && mj.slot !== slot && !isEnding(state, from, mj),
    )
  );
}

/** Whether no update of a group is under way. */
export function isQuiet({ parity }: ProxyState, name: GroupName): boolean {
  const isOf = ({ mj }: { mj: GroupName }) => isGroup(mj, name);
  return !parity.recovering && updatesOf(parity, name).length === 0 && !parity.requested.some(isOf);
}
