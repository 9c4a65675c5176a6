import type { Handle } from '@holdfast/kernel';
import { encodesInFlightMax, proxyCallsMax } from '../limits.ts';
import { giveAddress, takeAddress } from './address-pool.ts';
import type { WriteCall } from './data-state.ts';
import type { Peer } from './journal.ts';
import { type GroupName, isGroup } from './named-table.ts';
import { hasGap, parityBlockOf } from './parity-state.ts';
import { mayEncode, mayRun, witnessesOf } from './proxy-locks.ts';
import {
  anySeq,
  type MemberBlock,
  type ProxyAnswer,
  type ProxyEntry,
  type ProxySink,
  type ReadCall,
  type ToProxy,
} from './proxy-messages.ts';
import { end, groupOf, isQuiet, isStill } from './proxy-parity.ts';
import {
  codeOf,
  type GroupOperation,
  headOf,
  isPair,
  isStale,
  mark,
  memberOf,
  type OperationKind,
  type ProxyEnv,
  type ProxyState,
  peerOf,
  unmark,
} from './proxy-state.ts';

const noCall = {
  call: 0,
  client: 0,
  request: 0,
  payload: 0,
  writeStart: 0,
  writeBytes: 0,
  toughness: 0,
  old: 0,
  oldSeq: 0,
} as const;

type Asked = Partial<Pick<GroupOperation, keyof typeof noCall>>;

function add(state: ProxyState, kind: OperationKind, { gfid, lblk, group, slot }: MemberBlock, asked: Asked): void {
  const fresh = { values: [], seqs: [], asked: [], value: 0, beside: slot, address: 0, checksum: 0, hardened: false };
  const id = state.nextId++;
  const operation: GroupOperation = {
    kind,
    stage: 'waiting',
    id,
    gfid,
    lblk,
    group,
    slot,
    ...noCall,
    ...asked,
    ...fresh,
  };
  state.operations = [...state.operations, operation];
}

/** A call for a block whose data IOM is stopped. */
export function proposed(state: ProxyState, call: ReadCall | WriteCall, env: ProxyEnv, out: ProxySink): void {
  const isOthers =
    isPair(call, env) && (headOf(state, call, env) !== env.self || call.type === 'read' || call.old === undefined);
  if (memberOf(state, peerOf(call, env), env).status !== 'out' || isOthers) {
    out.reply(call.call, { outcome: 'elsewhere', toughness: 0 });
  } else if (state.operations.length >= proxyCallsMax) {
    out.reply(call.call, { outcome: 'busy', toughness: 0 });
  } else if (call.type === 'read') {
    add(state, 'read', call, { call: call.call });
  } else {
    const { client, request, payload, writeStart, writeBytes, toughness, old } = call;
    const what = { client, request, payload, writeStart, writeBytes, toughness };
    add(state, 'write', call, { call: call.call, ...what, ...(old && { old: old.value, oldSeq: old.seq }) });
  }
}

/** A member that is back asks for one of its blocks. */
export function restoreAsked(state: ProxyState, block: MemberBlock): void {
  add(state, 'restore', block, {});
}

/** The data IOM is back: what has not changed anything yet is done there. */
export function giveBack(state: ProxyState, peer: Peer, env: ProxyEnv, out: ProxySink): void {
  for (const operation of state.operations) {
    if (operation.kind === 'encode' || peerOf(operation, env) !== peer) continue;
    if (operation.stage !== 'waiting' && operation.stage !== 'gathering') continue;
    if (operation.call !== 0) out.reply(operation.call, { outcome: 'elsewhere', toughness: 0 });
    finish(state, operation);
  }
}

/** A member is gone: it is asked for nothing, and asks for nothing. */
export function memberLost(state: ProxyState, peer: Peer, env: ProxyEnv): void {
  state.operations = state.operations.filter(
    (operation) => operation.kind !== 'restore' || peerOf(operation, env) !== peer,
  );
  for (const operation of state.operations) {
    const members = env.membersOf(operation);
    operation.asked = operation.asked.map((asked, slot) => asked && members[slot]?.peer !== peer);
  }
}

export function memberValue(
  state: ProxyState,
  { question, slot, seq, value }: Extract<ToProxy, { type: 'member_value' }>,
): void {
  const operation = state.operations.find(({ id, stage }) => stage === 'gathering' && id === question);
  if (operation?.asked[slot] !== true) return;
  operation.asked[slot] = false;
  operation.values[slot] = value;
  if (operation.kind === 'encode') operation.seqs[slot] = seq;
}

