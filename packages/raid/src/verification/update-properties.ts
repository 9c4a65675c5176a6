import { always, canFinish, type Property, type WorldView } from '@holdfast/simulation';
import { twoParityTable } from '../kernel/two-parity-table.ts';
import { type BlockValue, blockValue, parityOf, unitOf, unitsPerBlock } from './block-values.ts';
import { versionsInCommon } from './lost-drives.ts';
import {
  type Check,
  endsProve,
  type IsAnswered,
  oldBlocksKept,
  rowsReached,
  stops,
  survivesDriveLoss,
} from './update-images.ts';
import {
  codeAt,
  dataAddresses,
  dataState,
  durableHandle,
  gfid,
  initialValue,
  lblkOf,
  nodesOf,
  type Place,
  parityAddresses,
  parityNodes,
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

const hex = (value: number): string => value.toString(16).padStart(2, '0');

/** The value of a data block, by its cnode and what is durable there. */
export function dataValue(scenario: UpdateScenario, view: WorldView, { group, slot }: Place): BlockValue {
  const node = scenario.groups[group]!.members[slot]!;
  if (node === 'idle') return initialValue(group, slot);
  const lblk = lblkOf(scenario, { group, slot });
  const address = dataState(view, node).blocks.get({ gfid, lblk })?.address ?? 0;
  return blockValue(durableHandle(scenario, view, node, address));
}

export function parityValue(scenario: UpdateScenario, view: WorldView, group: number, node: number): BlockValue {
  const address = parityState(view, node).blocks.get({ gfid, group })?.address ?? 0;
  return blockValue(durableHandle(scenario, view, node, address));
}

/** I1: each parity is the sum of all members, those that nobody wrote included (I6). */
const parityFits: Check = (scenario, view) => {
  for (const [group, plan] of scenario.groups.entries()) {
    const values = plan.members.map((_, slot) => dataValue(scenario, view, { group, slot }));
    for (const node of parityNodes(plan)) {
      const code = codeAt(plan, node);
      const [sum, parity] = [parityOf(code, values), parityValue(scenario, view, group, node)];
      if (sum !== parity) return `${code} of group ${group} is ${hex(parity)}, its members sum up to ${hex(sum)} (I1)`;
    }
  }
  return undefined;
};

/** I2: parity has merged exactly the updates that the members have. */
const versionsFit: Check = (scenario, view) => {
  for (const [group, plan] of scenario.groups.entries()) {
    for (const parity of parityNodes(plan)) {
      const { vv } = parityState(view, parity).blocks.get({ gfid, group })!;
      for (const [slot, node] of plan.members.entries()) {
        if (node === 'idle') continue;
        const lblk = lblkOf(scenario, { group, slot });
        const seq = dataState(view, node).blocks.get({ gfid, lblk })?.seq ?? 0;
        if ((vv[slot] ?? 0) !== seq)
          return `${codeAt(plan, parity)} has merged update ${vv[slot]} of slot ${slot}, the member has ${seq} (I2)`;
      }
    }
  }
  return undefined;
};

const allStops = (scenario: UpdateScenario, view: WorldView): number =>
  nodesOf(scenario).reduce((sum, node) => sum + stops(view, node), 0);

/** Whether an answered write must still be there: guarantees of research, raid 4, for drives that all come back. */
function isKept(scenario: UpdateScenario, view: WorldView, write: number): boolean {
  const { toughness, group, slot } = scenario.writes[write]!;
  const plan = scenario.groups[group]!;
  // Where there is no parity IOM to hold it, a write of toughness 1 is as tough as can be.
  if (toughness === 2 || (toughness === 1 && parityNodes(plan).length === 0)) return true;
  if (toughness === 1) return allStops(scenario, view) <= parityNodes(plan).length;
  return stops(view, plan.members[slot] as number) === 0;
}

/** I3, I4, I5: each unit is as some write left it, and no answered write is lost that must be kept. */
const valuesRight: Check = (scenario, view, isAnswered) => {
  for (const [group, { members }] of scenario.groups.entries()) {
    for (const slot of members.keys()) {
      const value = dataValue(scenario, view, { group, slot });
      const wrong = wrongValue(scenario, view, isAnswered, { group, slot }, value);
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
};

/** What is wrong with a block that holds `value`. */
export function wrongValue(
  scenario: UpdateScenario,
  view: WorldView,
  isAnswered: IsAnswered,
  { group, slot }: Place,
  value: BlockValue,
): string | undefined {
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
  return undefined;
}

/** Whether `write` was answered before `other` began. */
export const isBefore = ({ writes }: UpdateScenario, write: number, other: number): boolean => {
  const { after } = writes[other]!;
  return after === write || (after !== undefined && after > write);
};

export const writersOf = ({ writes }: UpdateScenario, place: Place, unit: number): number[] =>
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
  blocks: Iterable<{ readonly address: number }>,
): string | undefined {
  const uses = [...free, ...Array.from(blocks, ({ address }) => address)].sort((a, b) => a - b);
  const isSame = uses.length === all.length && uses.every((address, index) => address === all[index]);
  return isSame ? undefined : `addresses ${uses.join(' ')} are free or used, of ${all.join(' ')}`;
}

/** The one write of drives that start as a row of the table took place, or did not, as the table says. */
const rowDecided: Check = (scenario, view) => {
  const { decision } = twoParityTable[scenario.image!.row]!;
  const [place] = scenario.writes;
  const expected = decision === 'forward' ? writtenValue(0) : initialValue(place!.group, place!.slot);
  const value = dataValue(scenario, view, place!);
  return value === expected ? undefined : `the block holds ${hex(value)}; the decision was ${decision}`;
};

/** What must be true when nothing is under way. */
export const restChecks = ({ image }: UpdateScenario): readonly Check[] => [
  parityFits,
  versionsFit,
  image === undefined ? valuesRight : rowDecided,
  spaceFits,
];

export function updateProperties(scenario: UpdateScenario, isAnswered: IsAnswered): Property<WorldView>[] {
  const first = (checks: readonly Check[], view: WorldView) => {
    for (const check of checks) {
      const wrong = check(scenario, view, isAnswered);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
  const checksAtRest = restChecks(scenario);
  return [
    always('what is at rest is right', (view) => (atRest(scenario, view) ? first(checksAtRest, view) : undefined)),
    always('an end proves both halves', (view) => first([endsProve], view), { ofDisks: true }),
    always('an open entry keeps its old block', (view) => first([oldBlocksKept], view), { ofDisks: true }),
    always('toughness 2 survives the power and a drive', (view) => first([survivesDriveLoss], view)),
    always('two lost drives leave a version in common', (view) => first([versionsInCommon], view), { ofDisks: true }),
    canFinish('everything can come to rest', (view) => atRest(scenario, view)),
    ...rowsReached(scenario),
  ];
}
