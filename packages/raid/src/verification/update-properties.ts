import { always, canFinish, type Property, sometimes, type WorldView } from '@holdfast/simulation';
import { decisionTable } from '../kernel/decision-table.ts';
import { entryId, type JournalEntry, type PjEntry } from '../kernel/journal.ts';
import { type BlockValue, blockValue, handleOf, mergedValue, unitOf, unitsPerBlock } from './block-values.ts';
import {
  dataAddresses,
  dataPlaces,
  dataState,
  durableEntries,
  durableHandle,
  initialHandle,
  initialParityValue,
  initialValue,
  lblkOf,
  nodesOf,
  type Place,
  parityAddresses,
  parityGroups,
  parityState,
  type UpdateScenario,
  writtenValue,
} from './update-scenario.ts';

/** Everything that was begun has ended, on every node. */
export function atRest(scenario: UpdateScenario, view: WorldView): boolean {
  if (view.messagesInFlight > 0 || view.diskOpsInFlight > 0) return false;
  return nodesOf(scenario).every((node) => {
    if (!view.up(node)) return false;
    const data = dataState(view, node);
    const parity = parityState(view, node);
    return (
      !data.recovering &&
      data.updates.length === 0 &&
      data.waiting.length === 0 &&
      data.peers.every((peer) => peer === 'known') &&
      parity.updates.length === 0 &&
      parity.requested.length === 0 &&
      parity.peers.every((peer) => peer === 'known')
    );
  });
}

type Check = (scenario: UpdateScenario, view: WorldView, isAnswered: IsAnswered) => string | undefined;
type IsAnswered = (view: WorldView, write: number) => boolean;

const hex = (value: number): string => value.toString(16).padStart(2, '0');

/** The value of a data block, by its cnode and what is durable there. */
function dataValue(scenario: UpdateScenario, view: WorldView, { group, slot }: Place): BlockValue {
  const node = scenario.groups[group]!.members[slot]!;
  if (node === 'idle') return initialValue(group, slot);
  const lblk = lblkOf(scenario, { group, slot });
  const address = dataState(view, node).blocks.find((block) => block.lblk === lblk)?.address ?? 0;
  return blockValue(durableHandle(scenario, view, node, address));
}

function parityValue(scenario: UpdateScenario, view: WorldView, group: number): BlockValue {
  const { parity } = scenario.groups[group]!;
  const address = parityState(view, parity).blocks.find((block) => block.group === group)?.address ?? 0;
  return blockValue(durableHandle(scenario, view, parity, address));
}

/** I1: parity is the exclusive or of all members, those that nobody wrote included (I6). */
const parityFits: Check = (scenario, view) => {
  for (const [group, { members }] of scenario.groups.entries()) {
    const sum = members.reduce((all: number, _, slot) => all ^ dataValue(scenario, view, { group, slot }), 0);
    const parity = parityValue(scenario, view, group);
    if (sum !== parity) return `parity of group ${group} is ${hex(parity)}, its members sum up to ${hex(sum)} (I1)`;
  }
  return undefined;
};

/** I2: parity has merged exactly the updates that the members have. */
const versionsFit: Check = (scenario, view) => {
  for (const [group, { members, parity }] of scenario.groups.entries()) {
    const { vv } = parityState(view, parity).blocks.find((block) => block.group === group)!;
    for (const [slot, node] of members.entries()) {
      if (node === 'idle') continue;
      const lblk = lblkOf(scenario, { group, slot });
      const seq = dataState(view, node).blocks.find((block) => block.lblk === lblk)?.seq ?? 0;
      if ((vv[slot] ?? 0) !== seq)
        return `parity has merged update ${vv[slot]} of slot ${slot}, the member has ${seq} (I2)`;
    }
  }
  return undefined;
};

/** Lives that ended so far, of one node or of all. */
const stops = (view: WorldView, node: number): number => view.incarnation(node) + (view.up(node) ? 0 : 1);
const allStops = (scenario: UpdateScenario, view: WorldView): number =>
  nodesOf(scenario).reduce((sum, node) => sum + stops(view, node), 0);

/** Whether an answered write must still be there: guarantees of research, raid 4, for drives that all come back. */
function isKept(scenario: UpdateScenario, view: WorldView, write: number): boolean {
  const { toughness, group, slot } = scenario.writes[write]!;
  if (toughness === 2) return true;
  if (toughness === 1) return allStops(scenario, view) <= 1;
  return stops(view, scenario.groups[group]!.members[slot] as number) === 0;
}

