import type { Decoder, Encoder, Handle } from '@holdfast/kernel';
import {
  type DataBlock,
  type DataEnv,
  type DataState,
  decodeData,
  encodeData,
  initialData,
  type WriteCall,
} from './data-state.ts';
import type { Toughness } from './iom-messages.ts';
import { type Address, decodeSecond, encodeSecond, type JournalEntry, type JournalId, type Peer } from './journal.ts';
import { type BlockName, byBlock, byGroup, type GroupName, isBlock, NamedTable, type Naming } from './named-table.ts';
import {
  type AppliedRequest,
  firstDeputyId,
  firstProxyId,
  type MemberBlock,
  type MissingBlock,
  type ProxyAnswer,
  type ProxyEntry,
  type RemovedEvent,
  type SpaceEvent,
  type StaleBlock,
  type ToMember,
  type ViewEvent,
} from './proxy-messages.ts';
import type { ProxyRules } from './proxy-rules.ts';
import { decodeStale, encodeStale } from './proxy-state.ts';

export type ResyncEvent =
  | WriteCall
  /** A write in the place of a member, from the parity IOM beside this one. */
  | { readonly type: 'write_for'; readonly of: Peer; readonly call: WriteCall }
  | ViewEvent
  | SpaceEvent
  | RemovedEvent
  | BlankParity
  | ProxyAnswer
  | { readonly type: 'message'; readonly from: Peer; readonly message: ToMember }
  | { readonly type: 'peer'; readonly peer: Peer; readonly up: boolean }
  | {
      readonly type: 'recovered';
      readonly blocks: readonly DataBlock[];
      readonly entries: readonly (JournalEntry | ProxyEntry)[];
    };

/** A parity IOM that is stopped will come back with nothing: these groups of ours have their parity there. */
export interface BlankParity {
  readonly type: 'blank';
  readonly peer: Peer;
  readonly groups: readonly GroupName[];
}

export interface ResyncEnv extends DataEnv {
  /** Parity IOMs that are stopped when the first life begins. */
  readonly startsWithout: readonly Peer[];
  readonly proxyRules: ProxyRules;
  /** This I/O manager as a parity IOM, where there are groups with two parities: it is among the peers. */
  readonly self?: Peer;
  /** The parity IOMs of a group, P before Q. Default: who said that a block changed is the only one. */
  readonly paritiesOf?: (name: GroupName) => readonly Peer[];
}

/**
 * What a parity IOM is to a data IOM.
 * - `apart`: not spoken to since the link came up.
 * - `greeted`: hello was said.
 * - `partner`: it answered, and the journaled write runs with it.
 * - `replaced`: the view says that it is stopped, and writes go on without parity.
 */
export const partnerStatuses = ['apart', 'greeted', 'partner', 'replaced'] as const;
export type PartnerStatus = (typeof partnerStatuses)[number];

export interface Partner {
  status: PartnerStatus;
  linked: boolean;
  /** The view leaves it out. */
  out: boolean;
  /** The view of the first hello since it was apart. */
  greeting: number;
  /** It said in this life which blocks changed, or nobody could: what is not stale by that is up to date. */
  heard: boolean;
}

/** A block that changed while this member was away, and nobody is asked for yet. */
export interface StaleHere extends StaleBlock {
  readonly peer: Peer;
}

/** - `taking`: the block is here and waits for an address. */
export const restoreStages = ['asked', 'taking', 'placing', 'hardening', 'journaling'] as const;

/** A block of this member in a sum with another one that is missing as well, as a parity IOM tells it. */
export interface RestoredSum {
  readonly from: Peer;
  readonly value: Handle;
  readonly seq: number;
  readonly beside: MissingBlock;
}

/** A stale block that is being restored. */
export interface RestoringBlock extends StaleHere {
  readonly id: JournalId;
  stage: (typeof restoreStages)[number];
  /** The version that was sent. */
  found: number;
  value: Handle;
  /** Where it came as a sum with another block: what each parity IOM said. */
  sums: readonly RestoredSum[];
  applied: readonly AppliedRequest[];
  address: Address;
  checksum: number;
}

/** A group of which this member's block changed and parity did not. */
export interface StaleParity extends GroupName {
  readonly peer: Peer;
}

