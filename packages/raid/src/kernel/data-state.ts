import type { Decoder, Encoder, Handle } from '@holdfast/kernel';
import { clientsPerBlockMax } from '../limits.ts';
import { type AddressPool, decodePool, encodePool } from './address-pool.ts';
import type { StorageAnswer, ToData, Toughness } from './iom-messages.ts';
import {
  type Address,
  decodeMj,
  decodeSecond,
  encodeMj,
  encodeSecond,
  type JournalEntry,
  type JournalId,
  type MjEntry,
  type Peer,
} from './journal.ts';
import { type BlockName, byBlock, NamedTable } from './named-table.ts';
import { OpenUpdates } from './open-updates.ts';
import { decodePartner, encodePartner, type Partner } from './partners.ts';
import type { RaidRules } from './raid-rules.ts';

/**
 * What a cnode says of one block: where it is, its last update, and the last request of each of the clients that wrote it
 * last, the latest at the end.
 */
export interface DataBlock {
  readonly gfid: number;
  readonly lblk: number;
  address: Address;
  seq: number;
  applied: readonly { readonly client: number; readonly request: number }[];
}

/** A call: write so many bytes of one block. The caller knows the layout and names the parity IOM, or both. */
export interface WriteCall {
  readonly type: 'write';
  readonly call: number;
  readonly client: number;
  readonly request: number;
  readonly gfid: number;
  readonly lblk: number;
  readonly group: number;
  readonly slot: number;
  readonly parity: Peer;
  readonly second?: Peer;
  readonly payload: Handle;
  readonly writeStart: number;
  readonly writeBytes: number;
  readonly toughness: Toughness;
  /** In the place of the data IOM: the block as the others of its group say it is, and which of its updates that is. */
  readonly old?: { readonly value: Handle; readonly seq: number };
}

export type DataEvent =
  | WriteCall
  | StorageAnswer
  | { readonly type: 'message'; readonly from: Peer; readonly message: ToData }
  /** A link to a parity IOM changed: down means that it lost its memory, or may have. */
  | { readonly type: 'peer'; readonly peer: Peer; readonly up: boolean }
  /** The log was read: blocks as of its checkpoint, and every entry after it. */
  | { readonly type: 'recovered'; readonly blocks: readonly DataBlock[]; readonly entries: readonly JournalEntry[] };

export interface DataEnv {
  /** Lives before this one. */
  readonly incarnation: number;
  readonly addresses: readonly Address[];
  /** Addresses that no write may take: what recovery needs. */
  readonly reserve: number;
  /** Parity IOMs. */
  readonly peers: readonly Peer[];
  /** Whether the delta travels inside ios_updatepn. */
  readonly push: boolean;
  readonly rules: RaidRules;
  /** It speaks in the place of a data IOM that is stopped: it has no blocks, and no update a data half. */
  readonly isDeputy?: boolean;
  /** Where blocks are that the state does not hold; it holds all that something is under way for. Default: it holds all. */
  readonly map?: (name: BlockName) => DataBlock | undefined;
}

/**
 * - `preparing`: the new block is merged; nobody knows of the write.
 * - `updating`: journal entry and block are on their way to the disk, the delta to the parity IOM.
 * - `found`: read from the log after a restart, block not yet verified or parity IOM not yet heard.
 * - `adopted`: known only from the copy in pj, block not yet verified.
 * - `differing`: both halves of the difference are read again, to send the update again.
 * - `recalling`: the parity IOM was asked for the difference.
 * - `restoring`: D1 is made again.
 */
export const dataStages = ['preparing', 'updating', 'found', 'adopted', 'differing', 'recalling', 'restoring'] as const;
export type DataStage = (typeof dataStages)[number];

export interface DataUpdate {
  stage: DataStage;
  entry: MjEntry;
  /** Difference of old and new block, once combined. */
  delta: Handle;
  journaled: boolean;
  hardened: boolean;
  /** The block was read back after a restart. */
  verified: boolean;
  /** Its parity IOMs. */
  readonly partners: Partner[];
  /** The call to answer; 0: none, or answered. */
  call: number;
  toughness: Toughness;
  /** It has no data half: its parity halves alone decide, and are all that there is. */
  away: boolean;
}

export const peerStates = ['away', 'coming', 'known'] as const;

export interface DataState {
  recovering: boolean;
  blocks: NamedTable<BlockName, DataBlock>;
  pool: AddressPool;
  readonly updates: OpenUpdates<DataUpdate>;
  waiting: WriteCall[];
  nextEntry: JournalId;
  /** By index in {@link DataEnv.peers}. */
  peers: (typeof peerStates)[number][];
}

const openDataUpdates = (updates?: readonly DataUpdate[]) =>
  new OpenUpdates({ id: ({ entry }) => entry.mj, place: ({ entry }) => byBlock.key(entry) }, updates);

