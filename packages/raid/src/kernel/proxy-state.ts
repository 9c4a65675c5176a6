import type { Decoder, Encoder, Handle } from '@holdfast/kernel';
import type { WriteCall } from './data-state.ts';
import type { ToParity, Toughness } from './iom-messages.ts';
import { type Address, decodeMj, encodeMj, type JournalEntry, type JournalId, type Peer } from './journal.ts';
import { KnownRequests } from './known-requests.ts';
import { type BlockName, byBlock, byGroup, type GroupName, NamedTable } from './named-table.ts';
import type { ParityBlock } from './parity-state.ts';
import { decodeParity, encodeParity, initialParity, type ParityEnv, type ParityState } from './parity-state.ts';
import {
  firstProxyId,
  type MemberBlock,
  type ProxyAnswer,
  type ProxyEntry,
  type ReadCall,
  type RemovedEvent,
  type SpaceEvent,
  type StaleBlock,
  type ToProxy,
  type ViewEvent,
} from './proxy-messages.ts';
import type { ProxyRules } from './proxy-rules.ts';

export type ProxyEvent =
  | WriteCall
  | ReadCall
  | ViewEvent
  | SpaceEvent
  | RemovedEvent
  | BlankMember
  | DoubtfulParity
  | ProxyAnswer
  | { readonly type: 'message'; readonly from: Peer; readonly message: ToProxy }
  | { readonly type: 'peer'; readonly peer: Peer; readonly up: boolean }
  | {
      readonly type: 'recovered';
      readonly blocks: readonly ParityBlock[];
      readonly entries: readonly (JournalEntry | ProxyEntry)[];
    };

/** A member that is stopped will come back with nothing: these are its blocks, as far as parity is here. */
export interface BlankMember {
  readonly type: 'blank';
  readonly blocks: readonly MemberBlock[];
}

/** Parity of a group is not what its blocks say, or cannot be read: it is computed anew. */
export interface DoubtfulParity extends GroupName {
  readonly type: 'doubtful';
}

/** A member of a group: where its data IOM is. */
export interface GroupMember {
  readonly peer: Peer;
  readonly lblk: number;
}

export interface ProxyEnv extends ParityEnv {
  /** Data IOMs that are stopped when the first life begins. */
  readonly startsWithout: readonly Peer[];
  readonly proxyRules: ProxyRules;
  /** The members of a group whose parity is here, by slot: the referential map of the object. */
  readonly membersOf: (name: GroupName) => readonly GroupMember[];
  /** Where the parities of a group are that has two, P before Q: as members of other groups, as `self` is. */
  readonly pairOf?: (name: GroupName) => readonly [Peer, Peer] | undefined;
  readonly self?: Peer;
  /** The number by which other I/O managers name a member, and the other way round. Default: the same. */
  readonly nameOf?: (member: Peer) => Peer;
  readonly memberNamed?: (name: Peer) => Peer;
}

/**
 * What a member is to the proxy.
 * - `apart`: not heard since its link came up.
 * - `member`: it was welcomed, and the journaled write runs with it.
 * - `out`: the view says that it is stopped, and the proxy stands in for it.
 * - `leaving`: it is back, and the proxy ends what it began for it.
 */
export const memberStatuses = ['apart', 'member', 'out', 'leaving'] as const;
export type MemberStatus = (typeof memberStatuses)[number];

export interface Member {
  status: MemberStatus;
  linked: boolean;
  /** It said in this life of the proxy which parity it knows to be stale. */
  heard: boolean;
  /** The last view that left it out; -1: none in this life of the proxy. */
  lastOut: number;
  /** What is open of it, while it is stopped, is known for certain. */
  settled: boolean;
  /** Who wants to know that, to speak in its place. */
  asking: Peer[];
  /** Who said, in the view that it is back in, that nothing is under way any more in its place. */
  over: Peer[];
  /** It is known that nobody speaks in its place for a reason of before this life. */
  isCleared: boolean;
  /** What it said in the place of others before that was known here. */
  early: Extract<ToProxy, { type: 'in_place' }>[];
  /** What it said, to be looked at once the view is that of `epoch` or a later one. */
  hello: { readonly epoch: number; readonly stale: readonly GroupName[] } | undefined;
}