/** Go on with every operation as far as it can, one of a group at a time. */
export function advance(state: ProxyState, env: ProxyEnv, out: ProxySink): void {
  beginEncodes(state, env);
  const begun: GroupName[] = [];
  for (const operation of [...state.operations]) {
    if (operation.stage === 'gathering') beginAnew(state, operation, env);
    if (!mayRun(state, operation, env) || begun.some((name) => isGroup(name, operation))) continue;
    if (env.proxyRules.locksGroup()) begun.push(operation);
    if (operation.stage === 'waiting') begin(state, operation, env, out);
    if (operation.stage === 'gathering') gather(state, operation, env, out);
    if (operation.stage === 'ready') change(state, operation, env, out);
  }
}

/** Some groups at a time, those first that an update waits for. */
function beginEncodes(state: ProxyState, env: ProxyEnv): void {
  if (state.stale.size === 0) return;
  const underWay = state.operations.filter(({ kind }) => kind === 'encode');
  let room = encodesInFlightMax - underWay.length;
  const wanted = state.held.flatMap(({ message }) => groupOf(message) ?? []).filter((name) => isStale(state, name));
  for (const { gfid, group } of [wanted, state.stale].flatMap((names) => [...names])) {
    if (room <= 0) return;
    const isUnderWay = state.operations.some((each) => each.kind === 'encode' && isGroup(each, { gfid, group }));
    if (isUnderWay || !mayEncode(state, { gfid, group }, env)) continue;
    add(state, 'encode', { gfid, group, lblk: 0, slot: 0 }, {});
    room--;
  }
}

/** What was begun beside an update, which ended: parity is another one, and the members have the version of before no more. */
function beginAnew(state: ProxyState, operation: GroupOperation, env: ProxyEnv): boolean {
  if (operation.kind !== 'restore') return false;
  const { vv } = parityBlockOf(state.parity, operation, env);
  const isOutrun = operation.values.some((value, slot) => {
    const isAsked = value !== 0 || operation.asked[slot] === true;
    return isAsked && operation.seqs[slot] !== (vv[slot] ?? 0);
  });
  // Under another number: what was asked before may still be answered.
  if (isOutrun) Object.assign(operation, { stage: 'waiting', id: state.nextId++ });
  return isOutrun;
}

function begin(state: ProxyState, operation: GroupOperation, env: ProxyEnv, out: ProxySink): void {
  const mayBegin = isQuiet(state, operation) || isStill(state, operation, env);
  if (env.proxyRules.waitsForQuiet() && !mayBegin) return;
  const isRepeated = state.requests
    .of(operation)
    .some(({ client, request }) => client === operation.client && env.proxyRules.isRetry(operation.request, request));
  if (operation.kind === 'write' && isRepeated) {
    out.reply(operation.call, { outcome: 'done', toughness: 2 });
    finish(state, operation);
    return;
  }
  if (operation.kind === 'write' && operation.old !== 0) {
    writeElsewhere(state, operation, env, out);
    return;
  }
  operation.stage = 'gathering';
  const slots = env.membersOf(operation).length;
  operation.values = Array.from({ length: slots }, () => 0);
  operation.seqs = Array.from({ length: slots }, () => 0);
  operation.asked = Array.from({ length: slots }, () => false);
}

/** In a group with two parities the data IOM beside this parity IOM writes for the one that is stopped, if its block is as it was read. */
function writeElsewhere(state: ProxyState, operation: GroupOperation, env: ProxyEnv, out: ProxySink): void {
  const { gfid, lblk, group, slot, call, client, request, payload, writeStart, writeBytes, toughness } = operation;
  const { old: value, oldSeq: seq } = operation;
  finish(state, operation);
  if ((parityBlockOf(state.parity, operation, env).vv[slot] ?? 0) !== seq) {
    out.reply(call, { outcome: 'elsewhere', toughness: 0 });
    return;
  }
  const nameOf = (member: Peer) => env.nameOf?.(member) ?? member;
  const [parity, second] = env.pairOf!(operation)!.map(nameOf) as [Peer, Peer];
  const where = { gfid, lblk, group, slot, parity, second };
  const what = { client, request, payload, writeStart, writeBytes, toughness, old: { value, seq } };
  out.deliver({
    type: 'write_for',
    of: nameOf(peerOf(operation, env)),
    call: { type: 'write', call, ...where, ...what },
  });
}