/** I3, I4, I5: each unit is as some write left it, and no answered write is lost that must be kept. */
const valuesRight: Check = (scenario, view, isAnswered) => {
  for (const [group, { members }] of scenario.groups.entries()) {
    for (const slot of members.keys()) {
      const value = dataValue(scenario, view, { group, slot });
      for (let unit = 0; unit < unitsPerBlock; unit++) {
        const writers = writersOf(scenario, { group, slot }, unit);
        const kept = writers.filter((write) => isAnswered(view, write) && isKept(scenario, view, write));
        // A write is hidden by those that were not over when it began, and those made after it was answered.
        const isHidden = (write: number) => kept.some((other) => other !== write && isBefore(scenario, write, other));
        const possible = writers.filter((write) => view.issued(write) > 0 && !isHidden(write));
        const values = possible.map((write) => unitOf(writtenValue(write), unit));
        if (kept.length === 0) values.push(unitOf(initialValue(group, slot), unit));
        if (!values.includes(unitOf(value, unit))) {
          return `block ${group}.${slot} holds ${hex(value)}; answered and to be kept: writes ${kept.join(', ') || 'none'} (I3, I4, I5)`;
        }
      }
    }
  }
  return undefined;
};

/** Whether `write` was answered before `other` began. */
const isBefore = ({ writes }: UpdateScenario, write: number, other: number): boolean => {
  const { after } = writes[other]!;
  return after === write || (after !== undefined && after > write);
};

const writersOf = ({ writes }: UpdateScenario, place: Place, unit: number): number[] =>
  writes.flatMap(({ group, slot, range }, index) => {
    const covers = range === undefined || (unit >= range.start && unit < range.start + range.units);
    return covers && group === place.group && slot === place.slot ? [index] : [];
  });

/** I9: every address is free or used once. */
const spaceFits: Check = (scenario, view) => {
  for (const node of nodesOf(scenario)) {
    const data = dataState(view, node);
    const parity = parityState(view, node);
    const wrong =
      accounted(dataAddresses(scenario, node), data.pool.free, data.blocks) ??
      accounted(parityAddresses(scenario, node), parity.pool.free, parity.blocks);
    if (wrong !== undefined) return `on n${node} ${wrong} (I9)`;
  }
  return undefined;
};

function accounted(
  all: readonly number[],
  free: readonly number[],
  blocks: readonly { readonly address: number }[],
): string | undefined {
  const uses = [...free, ...blocks.map(({ address }) => address)].sort((a, b) => a - b);
  const isSame = uses.length === all.length && uses.every((address, index) => address === all[index]);
  return isSame ? undefined : `addresses ${uses.join(' ')} are free or used, of ${all.join(' ')}`;
}

const restChecks: readonly Check[] = [parityFits, versionsFit, valuesRight, spaceFits];

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
const endsProve: Check = (scenario, view) => {
  for (const [group, { members, parity }] of scenario.groups.entries()) {
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
  }
  return undefined;
};

/** I10: while the end of an entry is not durable, its old block is what it was. */
const oldBlocksKept: Check = (scenario, view) => {
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
const survivesDriveLoss: Check = (scenario, view, isAnswered) => {
  for (const [index, { group, slot, toughness }] of scenario.writes.entries()) {
    if (toughness !== 2 || !isAnswered(view, index)) continue;
    if (scenario.writes.some((other, at) => at !== index && other.group === group)) continue;
    const { members, parity } = scenario.groups[group]!;
    const node = members[slot] as number;
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
    const change = initialValue(group, slot) ^ fresh;
    const atParity = lastGood(durableEntries(scenario, view, parity), 'pj', (address) =>
      durableHandle(scenario, view, parity, address),
    );
    if (atParity !== handleOf(initialParityValue(scenario, group) ^ change)) {
      return `write ${index} is lost with its drive (T2)`;
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
  const change = initialValue(group, slot) ^ writtenValue(0);
  const atData = durableEntries(scenario, view, node);
  const atParity = durableEntries(scenario, view, parity);
  if (atData.some(({ type }) => type === 'mj_complete') || atParity.some(({ type }) => type === 'pj_complete'))
    return undefined;
  const data = view.block(node, spareData) === handleOf(writtenValue(0));
  const merged = view.block(parity, spareParity) === handleOf(initialParityValue(scenario, group) ^ change);
  return (atData.length > 0 ? 8 : 0) + (data ? 4 : 0) + (atParity.length > 0 ? 2 : 0) + (merged ? 1 : 0);
}

function rowsReached(scenario: UpdateScenario): Property<WorldView>[] {
  const simple = scenario.writes.length === 1 && scenario.crashes > 1 && scenario.writes[0]!.range === undefined;
  if (!simple) return [];
  return decisionTable.map((_, row) =>
    sometimes(`row ${row} of the decision table`, (view) => imageRow(scenario, view) === row),
  );
}

export function updateProperties(scenario: UpdateScenario, isAnswered: IsAnswered): Property<WorldView>[] {
  const first = (checks: readonly Check[], view: WorldView) => {
    for (const check of checks) {
      const wrong = check(scenario, view, isAnswered);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
  return [
    always('what is at rest is right', (view) => (atRest(scenario, view) ? first(restChecks, view) : undefined)),
    always('an end proves both halves', (view) => first([endsProve], view)),
    always('an open entry keeps its old block', (view) => first([oldBlocksKept], view)),
    always('toughness 2 survives the power and a drive', (view) => first([survivesDriveLoss], view)),
    canFinish('everything can come to rest', (view) => atRest(scenario, view)),
    ...rowsReached(scenario),
  ];
}