/**
 * - `read`: for a caller, of a block whose data IOM is away. `write`: the same.
 * - `restore`: for a member that is back.
 * - `encode`: parity is computed anew.
 */
export const operationKinds = ['read', 'write', 'restore', 'encode'] as const;
export type OperationKind = (typeof operationKinds)[number];

/** - `ready`: the block is known, an address is missing. */
export const operationStages = [
  'waiting',
  'gathering',
  'summing',
  'ready',
  'folding',
  'hardening',
  'journaling',
] as const;
export type OperationStage = (typeof operationStages)[number];

/** What the proxy does with a group, alone: until it is over no update of the group begins. */
export interface GroupOperation extends MemberBlock {
  readonly kind: OperationKind;
  stage: OperationStage;
  id: JournalId;
  /** 0: none, or answered. */
  call: number;
  readonly client: number;
  readonly request: number;
  readonly payload: Handle;
  readonly writeStart: number;
  readonly writeBytes: number;
  readonly toughness: Toughness;
  /** The block, and its update, as the caller read them, where it lies at nobody who can be asked. */
  readonly old: Handle;
  readonly oldSeq: number;
  /** By slot: what members said; 0 until they did. */
  values: Handle[];
  /** The versions they were asked for, or have where any was. */
  seqs: number[];
  asked: boolean[];
  /** The block, once it was summed up. */
  value: Handle;
  /** The slot of a block that the value is a sum with; that of the block itself: none. */
  beside: number;
  address: Address;
  checksum: number;
  hardened: boolean;
}

/** An update of a stopped member that ends when its mark is durable. */
export interface EndingUpdate {
  readonly id: JournalId;
  readonly from: Peer;
  readonly mj: JournalId;
}

export interface HeldMessage {
  readonly from: Peer;
  readonly message: ToParity;
  /** Who said it in the place of `from`. */
  readonly speaker?: Peer | undefined;
}

export interface ProxyState {
  parity: ParityState;
  /** The view; -1 until one is durable everywhere in this life. */
  epoch: number;
  /** The first view of this life; -1: none yet. */
  firstEpoch: number;
  returning: boolean;
  /** Members that are stopped, and those that are back and not up to date. */
  out: readonly Peer[];
  back: readonly Peer[];
  /** By index in the peers of the parity IOM. */
  members: Member[];
  marks: NamedTable<BlockName, StaleBlock>;
  requests: KnownRequests;
  /** Groups whose parity is stale. */
  stale: NamedTable<GroupName, GroupName>;
  operations: GroupOperation[];
  held: HeldMessage[];
  ending: EndingUpdate[];
  nextId: JournalId;
}

export const initialProxy = (env: ProxyEnv): ProxyState => ({
  parity: initialParity(env),
  epoch: env.incarnation === 0 ? 0 : -1,
  firstEpoch: env.incarnation === 0 ? 0 : -1,
  returning: false,
  out: env.incarnation === 0 ? env.startsWithout : [],
  back: [],
  members: env.peers.map((peer) => {
    const alone = { settled: false, asking: [], over: [], isCleared: env.incarnation === 0, early: [] };
    const unknown = { linked: false, heard: false, lastOut: -1, hello: undefined, ...alone };
    if (env.incarnation > 0) return { status: 'apart', ...unknown };
    // When everything begins nobody has anything open.
    if (env.startsWithout.includes(peer)) return { status: 'out', ...unknown, lastOut: 0, settled: true };
    return { status: 'member', linked: true, heard: true, lastOut: -1, hello: undefined, ...alone };
  }),
  marks: new NamedTable(byBlock),
  requests: new KnownRequests(),
  stale: new NamedTable(byGroup),
  operations: [],
  held: [],
  ending: [],
  nextId: firstProxyId(env.incarnation),
});

export const memberOf = (state: ProxyState, peer: Peer, env: ProxyEnv): Member =>
  state.members[env.peers.indexOf(peer)]!;

