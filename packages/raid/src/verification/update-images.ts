import type { Property } from '@holdfast/simulation';
import { sometimes, type WorldView } from '@holdfast/simulation';
import { decisionTable } from '../kernel/decision-table.ts';
import { entryId, type JournalEntry, type PjEntry } from '../kernel/journal.ts';
import { handleOf, mergedValue, unitsPerBlock } from './block-values.ts';
import {
  codeAt,
  dataPlaces,
  durableEntries,
  durableHandle,
  initialHandle,
  initialValue,
  nodesOf,
  parityAddresses,
  parityGroups,
  parityNodes,
  parityValueOf,
  type UpdateScenario,
  writtenValue,
} from './update-scenario.ts';

/** What is wrong with a world, as a sentence. */
export type Check = (scenario: UpdateScenario, view: WorldView, isAnswered: IsAnswered) => string | undefined;
export type IsAnswered = (view: WorldView, write: number) => boolean;

/** Lives of a node that ended so far. */
export const stops = (view: WorldView, node: number): number => view.incarnation(node) + (view.up(node) ? 0 : 1);

/** A parity update and those it is built on, as far as they are open: all must be whole for it to count (law L4). */
function upTo(last: PjEntry, all: readonly PjEntry[], isComplete: (pj: number) => boolean): PjEntry[] {
  const chain: PjEntry[] = [];
  for (let pj: PjEntry | undefined = last; pj !== undefined && !isComplete(pj.pj); ) {
    chain.push(pj);
    const oldAddress: number = pj.oldAddress;
    pj = all.slice(0, all.indexOf(pj)).findLast(({ newAddress }) => newAddress === oldAddress);
  }
  return chain;
}