export const initialData = ({ peers, rules, incarnation }: DataEnv): DataState => ({
  recovering: true,
  blocks: new NamedTable(byBlock),
  pool: { free: [], retiring: [] },
  updates: openDataUpdates(),
  waiting: [],
  nextEntry: rules.firstEntry(incarnation),
  peers: peers.map(() => (incarnation === 0 ? 'known' : 'away')),
});

/** The block as the state has it, or as the map has it that the state is a part of. */
export const knownBlock = (state: DataState, name: BlockName, { map }: DataEnv): DataBlock | undefined =>
  state.blocks.get(name) ?? map?.(name);

export function blockOf(state: DataState, name: BlockName, env: DataEnv): DataBlock {
  const known = state.blocks.get(name);
  if (known !== undefined) return known;
  const { gfid, lblk } = name;
  const block: DataBlock = { gfid, lblk, address: 0, seq: 0, applied: [], ...env.map?.(name) };
  state.blocks.set(block);
  return block;
}

export const updateOf = (state: DataState, mj: JournalId): DataUpdate | undefined => state.updates.get(mj);

/** The open updates of a block, oldest first. */
export const updatesOf = (state: DataState, name: BlockName): readonly DataUpdate[] =>
  state.updates.at(byBlock.key(name));

/** The block is what the update made it, for good. */
export function apply(state: DataState, entry: MjEntry, env: DataEnv): void {
  const { client, request } = entry;
  const block = blockOf(state, entry, env);
  block.address = entry.newAddress;
  block.seq = entry.seq;
  const others = block.applied.filter((each) => each.client !== client);
  block.applied = [...others, { client, request }].slice(-clientsPerBlockMax);
}

/** The request of a client for a block that was carried out last; 0: none. */
export const appliedRequest = ({ applied }: DataBlock, client: number): number =>
  applied.find((each) => each.client === client)?.request ?? 0;

export function encodeData(state: DataState, into: Encoder): void {
  into.flag(state.recovering);
  state.blocks.encode(into, ({ gfid, lblk, address, seq, applied }, to) => {
    to.uint(gfid);
    to.uint(lblk);
    to.uint(address);
    to.uint(seq);
    to.list(applied, ({ client, request }, each) => {
      each.uint(client);
      each.uint(request);
    });
  });
  encodePool(state.pool, into);
  into.list([...state.updates], encodeUpdate);
  into.list(state.waiting, (call, to) => {
    to.uint(call.call);
    to.uint(call.client);
    to.uint(call.request);
    to.uint(call.gfid);
    to.uint(call.lblk);
    to.uint(call.group);
    to.uint(call.slot);
    to.uint(call.parity);
    encodeSecond(call, to);
    to.uint(call.payload);
    to.uint(call.writeStart);
    to.uint(call.writeBytes);
    to.uint(call.toughness);
    encodeOld(call, to);
  });
  into.uint(state.nextEntry);
  into.list(state.peers, (peer, to) => to.uint(peerStates.indexOf(peer)));
}

export const decodeData = (from: Decoder): DataState => ({
  recovering: from.flag(),
  blocks: NamedTable.decode(byBlock, from, (each) => ({
    gfid: each.uint(),
    lblk: each.uint(),
    address: each.uint(),
    seq: each.uint(),
    applied: each.list((applied) => ({ client: applied.uint(), request: applied.uint() })),
  })),
  pool: decodePool(from),
  updates: openDataUpdates(from.list(decodeUpdate)),
  waiting: from.list((each) => ({
    type: 'write',
    call: each.uint(),
    client: each.uint(),
    request: each.uint(),
    gfid: each.uint(),
    lblk: each.uint(),
    group: each.uint(),
    slot: each.uint(),
    parity: each.uint(),
    ...decodeSecond(each),
    payload: each.uint(),
    writeStart: each.uint(),
    writeBytes: each.uint(),
    toughness: each.uint() as Toughness,
    ...decodeOld(each),
  })),
  nextEntry: from.uint(),
  peers: from.list((each) => peerStates[each.uint()]!),
});

export function encodeOld({ old }: WriteCall, to: Encoder): void {
  to.uint(old?.value ?? 0);
  to.uint(old?.seq ?? 0);
}

export function decodeOld(from: Decoder): Pick<WriteCall, 'old'> {
  const [value, seq] = [from.uint(), from.uint()];
  return value === 0 ? {} : { old: { value, seq } };
}

function encodeUpdate(update: DataUpdate, into: Encoder): void {
  into.uint(dataStages.indexOf(update.stage));
  encodeMj(update.entry, into);
  into.uint(update.delta);
  into.flag(update.journaled);
  into.flag(update.hardened);
  into.flag(update.verified);
  into.list(update.partners, encodePartner);
  into.uint(update.call);
  into.uint(update.toughness);
  into.flag(update.away);
}

const decodeUpdate = (from: Decoder): DataUpdate => ({
  stage: dataStages[from.uint()]!,
  entry: decodeMj(from),
  delta: from.uint(),
  journaled: from.flag(),
  hardened: from.flag(),
  verified: from.flag(),
  partners: from.list(decodePartner),
  call: from.uint(),
  toughness: from.uint() as Toughness,
  away: from.flag(),
});