const byParity: Naming<StaleParity> = {
  key: (name) => `${name.peer}.${byGroup.key(name)}`,
  compare: (a, b) => a.peer - b.peer || byGroup.compare(a, b),
};

/** A proxy wants to know a block of this member. */
export interface MemberRead extends MemberBlock {
  readonly from: Peer;
  readonly question: JournalId;
  readonly seq: number;
  readonly id: JournalId;
  reading: boolean;
  /** The version that is being read. */
  found: number;
}

/** What speaks in the place of a data IOM that is stopped, in groups with two parities. */
export interface Deputy {
  readonly of: Peer;
  data: DataState;
  /** The data IOM is back: nothing is begun any more. */
  isClosing: boolean;
}

/** What a deputy asked the storage for, under a number of its own. */
export interface DeputyRequest {
  readonly id: JournalId;
  readonly of: Peer;
  readonly mj: JournalId;
}

export interface ResyncState {
  data: DataState;
  deputies: Deputy[];
  deputyRequests: DeputyRequest[];
  nextDeputyId: JournalId;
  /** Members that are back and not up to date. */
  back: readonly Peer[];
  /** The view; -1 until one is durable everywhere in this life. */
  epoch: number;
  returning: boolean;
  /** By index in the peers of the data IOM. */
  partners: Partner[];
  stale: NamedTable<BlockName, StaleHere>;
  restoring: RestoringBlock[];
  staleParity: NamedTable<StaleParity, StaleParity>;
  reads: MemberRead[];
  /** Calls that wait for a block to be restored, or for their parity IOM to be heard. */
  calls: WriteCall[];
  /** Objects that were removed while a member is not up to date: a welcome on its way may still name their blocks. */
  removed: Set<number>;
  nextId: JournalId;
}

export const initialResync = (env: ResyncEnv): ResyncState => ({
  data: initialData(env),
  // When everything begins nobody has anything open.
  deputies: (env.incarnation === 0 && env.self !== undefined ? env.startsWithout : []).map((of) => ({
    of,
    data: { ...initialData({ ...env, addresses: [] }), recovering: false },
    isClosing: false,
  })),
  deputyRequests: [],
  nextDeputyId: firstDeputyId(env.incarnation, env.self ?? 0),
  back: [],
  epoch: env.incarnation === 0 ? 0 : -1,
  returning: false,
  partners: env.peers.map((peer) => {
    const unknown = { linked: false, out: false, greeting: 0, heard: env.incarnation === 0 };
    if (env.incarnation > 0) return { status: 'apart', ...unknown };
    if (env.startsWithout.includes(peer)) return { status: 'replaced', ...unknown, out: true };
    return { status: 'partner', ...unknown, linked: true };
  }),
  stale: new NamedTable(byBlock),
  restoring: [],
  staleParity: new NamedTable(byParity),
  reads: [],
  calls: [],
  removed: new Set(),
  nextId: firstProxyId(env.incarnation),
});

export const partnerOf = (state: ResyncState, peer: Peer, env: ResyncEnv): Partner =>
  state.partners[env.peers.indexOf(peer)]!;

/** Whether a block changed while this member was away, and is not restored. */
export const isStaleHere = ({ stale, restoring }: ResyncState, block: BlockName): boolean =>
  stale.has(block) || restoring.some((each) => isBlock(each, block));