/** C1: an end that is durable on one side proves that all four items were durable. */
export const endsProve: Check = (scenario, view) => {
  for (const [group, plan] of scenario.groups.entries()) {
    for (const parity of parityNodes(plan)) {
      const wrong = endsProveAt(scenario, view, group, parity);
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
};

function endsProveAt(scenario: UpdateScenario, view: WorldView, group: number, parity: number): string | undefined {
  const { members } = scenario.groups[group]!;
  const atParity = durableEntries(scenario, view, parity);
  const pjs = atParity.filter((entry) => entry.type === 'pj');
  const isComplete = (pj: number) => atParity.some((entry) => entry.type === 'pj_complete' && entry.id === pj);
  for (const node of members) {
    if (node === 'idle') continue;
    const atData = durableEntries(scenario, view, node);
    const mjs = atData.filter((entry) => entry.type === 'mj' && entry.group === group);
    for (const entry of atData) {
      if (entry.type !== 'mj_complete' || !mjs.some((mj) => mj.type === 'mj' && mj.mj === entry.id)) continue;
      const pj = pjs.findLast(({ mj, from }) => mj.mj === entry.id && from === 100 + node);
      if (pj === undefined) return `mj_complete ${entry.id} is durable without a pj (I11)`;
      const isWhole = ({ newAddress, checksum }: PjEntry) =>
        durableHandle(scenario, view, parity, newAddress) === checksum;
      if (!upTo(pj, pjs, isComplete).every(isWhole))
        return `mj_complete ${entry.id} is durable without P1, or without what it is built on (I11, L4)`;
    }
    for (const pj of pjs) {
      if (pj.from !== 100 + node || pj.mj.group !== group || !isComplete(pj.pj)) continue;
      const mj = mjs.find((known) => known.type === 'mj' && known.mj === pj.mj.mj);
      if (mj === undefined) return `pj_complete ${pj.pj} is durable without mj (I11)`;
    }
  }
  return undefined;
}

/** I10: while the end of an entry is not durable, its old block is what it was. */
export const oldBlocksKept: Check = (scenario, view) => {
  for (const node of nodesOf(scenario)) {
    const entries = durableEntries(scenario, view, node);
    for (const [index, entry] of entries.entries()) {
      if (entry.type !== 'mj' && entry.type !== 'pj') continue;
      const isMj = entry.type === 'mj';
      const id = isMj ? entry.mj : entry.pj;
      const isEnd = ({ type }: JournalEntry) => type.startsWith(isMj ? 'mj_' : 'pj_');
      if (entries.some((other) => isEnd(other) && entryId(other) === id)) continue;
      const before = entries
        .slice(0, index)
        .findLast((other) => other.type === entry.type && other.newAddress === entry.oldAddress);
      const expected =
        before?.type === 'mj' || before?.type === 'pj'
          ? before.checksum
          : initialHandle(scenario, node, entry.oldAddress);
      const found = durableHandle(scenario, view, node, entry.oldAddress);
      if (isMj && found !== expected) return `the old block of open mj ${id} on n${node} was overwritten (I10)`;
    }
  }
  return undefined;
};

/**
 * Toughness 2 with a drive lost as well as the power: what the drive of the other side alone says of the block. Only for
 * groups of which one block is written, so that the other members are known.
 */
export const survivesDriveLoss: Check = (scenario, view, isAnswered) => {
  for (const [index, { group, slot, toughness }] of scenario.writes.entries()) {
    if (toughness !== 2 || !isAnswered(view, index)) continue;
    if (scenario.writes.some((other, at) => at !== index && other.group === group)) continue;
    const plan = scenario.groups[group]!;
    const node = plan.members[slot] as number;
    const { range } = scenario.writes[index]!;
    const fresh = mergedValue(
      initialValue(group, slot),
      writtenValue(index),
      range?.start ?? 0,
      range?.units ?? unitsPerBlock,
    );
    const alone = lastGood(durableEntries(scenario, view, node), 'mj', (address) =>
      durableHandle(scenario, view, node, address),
    );
    if (alone !== handleOf(fresh)) return `write ${index} is lost with the drive of its parity (T2)`;
    for (const parity of parityNodes(plan)) {
      const atParity = lastGood(durableEntries(scenario, view, parity), 'pj', (address) =>
        durableHandle(scenario, view, parity, address),
      );
      if (atParity !== handleOf(parityValueOf(scenario, group, parity, { slot, value: fresh }))) {
        return `write ${index} is not told by ${codeAt(plan, parity)} alone (T2)`;
      }
    }
  }
  return undefined;
};

/** The last block of a log that is whole by its entry. */
function lastGood(
  entries: ReturnType<typeof durableEntries>,
  type: 'mj' | 'pj',
  at: (address: number) => number,
): number | undefined {
  for (const entry of entries.toReversed()) {
    if (entry.type !== type || (entry.type !== 'mj' && entry.type !== 'pj')) continue;
    if (at(entry.newAddress) === entry.checksum) return entry.checksum;
  }
  return undefined;
}

/** The row of the decision table that the drives are in when the first lives of both sides are over. */
function imageRow(scenario: UpdateScenario, view: WorldView): number | undefined {
  const { group, slot } = scenario.writes[0]!;
  const { members, parity } = scenario.groups[group]!;
  const node = members[slot] as number;
  if (stops(view, node) !== 1 || stops(view, parity) !== 1 || view.up(node) || view.up(parity)) return undefined;
  const spareData = dataPlaces(scenario, node).length + 1;
  const spareParity = parityAddresses(scenario, parity)[parityGroups(scenario, parity).length]!;
  const atData = durableEntries(scenario, view, node);
  const atParity = durableEntries(scenario, view, parity);
  if (atData.some(({ type }) => type === 'mj_complete') || atParity.some(({ type }) => type === 'pj_complete'))
    return undefined;
  const data = view.block(node, spareData) === handleOf(writtenValue(0));
  const merged =
    view.block(parity, spareParity) ===
    handleOf(parityValueOf(scenario, group, parity, { slot, value: writtenValue(0) }));
  return (atData.length > 0 ? 8 : 0) + (data ? 4 : 0) + (atParity.length > 0 ? 2 : 0) + (merged ? 1 : 0);
}

export function rowsReached(scenario: UpdateScenario): Property<WorldView>[] {
  const [write] = scenario.writes;
  const simple = scenario.writes.length === 1 && scenario.crashes > 1 && write!.range === undefined;
  if (!simple || parityNodes(scenario.groups[write!.group]!).length !== 1) return [];
  return decisionTable.map((_, row) =>
    sometimes(`row ${row} of the decision table`, (view) => imageRow(scenario, view) === row),
  );
}
