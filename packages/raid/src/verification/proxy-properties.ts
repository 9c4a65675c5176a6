import { always, canFinish, type Property, sometimes, type WorldView } from '@holdfast/simulation';
import type { GroupOperation } from '../kernel/proxy-state.ts';
import type { ResyncState } from '../kernel/resync-state.ts';
import {
  type BlockValue,
  blockValue,
  parityOf,
  scaledValue,
  solvedValue,
  unitOf,
  unitsPerBlock,
} from './block-values.ts';
import { isRemoved, isRemovedEverywhere } from './heard-tidings.ts';
import { roles } from './item-store.ts';
import type { LogEntry } from './log-batches.ts';
import {
  isIn,
  keeperState,
  newestView,
  type ProxyScenario,
  proxyState,
  recordedView,
  resyncState,
} from './proxy-scenario.ts';
import type { IsAnswered } from './update-images.ts';
import { dataValue, isBefore, parityValue, restChecks, writersOf, wrongValue } from './update-properties.ts';
import {
  codeAt,
  durableHandle,
  durableLog,
  initialValue,
  lblkOf,
  nodesOf,
  parityNodes,
  writtenValue,
} from './update-scenario.ts';
import { dataNodesOf, parityNodesOf } from './update-world.ts';

/** The handle that a read found; 0 while it was not answered. */
export type ReadResult = (view: WorldView, read: number) => number;

/** The world as the properties of the journaled write see it: the data and parity IOMs inside. */
const innerView = (scenario: ProxyScenario, view: WorldView, isAnswered: IsAnswered): WorldView => ({
  state: <State>(node: number, part: number) => {
    if (part === roles.data) return resyncState(view, node).data as State;
    return (part === roles.parity ? proxyState(view, node).parity : view.state(node, part)) as State;
  },
  up: (node) => view.up(node),
  incarnation: (node) => view.incarnation(node),
  messagesInFlight: view.messagesInFlight,
  diskOpsInFlight: view.diskOpsInFlight,
  block: (node, address) => view.block(node, address),
  messages: (link, end) => view.messages(link, end),
  armed: (node, part) => view.armed(node, part),
  issued: (write) => {
    const { after } = scenario.writes[write]!;
    // How often whoever asks until it is done did so is not counted: it may have, from when it could.
    const mayBe = scenario.asksUntilDone === true && (after === undefined || isAnswered(view, after)) ? 1 : 0;
    return callsOfWrite(scenario, write).reduce((sum, call) => sum + view.issued(call), mayBe);
  },
  monitor: (index) => view.monitor(index),
});

/** The calls of a world that make a write: at its data IOM, and at each that may stand in for it. */
function callsOfWrite({ writes, groups }: ProxyScenario, write: number): number[] {
  const proxies = writes.map(({ group }) => parityNodes(groups[group]!).length);
  const before = proxies.slice(0, write).reduce((sum, count) => sum + count, writes.length);
  return [write, ...Array.from({ length: proxies[write]! }, (_, index) => before + index)];
}

/** It waits for a member that knows of what is stale, in a history that ends before that one is back. */
const isBeyondParity = ({ ends, views }: ProxyScenario, newest: number, { stage }: GroupOperation): boolean =>
  stage === 'waiting' && ends?.includes(newest) === true && views[newest]!.returning.length > 0;

/** Nothing is under way on those that are in the newest view; they may know of blocks that others have to catch up on. */
function isCalm(scenario: ProxyScenario, view: WorldView, mayBeDown = false): boolean {
  if (view.messagesInFlight > 0 || view.diskOpsInFlight > 0) return false;
  const newest = newestView(scenario, view);
  const isUnfinished =
    mayBeDown && nodesOf(scenario).some((node) => isIn(scenario.views[newest]!, node) && !view.up(node));
  return nodesOf(scenario).every((node) => {
    if (!isIn(scenario.views[newest]!, node)) return true;
    if (!view.up(node)) return mayBeDown;
    // Nor does anybody work by a view that one of it cannot record.
    if (keeperState(view, node).published !== newest && !isUnfinished) return false;
    const { held, ending, parity, members } = proxyState(view, node);
    const operations = proxyState(view, node).operations.filter((each) => !isBeyondParity(scenario, newest, each));
    const { data, stale, restoring, calls, reads, deputies } = resyncState(view, node);
    const lists = [
      operations,
      held,
      ending,
      parity.updates,
      parity.requested,
      data.updates,
      data.waiting,
      calls,
      reads,
      restoring,
      ...members.map(({ early }) => early),
      ...deputies.flatMap((deputy) => [deputy.data.updates, deputy.data.waiting]),
    ];
    return stale.size === 0 && lists.every((list) => list.length === 0);
  });
}