/** Ask the members for their blocks, and go on when all are there. */
function gather(state: ProxyState, operation: GroupOperation, env: ProxyEnv, out: ProxySink): void {
  const { gfid, group, id } = operation;
  const { vv, address } = parityBlockOf(state.parity, operation, env);
  if (operation.kind !== 'encode' && hasGap(vv)) return;
  const beside = besideOf(state, operation, env);
  let missing = false;
  for (const [slot, { peer, lblk }] of env.membersOf(operation).entries()) {
    if (operation.kind !== 'encode' && (slot === operation.slot || slot === beside)) continue;
    const seq = operation.kind === 'encode' ? anySeq : (vv[slot] ?? 0);
    if (operation.values[slot] !== 0) continue;
    missing = true;
    if (operation.asked[slot] === true || memberOf(state, peer, env).status !== 'member') continue;
    operation.asked[slot] = true;
    operation.seqs[slot] = seq;
    out.send(peer, { type: 'member_read', question: id, gfid, lblk, group, slot, seq });
  }
  if (missing) return;
  if (operation.kind === 'encode') operation.stage = 'ready';
  else {
    operation.stage = 'summing';
    const { values: parts, slot } = operation;
    operation.beside = beside ?? operation.slot;
    // What is a sum with another block is divided by nobody but who takes that out.
    out.deliver({ type: 'sum', id, address, parts, slot: beside === undefined ? slot : 0, ...codeOf(operation, env) });
  }
}

/** With two parities: the other block of a group that is missing as well, which the two together tell. */
function besideOf(state: ProxyState, operation: GroupOperation, env: ProxyEnv): number | undefined {
  if (operation.kind !== 'restore' || !isPair(operation, env)) return undefined;
  const { gfid } = operation;
  const missing = [...env.membersOf(operation).entries()].filter(
    ([slot, { peer, lblk }]) =>
      slot !== operation.slot &&
      operation.values[slot] === 0 &&
      (state.marks.has({ gfid, lblk }) || memberOf(state, peer, env).status !== 'member'),
  );
  return missing.length === 1 ? missing[0]![0] : undefined;
}

/** Compute the new parity, for an address of its own. */
function change(state: ProxyState, operation: GroupOperation, env: ProxyEnv, out: ProxySink): void {
  const newAddress = takeAddress(state.parity.pool);
  if (newAddress === undefined) return;
  const { id, value, payload, writeStart, writeBytes, values } = operation;
  operation.address = newAddress;
  operation.stage = 'folding';
  if (operation.kind === 'encode') {
    out.deliver({ type: 'encode', id, newAddress, parts: values, ...codeOf(operation, env) });
    return;
  }
  const oldAddress = parityBlockOf(state.parity, operation, env).address;
  out.deliver({ type: 'fold', id, oldAddress, newAddress, old: value, payload, writeStart, writeBytes });
  if (!env.proxyRules.answersDurably()) answer(operation, out);
}

type StorageAnswer = Exclude<ProxyAnswer, { type: 'journaled' }>;

/** What the storage said of an operation. */
export function answered(state: ProxyState, event: StorageAnswer, env: ProxyEnv, out: ProxySink): void {
  const operation = state.operations.find(({ id }) => id === event.id);
  if (operation === undefined) return;
  switch (event.type) {
    case 'summed':
      summed(state, operation, event.value, env, out);
      break;
    case 'combined':
      operation.checksum = event.checksum;
      operation.stage = 'hardening';
      out.deliver({ type: 'harden', id: operation.id, address: operation.address });
      if (!env.proxyRules.hardensFirst()) journalMove(state, operation, env, out);
      break;
    case 'hardened':
      operation.hardened = true;
      if (operation.stage === 'hardening') journalMove(state, operation, env, out);
      break;
  }
}

function summed(state: ProxyState, operation: GroupOperation, value: Handle, env: ProxyEnv, out: ProxySink): void {
  const { gfid, lblk, slot, call } = operation;
  operation.value = value;
  if (operation.kind === 'write') {
    operation.stage = 'ready';
    return;
  }
  finish(state, operation);
  if (operation.kind === 'read') {
    out.reply(call, { outcome: 'done', toughness: 2, value });
    return;
  }
  const { vv } = parityBlockOf(state.parity, operation, env);
  const seq = vv[slot] ?? 0;
  const isAlone = operation.beside === slot;
  const beside = isAlone ? {} : { beside: { slot: operation.beside, seq: vv[operation.beside] ?? 0 } };
  const applied = state.requests.of(operation).map(({ client, request }) => ({ client, request }));
  out.send(peerOf(operation, env), { type: 'restore_value', gfid, lblk, seq, value, applied, ...beside });
  if (!env.proxyRules.unmarksWhenRestored()) forget(state, { gfid, lblk, seq }, out);
}

/** The new parity is durable: say so in the log, which makes it count. */
function journalMove(state: ProxyState, operation: GroupOperation, env: ProxyEnv, out: ProxySink): void {
  operation.stage = 'journaling';
  out.deliver({ type: 'journal', entry: moveOf(state, operation, env) });
  const isEarly = operation.kind === 'encode' && !env.proxyRules.freshWhenDurable();
  if (isEarly) sayFresh(operation, env, out);
}