export const peerOf = (name: MemberBlock, env: ProxyEnv): Peer => env.membersOf(name)[name.slot]!.peer;

/** Who speaks for the stopped members of a group with two parities: the first parity IOM that is there and up to date. */
export const headOf = (state: ProxyState, name: GroupName, env: ProxyEnv): Peer | undefined =>
  env.pairOf?.(name)?.find((peer) => !state.out.includes(peer) && !state.back.includes(peer));

export const isPair = (name: GroupName, env: ProxyEnv): boolean => env.pairOf?.(name) !== undefined;

/** Whether the second parity of a group is here. */
export const codeOf = (name: GroupName, { pairOf, self }: ProxyEnv): { readonly code?: 'q' } =>
  pairOf?.(name)?.[1] === self && self !== undefined ? { code: 'q' } : {};

export const isStale = (state: ProxyState, name: GroupName): boolean => state.stale.has(name);

export function mark({ marks }: ProxyState, { gfid, lblk, group, slot, seq }: StaleBlock): void {
  if ((marks.get({ gfid, lblk })?.seq ?? 0) < seq) marks.set({ gfid, lblk, group, slot, seq });
}

/** Whether there was a mark of that update, or of one before. */
export function unmark({ marks }: ProxyState, block: BlockName & { readonly seq: number }): boolean {
  const known = marks.get(block);
  return known !== undefined && known.seq <= block.seq && marks.delete(block);
}

const encodeGroup = ({ gfid, group }: GroupName, to: Encoder): void => {
  to.uint(gfid);
  to.uint(group);
};
const decodeGroup = (from: Decoder): GroupName => ({ gfid: from.uint(), group: from.uint() });

export function encodeStale({ gfid, lblk, group, slot, seq }: StaleBlock, to: Encoder): void {
  to.uint(gfid);
  to.uint(lblk);
  to.uint(group);
  to.uint(slot);
  to.uint(seq);
}

export const decodeStale = (from: Decoder): StaleBlock => ({
  gfid: from.uint(),
  lblk: from.uint(),
  group: from.uint(),
  slot: from.uint(),
  seq: from.uint(),
});

export function encodeProxy(state: ProxyState, into: Encoder): void {
  encodeParity(state.parity, into);
  into.int(state.epoch);
  into.int(state.firstEpoch);
  into.flag(state.returning);
  into.list(state.out, (peer, to) => to.uint(peer));
  into.list(state.back, (peer, to) => to.uint(peer));
  into.list(state.members, ({ status, linked, heard, lastOut, settled, asking, over, isCleared, early, hello }, to) => {
    to.uint(memberStatuses.indexOf(status));
    to.flag(linked);
    to.flag(heard);
    to.int(lastOut);
    to.flag(settled);
    to.list(asking, (peer, each) => each.uint(peer));
    to.list(over, (peer, each) => each.uint(peer));
    to.flag(isCleared);
    to.list(early, encodeEarly);
    to.int(hello?.epoch ?? -1);
    to.list(hello?.stale ?? [], encodeGroup);
  });
  state.marks.encode(into, encodeStale);
  state.requests.encode(into);
  state.stale.encode(into, encodeGroup);
  into.list(state.operations, encodeOperation);
  into.list(state.held, encodeHeld);
  into.list(state.ending, ({ id, from, mj }, to) => {
    to.uint(id);
    to.uint(from);
    to.uint(mj);
  });
  into.uint(state.nextId);
}