/** Everyone is up to date in the newest view, and nothing is under way. */
export function isAtRest(scenario: ProxyScenario, view: WorldView): boolean {
  const newest = newestView(scenario, view);
  const { out, returning } = scenario.views[newest]!;
  if (out.length > 0 || returning.length > 0 || !isCalm(scenario, view)) return false;
  if (isRemoved(view) && !isRemovedEverywhere(scenario, view)) return false;
  return nodesOf(scenario).every((node) => {
    const { marks, stale, members } = proxyState(view, node);
    const { staleParity, partners } = resyncState(view, node);
    return (
      marks.size + stale.size + staleParity.size === 0 &&
      members.every(({ status }) => status === 'member') &&
      partners.every(({ status }) => status === 'partner')
    );
  });
}

/** Where a history may end: at rest, or calm without a member that does not come back. */
export function mayEnd(scenario: ProxyScenario, view: WorldView, isAnswered: IsAnswered): boolean {
  const newest = newestView(scenario, view);
  const isLast = !scenario.views.some(({ after }) => after.includes(newest));
  // One that does not start again is waited for by nobody, also where no view leaves it out.
  if (scenario.ends?.includes(newest) === true && isCalm(scenario, view, scenario.restarts === 0)) return true;
  const isWithout = isLast && scenario.views[newest]!.out.length > 0;
  return isAtRest(scenario, view) || (isWithout && isCalm(scenario, view) && isWritten(scenario, view, isAnswered));
}

const isWritten = (scenario: ProxyScenario, view: WorldView, isAnswered: IsAnswered): boolean =>
  scenario.writes.every((_, write) => innerView(scenario, view, isAnswered).issued(write) > 0);

/** I18: blocks whose data IOMs are stopped are what the others of their group and its parities say, and that is right. */
function degradedRight(scenario: ProxyScenario, view: WorldView, isAnswered: IsAnswered): string | undefined {
  if (isRemoved(view) || !isCalm(scenario, view)) return undefined;
  const inner = innerView(scenario, view, isAnswered);
  const { out, returning } = scenario.views[newestView(scenario, view)]!;
  if (returning.length > 0) return undefined;
  for (const [group, plan] of scenario.groups.entries()) {
    const missing = [...plan.members.keys()].filter((slot) => out.includes(plan.members[slot] as number));
    const restored = restoredBlocks(scenario, inner, group, missing, out);
    for (const { by, slot, value } of restored) {
      const wrong = wrongValue(scenario, inner, isAnswered, { group, slot }, value);
      if (wrong !== undefined) return `restored by ${by}, ${wrong}`;
    }
    const [one, other] = restored;
    if (missing.length === 1 && other !== undefined && one!.value !== other.value)
      return `the parities of group ${group} tell different blocks`;
  }
  return undefined;
}

interface RestoredHere {
  readonly by: string;
  readonly slot: number;
  readonly value: BlockValue;
}

