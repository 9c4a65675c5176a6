import type { Decoder, Encoder, Handle } from '@holdfast/kernel';
import { type AddressPool, decodePool, encodePool } from './address-pool.ts';
import type { StorageAnswer, ToParity } from './iom-messages.ts';
import {
  type Address,
  decodeMj,
  encodeMj,
  type JournalEntry,
  type JournalId,
  type MjEntry,
  type Peer,
  type PjEntry,
} from './journal.ts';
import { byGroup, type GroupName, NamedTable } from './named-table.ts';
import { OpenUpdates } from './open-updates.ts';
import type { RaidRules } from './raid-rules.ts';

/** What the parity cnode says of the parity block of one group: where it is, and the last update of each member in it. */
export interface ParityBlock {
  readonly gfid: number;
  readonly group: number;
  address: Address;
  /** By slot. */
  vv: number[];
}

export type ParityEvent =
  | StorageAnswer
  | { readonly type: 'message'; readonly from: Peer; readonly message: ToParity }
  /** A link to a data IOM changed: down means that it lost its memory, or may have. */
  | { readonly type: 'peer'; readonly peer: Peer; readonly up: boolean }
  /** The log was read: parity blocks as of its checkpoint, and every entry after it. */
  | { readonly type: 'recovered'; readonly blocks: readonly ParityBlock[]; readonly entries: readonly JournalEntry[] };

export interface ParityEnv {
  readonly incarnation: number;
  readonly addresses: readonly Address[];
  /** Data IOMs. */
  readonly peers: readonly Peer[];
  readonly rules: RaidRules;
  /** Where blocks are that the state does not hold; it holds all that something is under way for. Default: it holds all. */
  readonly parityMap?: (name: GroupName) => ParityBlock | undefined;
}

/**
 * - `merging`: the delta is held, the new parity is being computed.
 * - `hardening`: journal entry and block are on their way to the disk, or there.
 * - `found`: read from the log after a restart; until every block of these was verified nothing is served.
 * - `aside`: its block is lost, or the one it was built on is: what becomes of it the data IOM says.
 */
export const parityStages = ['merging', 'hardening', 'found', 'aside'] as const;
export type ParityStage = (typeof parityStages)[number];

export interface ParityUpdate {
  stage: ParityStage;
  entry: PjEntry;
  journaled: boolean;
  hardened: boolean;
  /** After a restart: its block was looked at. */
  verified: boolean;
  /** "Parity hardened" was said since the link came up. */
  told: boolean;
  dataHardened: boolean;
  /** The data IOM asked for the difference since the link came up, and was not answered. */
  recalled: boolean;
}

export const freshUpdate = {
  journaled: false,
  hardened: false,
  verified: false,
  told: false,
  dataHardened: false,
  recalled: false,
} as const;

/** An update whose delta or space is missing: nothing is promised yet. */
export interface RequestedUpdate {
  readonly from: Peer;
  readonly mj: MjEntry;
  readonly code?: 'q';
  delta: Handle;
  asked: boolean;
  dataHardened: boolean;
}

/** `asking`: it waits to hear what is open of it. */
export const peerStates = ['away', 'coming', 'asking', 'known'] as const;

export interface ParityState {
  recovering: boolean;
  blocks: NamedTable<GroupName, ParityBlock>;
  pool: AddressPool;
  /** In the order of their entries: of one block each is built on the one before. */
  readonly updates: OpenUpdates<ParityUpdate>;
  requested: RequestedUpdate[];
  nextEntry: JournalId;
  /** By index in {@link ParityEnv.peers}. */
  peers: (typeof peerStates)[number][];
}

const openParityUpdates = (updates?: readonly ParityUpdate[]) =>
  new OpenUpdates(
    { id: ({ entry }) => entry.pj, mj: ({ entry }) => entry.mj.mj, place: ({ entry }) => byGroup.key(entry.mj) },
    updates,
  );

export const initialParity = ({ peers, rules, incarnation }: ParityEnv): ParityState => ({
  recovering: true,
  blocks: new NamedTable(byGroup),
  pool: { free: [], retiring: [] },
  updates: openParityUpdates(),
  requested: [],
  nextEntry: rules.firstEntry(incarnation),
  peers: peers.map(() => (incarnation === 0 ? 'known' : 'away')),
});

/** The parity block as the state has it, or as the map has it that the state is a part of. */
export function parityBlockOf(state: ParityState, name: GroupName, env: ParityEnv): ParityBlock {
  const known = state.blocks.get(name);
  if (known !== undefined) return known;
  const { gfid, group } = name;
  const { address = 0, vv = [] } = env.parityMap?.(name) ?? {};
  const block: ParityBlock = { gfid, group, address, vv: [...vv] };
  state.blocks.set(block);
  return block;
}