export function encodeResync(state: ResyncState, into: Encoder): void {
  encodeData(state.data, into);
  into.list(state.deputies, ({ of, data, isClosing }, to) => {
    to.uint(of);
    encodeData(data, to);
    to.flag(isClosing);
  });
  into.list(state.deputyRequests, ({ id, of, mj }, to) => {
    to.uint(id);
    to.uint(of);
    to.uint(mj);
  });
  into.uint(state.nextDeputyId);
  into.list(state.back, (peer, to) => to.uint(peer));
  into.int(state.epoch);
  into.flag(state.returning);
  into.list(state.partners, ({ status, linked, out, greeting, heard }, to) => {
    to.uint(partnerStatuses.indexOf(status));
    to.flag(linked);
    to.flag(out);
    to.uint(greeting);
    to.flag(heard);
  });
  state.stale.encode(into, (stale, to) => {
    encodeStale(stale, to);
    to.uint(stale.peer);
  });
  into.list(state.restoring, (stale, to) => {
    encodeStale(stale, to);
    to.uint(stale.peer);
    to.uint(stale.id);
    to.uint(restoreStages.indexOf(stale.stage));
    to.uint(stale.found);
    to.uint(stale.value);
    to.list(stale.sums, ({ from, value, seq, beside }, each) => {
      each.uint(from);
      each.uint(value);
      each.uint(seq);
      each.uint(beside.slot);
      each.uint(beside.seq);
    });
    to.list(stale.applied, ({ client, request }, each) => {
      each.uint(client);
      each.uint(request);
    });
    to.uint(stale.address);
    to.uint(stale.checksum);
  });
  state.staleParity.encode(into, ({ gfid, group, peer }, to) => {
    to.uint(gfid);
    to.uint(group);
    to.uint(peer);
  });
  into.list(state.reads, (read, to) => {
    to.uint(read.gfid);
    to.uint(read.lblk);
    to.uint(read.group);
    to.uint(read.slot);
    to.uint(read.from);
    to.uint(read.question);
    to.int(read.seq);
    to.uint(read.id);
    to.flag(read.reading);
    to.uint(read.found);
  });
  into.list(state.calls, (call, to) => {
    for (const field of callNumbers) to.uint(call[field]);
    encodeSecond(call, to);
  });
  into.list([...state.removed], (gfid, to) => to.uint(gfid));
  into.uint(state.nextId);
}

const callNumbers = [
  'call',
  'client',
  'request',
  'gfid',
  'lblk',
  'group',
  'slot',
  'parity',
  'payload',
  'writeStart',
  'writeBytes',
  'toughness',
] as const;

export const decodeResync = (from: Decoder): ResyncState => ({
  data: decodeData(from),
  deputies: from.list((each) => ({ of: each.uint(), data: decodeData(each), isClosing: each.flag() })),
  deputyRequests: from.list((each) => ({ id: each.uint(), of: each.uint(), mj: each.uint() })),
  nextDeputyId: from.uint(),
  back: from.list((each) => each.uint()),
  epoch: from.int(),
  returning: from.flag(),
  partners: from.list((each) => ({
    status: partnerStatuses[each.uint()]!,
    linked: each.flag(),
    out: each.flag(),
    greeting: each.uint(),
    heard: each.flag(),
  })),
  stale: NamedTable.decode(byBlock, from, (each) => ({ ...decodeStale(each), peer: each.uint() })),
  restoring: from.list((each) => ({
    ...decodeStale(each),
    peer: each.uint(),
    id: each.uint(),
    stage: restoreStages[each.uint()]!,
    found: each.uint(),
    value: each.uint(),
    sums: each.list((sum) => ({
      from: sum.uint(),
      value: sum.uint(),
      seq: sum.uint(),
      beside: { slot: sum.uint(), seq: sum.uint() },
    })),
    applied: each.list((applied) => ({ client: applied.uint(), request: applied.uint() })),
    address: each.uint(),
    checksum: each.uint(),
  })),
  staleParity: NamedTable.decode(byParity, from, (each) => ({
    gfid: each.uint(),
    group: each.uint(),
    peer: each.uint(),
  })),
  reads: from.list((each) => ({
    gfid: each.uint(),
    lblk: each.uint(),
    group: each.uint(),
    slot: each.uint(),
    from: each.uint(),
    question: each.uint(),
    seq: each.int(),
    id: each.uint(),
    reading: each.flag(),
    found: each.uint(),
  })),
  calls: from.list(decodeCall),
  removed: new Set(from.list((each) => each.uint())),
  nextId: from.uint(),
});

const decodeCall = (from: Decoder): WriteCall => ({
  type: 'write',
  call: from.uint(),
  client: from.uint(),
  request: from.uint(),
  gfid: from.uint(),
  lblk: from.uint(),
  group: from.uint(),
  slot: from.uint(),
  parity: from.uint(),
  payload: from.uint(),
  writeStart: from.uint(),
  writeBytes: from.uint(),
  toughness: from.uint() as Toughness,
  ...decodeSecond(from),
});