/** What the parities that are there say of the missing blocks of a group: each of one, both together of two. */
function restoredBlocks(
  scenario: ProxyScenario,
  inner: WorldView,
  group: number,
  missing: readonly number[],
  out: readonly number[],
): RestoredHere[] {
  const plan = scenario.groups[group]!;
  const others = plan.members.map((_, slot) =>
    missing.includes(slot) ? 0 : dataValue(scenario, inner, { group, slot }),
  );
  const sums = parityNodes(plan).flatMap((node) => {
    const code = codeAt(plan, node);
    if (out.includes(node)) return [];
    return [{ code, sum: parityOf(code, others) ^ parityValue(scenario, inner, group, node) }];
  });
  const [slot, other] = missing;
  if (slot === undefined) return [];
  if (other === undefined) {
    return sums.map(({ code, sum }) => ({ by: code, slot, value: scaledValue(sum, code === 'q' ? -slot : 0) }));
  }
  const [p, q] = sums;
  if (p === undefined || q === undefined) return [];
  const value = solvedValue(p.sum, q.sum, slot, other);
  return [
    { by: 'p and q', slot, value },
    { by: 'p and q', slot: other, value: p.sum ^ value },
  ];
}

/** I16: nobody serves a member's blocks beside the member. */
function oneServes(scenario: ProxyScenario, view: WorldView): string | undefined {
  for (const parity of nodesOf(scenario)) {
    if (!view.up(parity)) continue;
    for (const [index, { status }] of proxyState(view, parity).members.entries()) {
      const node = dataNodesOf(scenario, parity)[index]!;
      if (status !== 'out' || !view.up(node)) continue;
      const partner = resyncState(view, node).partners[parityNodesOf(scenario, node).indexOf(parity)];
      if (partner?.status === 'partner') return `n${node} serves while n${parity} stands in for it (I16)`;
    }
  }
  return undefined;
}

/** An entry that says where a block moved is durable only when the block is, as long as nothing later moved it. */
function movesHold(scenario: ProxyScenario, view: WorldView): string | undefined {
  for (const node of nodesOf(scenario)) {
    const entries = durableLog(scenario, view, node);
    const last = entries.findLast(
      (entry) => entry.type === 'proxied' || entry.type === 'encoded' || entry.type === 'restored',
    );
    if (last === undefined || !('address' in last)) continue;
    const later = entries.slice(entries.indexOf(last) + 1);
    const isReused = later.some((entry) => 'newAddress' in entry && entry.newAddress === last.address);
    if (isReused || wasReused(later)) continue;
    if (durableHandle(scenario, view, node, last.address) !== last.checksum) {
      return `${last.type} ${last.id} is durable on n${node} and its block is not`;
    }
  }
  return undefined;
}

/** An end gives the address of a block up that may be written anew at once. */
const wasReused = (later: readonly LogEntry[]): boolean =>
  later.some(({ type }) => type === 'pj_complete' || type === 'mj_complete' || type === 'pj' || type === 'mj');

/**
 * I4 with one drive missing after a stop of all: the others open, or refuse because two may be out of date. Where they
 * open without the parity, a member that counts as up to date has every write that was answered at toughness 2.
 */
function openingShows(scenario: ProxyScenario, view: WorldView, isAnswered: IsAnswered): string | undefined {
  // Of two drives the one that is missing may have gone on alone: opening refuses.
  if (scenario.nodes <= 2 || isRemoved(view)) return undefined;
  for (const [write, { group, slot, toughness, after }] of scenario.writes.entries()) {
    if (toughness !== 2 || !isAnswered(view, write)) continue;
    const isLast = scenario.writes.every((other, at) => at === write || other.group !== group || other.slot !== slot);
    const { members, parity } = scenario.groups[group]!;
    const node = members[slot] as number;
    if (!isLast && after === undefined) continue;
    const others = nodesOf(scenario).filter((other) => other !== parity);
    const newest = Math.max(...others.map((other) => recordedView(scenario, view, other)));
    const { out, returning } = scenario.views[newest]!;
    if (out.includes(node) || returning.includes(node)) continue;
    const value = imageOf(durableLog(scenario, view, node), lblkOf(scenario, { group, slot }), (address) =>
      durableHandle(scenario, view, node, address),
    );
    const possible = scenario.writes.flatMap((other, index) =>
      other.group === group && other.slot === slot && (index === write || !isBefore(scenario, index, write))
        ? [writtenValue(index)]
        : [],
    );
    if (scenario.writes[write]!.range === undefined && !possible.includes(value ?? -1)) {
      return `without the drive of n${parity} the others open in view ${newest} and do not have write ${write} (I4, I21)`;
    }
  }
  return undefined;
}

