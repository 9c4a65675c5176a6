import type { WorldView } from '@holdfast/simulation';
import type { DataState } from '../kernel/data-state.ts';
import type { Toughness } from '../kernel/iom-messages.ts';
import { type Address, type JournalEntry, parityPeers } from '../kernel/journal.ts';
import type { ParityState } from '../kernel/parity-state.ts';
import { type BlockValue, type Code, handleOf, parityOf } from './block-values.ts';
import { entriesOf, logStart, roles } from './item-store.ts';
import type { LogEntry } from './log-batches.ts';
import { oncePerNode } from './once-per-node.ts';

/**
 * A parity group: the nodes of its data slots, in order, of its parity, and of its second one if it has one. Members nobody
 * writes have no node.
 */
export interface GroupPlan {
  readonly members: readonly (number | 'idle')[];
  readonly parity: number;
  readonly second?: number;
}

/** One write of a caller. */
export interface PlannedWrite {
  readonly group: number;
  readonly slot: number;
  readonly toughness: Toughness;
  /** Units of the block that are written; where omitted, all. */
  readonly range?: { readonly start: number; readonly units: number };
  /** The write that must be answered before this one is made. */
  readonly after?: number;
  /** The caller asks again, once, at any moment: it may have given up waiting just before the answer. */
  readonly retried?: boolean;
  /** This one and the write named are of one client; where omitted each write has a client of its own. */
  readonly sameClientAs?: number;
}

/** A small array: some nodes, some groups, some writes, and how often nodes lose power. */
export interface UpdateScenario {
  readonly name: string;
  readonly nodes: number;
  readonly groups: readonly GroupPlan[];
  readonly writes: readonly PlannedWrite[];
  readonly crashes: number;
  /** Writes torn at a crash. */
  readonly torn?: number;
  /** Links broken between two nodes that live: sessions that were given up. */
  readonly breaks?: number;
  /** The parity IOM asks for the delta. Default: it comes with the request. */
  readonly pull?: boolean;
  /** Reading old blocks takes a while; default: they are cached. */
  readonly slowReads?: boolean;
  /** Log batches that one node may write. */
  readonly batches?: number;
  /** Nodes that may write in the place of a data IOM that is stopped, in groups with two parities. */
  readonly deputies?: readonly number[];
  /** Addresses of each role beyond those in use. Default 2. */
  readonly spare?: number;
  /** Nobody calls: all nodes start after a loss of power that met the first of the writes, with drives that hold this. */
  readonly image?: DriveImage;
}

/** What drives hold in a row of the decision table. */
export interface DriveImage {
  readonly row: number;
  /** A handle, the number of a log batch, or 0. */
  at(node: number, address: Address): number;
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

export const gfid = 1;
/** Log batches that one node may write in an explored history. */
const batchesDefault = 60;
export const diskAddresses = ({ batches }: UpdateScenario): number => logStart + (batches ?? batchesDefault);

/** Distinct in both units, so that no two sums are equal by accident. */
export const initialValue = (group: number, slot: number): BlockValue =>
  [0x11, 0x24, 0x48, 0x83][group * 2 + slot] ?? 0x5a;
export const writtenValue = (write: number): BlockValue => (0x35 + write * 0x61) % 0x100;

const allNodes = oncePerNode(({ nodes }: UpdateScenario): readonly number[] => range(0, nodes));
export const nodesOf = (scenario: UpdateScenario): readonly number[] => allNodes(scenario, 0);

export interface Place {
  readonly group: number;
  readonly slot: number;
}

/** The data blocks of a node, in the order of their first addresses, which are 1, 2, and so on. */
export const dataPlaces = oncePerNode(({ groups }: UpdateScenario, node): readonly Place[] =>
  groups.flatMap(({ members }, group) => members.flatMap((member, slot) => (member === node ? [{ group, slot }] : []))),
);

/** The nodes that have a parity of a group. */
export const parityNodes = (plan: GroupPlan): readonly number[] => parityPeers(plan);

/** The groups of which a node has a parity. */
export const parityGroups = oncePerNode(({ groups }: UpdateScenario, node): readonly number[] =>
  groups.flatMap((plan, group) => (parityNodes(plan).includes(node) ? [group] : [])),
);

export const codeAt = ({ second }: GroupPlan, node: number): Code => (node === second ? 'q' : 'p');

const spareOf = ({ spare }: UpdateScenario): number => spare ?? 2;

export const dataAddresses = oncePerNode((scenario: UpdateScenario, node): readonly Address[] => {
  const places = dataPlaces(scenario, node).length;
  return places === 0 ? [] : range(1, places + spareOf(scenario));
});

/** Those of the parity role start behind those of the data role. */
const parityStart = 32;
export const parityAddresses = oncePerNode((scenario: UpdateScenario, node): readonly Address[] => {
  const groups = parityGroups(scenario, node).length;
  return groups === 0 ? [] : range(parityStart, groups + spareOf(scenario));
});

/** The parity of a group at a node, before any write or with the value of one slot another one. */
export function parityValueOf(scenario: UpdateScenario, group: number, node: number, changed?: Changed): BlockValue {
  const plan = scenario.groups[group]!;
  const values = plan.members.map((_, slot) => (slot === changed?.slot ? changed.value : initialValue(group, slot)));
  return parityOf(codeAt(plan, node), values);
}

interface Changed {
  readonly slot: number;
  readonly value: BlockValue;
}

/** What is at an address of a node before anybody wrote it. */
export function initialHandle(scenario: UpdateScenario, node: number, address: Address): number {
  const place = dataPlaces(scenario, node)[address - 1];
  if (place !== undefined) return handleOf(initialValue(place.group, place.slot));
  const group = parityGroups(scenario, node)[address - parityStart];
  if (group !== undefined) return handleOf(parityValueOf(scenario, group, node));
  return scenario.image?.at(node, address) ?? 0;
}

/** The logical block of a member of a group. */
export const lblkOf = ({ groups }: UpdateScenario, { group, slot }: Place): number =>
  groups.slice(0, group).reduce((sum, { members }) => sum + members.length, 0) + slot;

/** Parity IOM j is port j of the data role; data IOM i is port 100 + i of the parity role. */
export const dataPort = (node: number): number => 100 + node;

export const dataState = (view: WorldView, node: number) => view.state<DataState>(node, roles.data);
export const parityState = (view: WorldView, node: number) => view.state<ParityState>(node, roles.parity);

/** What is durable at an address. */
export function durableHandle(scenario: UpdateScenario, view: WorldView, node: number, address: Address): number {
  const handle = view.block(node, address);
  return handle === 0 ? initialHandle(scenario, node, address) : handle;
}

export const durableLog = (scenario: UpdateScenario, view: WorldView, node: number): LogEntry[] =>
  entriesOf((address) => durableHandle(scenario, view, node, address), diskAddresses(scenario));

const writeTypes: ReadonlySet<string> = new Set(['mj', 'pj', 'mj_complete', 'mj_abort', 'pj_complete', 'pj_abort']);
const isOfWrite = (entry: LogEntry): entry is JournalEntry => writeTypes.has(entry.type);

/** The entries of journaled writes in a log. */
export const durableEntries = (scenario: UpdateScenario, view: WorldView, node: number): JournalEntry[] =>
  durableLog(scenario, view, node).filter(isOfWrite);