/** The open updates of a parity block that count, oldest first: each starts from the one before (law L4). */
export const chainOf = (state: ParityState, name: GroupName): ParityUpdate[] =>
  updatesOf(state, name).filter(({ stage }) => stage !== 'aside');

/**
 * In the place of an update's number: some update of the block is not in the parity, and later ones need not be merged.
 * Higher than any number of an update.
 */
const gapSeq = 2 ** 52;

/** The versions of a parity block with one more update merged in. */
export function versionsWith(vv: readonly number[], { gap, mj: { slot, seq } }: PjEntry): number[] {
  const merged = gap === true ? gapSeq : seq;
  return Array.from({ length: Math.max(vv.length, slot + 1) }, (_, index) =>
    index === slot ? merged : (vv[index] ?? 0),
  );
}

/** Whether an update is missing in a parity block, so that it is no more than a rotten one: nothing but computing it anew helps. */
export const hasGap = (vv: readonly number[]): boolean => vv.includes(gapSeq);

/** Those that do not count as well. */
export const updatesOf = (state: ParityState, name: GroupName): readonly ParityUpdate[] =>
  state.updates.at(byGroup.key(name));

/** The groups that have open updates. */
export const openGroups = ({ updates }: ParityState): Iterable<GroupName> =>
  new NamedTable<GroupName, GroupName>(
    byGroup,
    updates.map(({ entry: { mj } }) => mj),
  );

export const updateByMj = (state: ParityState, from: Peer, mj: JournalId): ParityUpdate | undefined =>
  state.updates.ofMj(mj).find(({ entry }) => entry.from === from);

export const updateByPj = (state: ParityState, pj: JournalId): ParityUpdate | undefined => state.updates.get(pj);

export function encodeParity(state: ParityState, into: Encoder): void {
  into.flag(state.recovering);
  state.blocks.encode(into, ({ gfid, group, address, vv }, to) => {
    to.uint(gfid);
    to.uint(group);
    to.uint(address);
    to.list(vv, (seq, each) => each.uint(seq ?? 0));
  });
  encodePool(state.pool, into);
  into.list([...state.updates], ({ stage, entry, journaled, hardened, verified, told, dataHardened, recalled }, to) => {
    to.uint(parityStages.indexOf(stage));
    encodePj(entry, to);
    to.flag(journaled);
    to.flag(hardened);
    to.flag(verified);
    to.flag(told);
    to.flag(dataHardened);
    to.flag(recalled);
  });
  into.list(state.requested, ({ from, mj, code, delta, asked, dataHardened }, to) => {
    to.uint(from);
    encodeMj(mj, to);
    to.flag(code === 'q');
    to.uint(delta);
    to.flag(asked);
    to.flag(dataHardened);
  });
  into.uint(state.nextEntry);
  into.list(state.peers, (peer, to) => to.uint(peerStates.indexOf(peer)));
}

export const decodeParity = (from: Decoder): ParityState => ({
  recovering: from.flag(),
  blocks: NamedTable.decode(byGroup, from, (each) => ({
    gfid: each.uint(),
    group: each.uint(),
    address: each.uint(),
    vv: each.list((seq) => seq.uint()),
  })),
  pool: decodePool(from),
  updates: openParityUpdates(
    from.list((each) => ({
      stage: parityStages[each.uint()]!,
      entry: decodePj(each),
      journaled: each.flag(),
      hardened: each.flag(),
      verified: each.flag(),
      told: each.flag(),
      dataHardened: each.flag(),
      recalled: each.flag(),
    })),
  ),
  requested: from.list((each) => ({
    from: each.uint(),
    mj: decodeMj(each),
    ...decodeCode(each),
    delta: each.uint(),
    asked: each.flag(),
    dataHardened: each.flag(),
  })),
  nextEntry: from.uint(),
  peers: from.list((each) => peerStates[each.uint()]!),
});

function encodePj(entry: PjEntry, into: Encoder): void {
  into.uint(entry.pj);
  into.uint(entry.newAddress);
  into.uint(entry.oldAddress);
  into.uint(entry.checksum);
  into.uint(entry.from);
  into.flag(entry.code === 'q');
  into.flag(entry.gap === true);
  encodeMj(entry.mj, into);
}

const decodeCode = (from: Decoder): { readonly code?: 'q' } => (from.flag() ? { code: 'q' } : {});

const decodePj = (from: Decoder): PjEntry => ({
  type: 'pj',
  pj: from.uint(),
  newAddress: from.uint(),
  oldAddress: from.uint(),
  checksum: from.uint(),
  from: from.uint(),
  ...decodeCode(from),
  ...(from.flag() && { gap: true }),
  mj: decodeMj(from),
});