/** What a data IOM alone would take for its block. */
function imageOf(entries: readonly LogEntry[], lblk: number, at: (address: number) => number): number | undefined {
  for (const entry of entries.toReversed()) {
    if (entry.type === 'mj' && entry.lblk === lblk && at(entry.newAddress) === entry.checksum) {
      return blockValue(entry.checksum);
    }
    if (entry.type === 'restored' && entry.lblk === lblk) return blockValue(at(entry.address));
  }
  return undefined;
}

/** I18: what a proxy reads is whole, is as new as what was answered before, and is not un-read. */
function readsRight(
  scenario: ProxyScenario,
  view: WorldView,
  isAnswered: IsAnswered,
  readResult: ReadResult,
): string | undefined {
  for (const [index, { group, slot, after }] of (scenario.reads ?? []).entries()) {
    const handle = readResult(view, index);
    if (handle === 0) continue;
    const inner = innerView(scenario, view, isAnswered);
    for (let unit = 0; unit < unitsPerBlock; unit++) {
      const writers = writersOf(scenario, { group, slot }, unit);
      const before = writers.filter((write) => after === write && isAnswered(view, write));
      const values = writers
        .filter((write) => inner.issued(write) > 0)
        .map((write) => unitOf(writtenValue(write), unit));
      if (before.length === 0) values.push(unitOf(initialValue(group, slot), unit));
      const found = unitOf(blockValue(handle), unit);
      if (!values.includes(found)) return `read ${index} found unit ${unit} ${found}, none of ${values} (I18)`;
    }
    const value = dataValue(scenario, inner, { group, slot });
    const isOnlyOne = scenario.writes.filter((write) => write.group === group && write.slot === slot).length === 1;
    const isUnread = isOnlyOne && value === initialValue(group, slot) && blockValue(handle) !== value;
    if (isAtRest(scenario, view) && isUnread) return `read ${index} found what is not there any more (I7)`;
  }
  return undefined;
}

export function proxyProperties(
  scenario: ProxyScenario,
  isAnswered: IsAnswered,
  readResult: ReadResult,
): Property<WorldView>[] {
  const restRight = (view: WorldView) => {
    if (isRemoved(view) || !isAtRest(scenario, view)) return undefined;
    const inner = innerView(scenario, view, isAnswered);
    for (const check of restChecks(scenario)) {
      const wrong = check(scenario, inner, isAnswered);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
  const reached = (name: string, is: (view: WorldView, node: number) => boolean) =>
    sometimes(name, (view: WorldView) => nodesOf(scenario).some((node) => view.up(node) && is(view, node)));
  return [
    always('what is at rest is right', restRight),
    always('what is restored is right', (view) => degradedRight(scenario, view, isAnswered)),
    always('one serves a block', (view) => oneServes(scenario, view)),
    always('a move proves its block', (view) => movesHold(scenario, view), { ofDisks: true }),
    always('what opens without a drive has what was answered', (view) => openingShows(scenario, view, isAnswered)),
    always('a read through the proxy is right', (view) => readsRight(scenario, view, isAnswered, readResult)),
    canFinish('everything can come to rest', (view) => mayEnd(scenario, view, isAnswered)),
    ...(scenario.goals ?? []).map((goal) => reached(goal, goals[goal])),
  ];
}

const isRestoring = ({ stale, restoring }: ResyncState): boolean => stale.size + restoring.length > 0;

const goals = {
  'a write through the proxy': (view: WorldView, node: number) => proxyState(view, node).marks.size > 0,
  'a block to restore': (view: WorldView, node: number) => isRestoring(resyncState(view, node)),
  'parity to encode': (view: WorldView, node: number) => proxyState(view, node).stale.size > 0,
  'a call that waits': (view: WorldView, node: number) => resyncState(view, node).calls.length > 0,
  'an update that waits for a group': (view: WorldView, node: number) => proxyState(view, node).held.length > 0,
} as const;