export const decodeProxy = (from: Decoder): ProxyState => ({
  parity: decodeParity(from),
  epoch: from.int(),
  firstEpoch: from.int(),
  returning: from.flag(),
  out: from.list((each) => each.uint()),
  back: from.list((each) => each.uint()),
  members: from.list((each) => {
    const status = memberStatuses[each.uint()]!;
    const linked = each.flag();
    const heard = each.flag();
    const lastOut = each.int();
    const settled = each.flag();
    const asking = each.list((peer) => peer.uint());
    const over = each.list((peer) => peer.uint());
    const isCleared = each.flag();
    const early = each.list(decodeEarly);
    const epoch = each.int();
    const stale = each.list(decodeGroup);
    const told = epoch < 0 ? undefined : { epoch, stale };
    return { status, linked, heard, lastOut, settled, asking, over, isCleared, early, hello: told };
  }),
  marks: NamedTable.decode(byBlock, from, decodeStale),
  requests: KnownRequests.decode(from),
  stale: NamedTable.decode(byGroup, from, decodeGroup),
  operations: from.list(decodeOperation),
  held: from.list(decodeHeld),
  ending: from.list((each) => ({ id: each.uint(), from: each.uint(), mj: each.uint() })),
  nextId: from.uint(),
});

const encodeNumber = (number: number, to: Encoder): void => to.int(number);

function encodeOperation(operation: GroupOperation, to: Encoder): void {
  to.uint(operationKinds.indexOf(operation.kind));
  to.uint(operationStages.indexOf(operation.stage));
  for (const field of operationNumbers) to.uint(operation[field]);
  to.list(operation.values, encodeNumber);
  to.list(operation.seqs, encodeNumber);
  to.list(operation.asked, (asked, each) => each.flag(asked));
  to.flag(operation.hardened);
}

const operationNumbers = [
  'id',
  'gfid',
  'lblk',
  'group',
  'slot',
  'call',
  'client',
  'request',
  'payload',
  'writeStart',
  'writeBytes',
  'toughness',
  'old',
  'oldSeq',
  'value',
  'beside',
  'address',
  'checksum',
] as const;

function decodeOperation(from: Decoder): GroupOperation {
  const kind = operationKinds[from.uint()]!;
  const stage = operationStages[from.uint()]!;
  const numbers = Object.fromEntries(operationNumbers.map((field) => [field, from.uint()])) as Pick<
    GroupOperation,
    (typeof operationNumbers)[number]
  >;
  const values = from.list((each) => each.int());
  const seqs = from.list((each) => each.int());
  const asked = from.list((each) => each.flag());
  return { kind, stage, ...numbers, values, seqs, asked, hardened: from.flag() };
}

const messageTypes = ['ios_updatepn', 'delta', 'data_hardened', 'recall', 'abort', 'resolve'] as const;

function encodeHeld({ from, message, speaker }: HeldMessage, to: Encoder): void {
  to.uint(from);
  encodeMessage(message, to);
  to.uint(speaker === undefined ? 0 : speaker + 1);
}

function encodeMessage(message: ToParity, to: Encoder): void {
  to.uint(messageTypes.indexOf(message.type));
  if (message.type === 'ios_updatepn') encodeMj(message.mj, to);
  else to.uint(message.type === 'resolve' ? 0 : message.mj);
  to.uint('delta' in message ? message.delta : 0);
  to.flag(('code' in message && message.code === 'q') || ('away' in message && message.away === true));
}

function decodeHeld(from: Decoder): HeldMessage {
  const held = { from: from.uint(), message: decodeMessage(from) };
  const speaker = from.uint();
  return speaker === 0 ? held : { ...held, speaker: speaker - 1 };
}

function decodeMessage(from: Decoder): ToParity {
  const type = messageTypes[from.uint()]!;
  const mj = type === 'ios_updatepn' ? decodeMj(from) : from.uint();
  const delta = from.uint();
  const flag = from.flag();
  if (type === 'resolve') return { type };
  const hasDelta = type === 'ios_updatepn' || type === 'delta';
  const flagged = {
    ...(flag && type === 'ios_updatepn' && { code: 'q' }),
    ...(flag && type === 'data_hardened' && { away: true }),
  };
  return (hasDelta ? { type, mj, delta, ...flagged } : { type, mj, ...flagged }) as ToParity;
}

type Early = Member['early'][number];

function encodeEarly({ of, message }: Early, to: Encoder): void {
  to.uint(of);
  encodeMessage(message, to);
}

const decodeEarly = (from: Decoder): Early => ({ type: 'in_place', of: from.uint(), message: decodeMessage(from) });