function moveOf(state: ProxyState, operation: GroupOperation, env: ProxyEnv): ProxyEntry {
  const { id, gfid, lblk, group, slot, address, checksum, client, request, seqs } = operation;
  if (operation.kind === 'encode') return { type: 'encoded', id, gfid, group, address, checksum, vv: [...seqs] };
  const seq = (parityBlockOf(state.parity, operation, env).vv[slot] ?? 0) + 1;
  return { type: 'proxied', id, gfid, lblk, group, slot, seq, address, checksum, client, request };
}

/** An entry of the proxy is durable. */
export function journaledMove(
  state: ProxyState,
  entry: Extract<ProxyAnswer, { type: 'journaled' }>['entry'],
  env: ProxyEnv,
  out: ProxySink,
): void {
  if (entry.type === 'marked') {
    end(state, entry.id, env, out);
    return;
  }
  if (entry.type !== 'proxied' && entry.type !== 'encoded') return;
  const operation = state.operations.find(({ id }) => id === entry.id);
  const block = parityBlockOf(state.parity, entry, env);
  giveAddress(state.parity.pool, block.address);
  block.address = entry.address;
  if (entry.type === 'encoded') {
    block.vv = [...entry.vv];
    state.stale.delete(entry);
  } else {
    const length = Math.max(block.vv.length, entry.slot + 1);
    block.vv = Array.from({ length }, (_, slot) => (slot === entry.slot ? entry.seq : (block.vv[slot] ?? 0)));
    if (env.proxyRules.marksWrites()) mark(state, entry);
    state.requests.know(0, entry);
  }
  if (operation === undefined) return;
  finish(state, operation);
  if (entry.type === 'encoded') {
    if (env.proxyRules.freshWhenDurable()) sayFresh(operation, env, out);
  } else answer(operation, out);
}

function sayFresh({ gfid, group }: GroupOperation, env: ProxyEnv, out: ProxySink): void {
  out.trace('parity fresh', group);
  for (const peer of witnessesOf({ gfid, group }, env)) {
    out.send(peer, { type: 'parity_fresh', gfid, group });
  }
}

function answer(operation: GroupOperation, out: ProxySink): void {
  if (operation.call === 0) return;
  out.reply(operation.call, { outcome: 'done', toughness: operation.toughness });
  operation.call = 0;
}

function finish(state: ProxyState, operation: GroupOperation): void {
  state.operations = state.operations.filter((other) => other !== operation);
}

/** A block is durable where it belongs. */
export function forget(
  state: ProxyState,
  { gfid, lblk, seq }: { gfid: number; lblk: number; seq: number },
  out: ProxySink,
): void {
  if (!unmark(state, { gfid, lblk, seq })) return;
  out.deliver({ type: 'journal', entry: { type: 'unmarked', id: state.nextId++, gfid, lblk, seq } });
}

/**
 * A member will come back with nothing: each of its blocks that parity knows is as stale as one that was written, from
 * when that is on record. It does not come back before.
 */
export function memberBlank(state: ProxyState, blocks: readonly MemberBlock[], env: ProxyEnv, out: ProxySink): void {
  for (const { gfid, lblk, group, slot } of blocks) {
    const seq = parityBlockOf(state.parity, { gfid, group }, env).vv[slot] ?? 0;
    if (seq === 0 || state.marks.get({ gfid, lblk })?.seq === seq) continue;
    const stale = { gfid, lblk, group, slot, seq };
    const nobody = { client: 0, request: 0 };
    mark(state, stale);
    out.deliver({ type: 'journal', entry: { type: 'marked', id: state.nextId++, ...stale, ...nobody } });
  }
}

/** What waits for a removed object is over; what is on its way to the disk ends as it is. */
export function objectRemoved(state: ProxyState, gfid: number, out: ProxySink): void {
  for (const block of [...state.marks]) if (block.gfid === gfid) state.marks.delete(block);
  for (const name of [...state.stale]) if (name.gfid === gfid) state.stale.delete(name);
  for (const operation of state.operations) {
    const isIdle = operation.stage === 'waiting' || operation.stage === 'gathering';
    if (operation.gfid !== gfid || !isIdle) continue;
    if (operation.call !== 0) out.reply(operation.call, { outcome: 'elsewhere', toughness: 0 });
    finish(state, operation);
  }
}

/** Parity that is found wrong is computed anew, unless only it has a block of a member that is away or not up to date. */
export function parityDoubtful(state: ProxyState, { gfid, group }: GroupName, env: ProxyEnv): void {
  const hasOnly = env.membersOf({ gfid, group }).some(({ lblk }) => state.marks.has({ gfid, lblk }));
  if (hasOnly && env.proxyRules.keepsOnlyCopy()) return;
  if (mayEncode(state, { gfid, group }, env)) state.stale.set({ gfid, group });
}
