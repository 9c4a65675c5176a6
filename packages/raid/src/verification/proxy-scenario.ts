import type { WorldView } from '@holdfast/simulation';
import type { ProxyState } from '../kernel/proxy-state.ts';
import type { ResyncState } from '../kernel/resync-state.ts';
import { isBlankOnRecord } from './heard-tidings.ts';
import { roles } from './item-store.ts';
import { durableLog, nodesOf, type Place, type UpdateScenario } from './update-scenario.ts';
import type { ViewKeeperState, ViewPlan } from './view-keeper.ts';

/** Something that a scenario must reach. */
export type Goal =
  | 'a write through the proxy'
  | 'a block to restore'
  | 'parity to encode'
  | 'a call that waits'
  | 'an update that waits for a group';

/** A read through the proxy of a block whose data IOM is stopped. */
export interface PlannedRead extends Place {
  /** The write that must be answered before it is made. */
  readonly after?: number;
}

/** A small array of which members are stopped and come back. */
export interface ProxyScenario extends UpdateScenario {
  readonly views: readonly ViewPlan[];
  /** Views that a history may end in, whoever is away or not up to date: what comes behind them is another world's subject. */
  readonly ends?: readonly number[];
  /** What a node says to itself is heard at once, as in the host. Default: at any time. */
  readonly hearsItselfAtOnce?: boolean;
  /** How many of those that stop start again. Default: all. */
  readonly restarts?: number;
  /** Nodes that may lose power. Default: all that are in some view. */
  readonly stopping?: readonly number[];
  /** Nodes record a view, and hear of it, one after the other, so that fewer histories differ in little. */
  readonly inTurn?: boolean;
  /** Writes that are made at the proxy as well, when it stands in: retries of those made before, or first. */
  readonly atProxy?: readonly number[];
  /** Writes that are made at the proxy only. */
  readonly onlyAtProxy?: readonly number[];
  /** Whoever writes through a proxy asks again and again until it is done, as a caller does that reads the block anew. */
  readonly asksUntilDone?: boolean;
  /** Data IOMs are called in order, so that a history is longer. */
  readonly inOrder?: boolean;
  /** Proxies are asked at any time, and say that the data IOM is to be asked where it is not stopped. */
  readonly asksAnyTime?: boolean;
  readonly reads?: readonly PlannedRead[];
  /** A member that is stopped, and will come back with a new drive: what those who stay are told of it. */
  readonly blank?: number;
  /** A group whose parity is found not to be what its blocks say. */
  readonly doubtful?: number;
  /** The object is removed once its writes are answered. */
  readonly removed?: boolean;
  /** There is space again, which the kernels are told once each. */
  readonly space?: boolean;
  /** What must be reached, so that nothing is proved of nothing. */
  readonly goals?: readonly Goal[];
}

export const proxyState = (view: WorldView, node: number) => view.state<ProxyState>(node, roles.parity);
export const resyncState = (view: WorldView, node: number) => view.state<ResyncState>(node, roles.data);
export const keeperState = (view: WorldView, node: number) => view.state<ViewKeeperState>(node, roles.view);

/** The newest view that a node began to record, or has on its drive. */
export function newestOf(scenario: ProxyScenario, view: WorldView, node: number): number {
  if (view.up(node) && keeperState(view, node).recorded >= 0) {
    const { recorded, recording } = keeperState(view, node);
    return Math.max(recorded, recording);
  }
  return recordedView(scenario, view, node);
}

/** The newest view on the drive of a node. */
export function recordedView(scenario: ProxyScenario, view: WorldView, node: number): number {
  const newest = durableLog(scenario, view, node).findLast(({ type }) => type === 'view');
  return newest?.type === 'view' ? newest.id : 0;
}

export const newestView = (scenario: ProxyScenario, view: WorldView): number =>
  Math.max(...nodesOf(scenario).map((node) => newestOf(scenario, view, node)));

/** A node that is in no view is away for good: it has no links, and nothing happens on it. */
export const isEverIn = ({ views }: ProxyScenario, node: number): boolean => views.some((view) => isIn(view, node));

export const isIn = ({ out }: ViewPlan, node: number): boolean => !out.includes(node);

/** Whether everyone in a view but `except` works by it. */
const isWorkedBy = (scenario: ProxyScenario, view: WorldView, newest: number, except: number): boolean =>
  nodesOf(scenario).every(
    (node) =>
      node === except ||
      !isIn(scenario.views[newest]!, node) ||
      (view.up(node) && keeperState(view, node).published === newest),
  );

/** Whether a member that was stopped has caught up, as far as it knows. */
function isUpToDate(view: WorldView, node: number): boolean {
  const { stale, restoring, partners } = resyncState(view, node);
  const { stale: staleParity, members } = proxyState(view, node);
  return (
    stale.size + restoring.length === 0 &&
    partners.every(({ status }) => status === 'partner') &&
    staleParity.size === 0 &&
    members.every(({ heard }) => heard)
  );
}

/** Whether the supervisor may begin a view: somebody is down, or back, or up to date. */
function mayBegin(scenario: ProxyScenario, view: WorldView, next: number, newest: number): boolean {
  const before = scenario.views[newest]!;
  const { out, returning } = scenario.views[next]!;
  const stopped = out.find((node) => !before.out.includes(node));
  if (stopped !== undefined) return !view.up(stopped) && isWorkedBy(scenario, view, newest, stopped);
  const back = returning.find((node) => !before.returning.includes(node));
  if (!isWorkedBy(scenario, view, newest, -1)) return false;
  if (back !== undefined && back === scenario.blank && !isBlankOnRecord(scenario, view)) return false;
  if (back !== undefined) return view.up(back) && keeperState(view, back).recorded >= 0;
  return before.returning.every((node) => isUpToDate(view, node));
}

export function canEnter(scenario: ProxyScenario, view: WorldView, node: number, next: number): boolean {
  const { recorded, recording } = keeperState(view, node);
  if (!view.up(node) || recorded < 0 || recorded >= next || recording >= 0) return false;
  // What those who are up remember is cheap to look at, and never newer than what is on all drives.
  const known = Math.max(...nodesOf(scenario).map((other) => (view.up(other) ? keeperState(view, other).recorded : 0)));
  if (known > next) return false;
  // Where everyone remembers, nothing on a drive is newer.
  const isKnown = nodesOf(scenario).every((other) => view.up(other) && keeperState(view, other).recorded >= 0);
  if (isKnown && known !== next && !scenario.views[next]!.after.includes(known)) return false;
  const newest = newestView(scenario, view);
  const isTurn = (before: number) => !isIn(scenario.views[next]!, before) || newestOf(scenario, view, before) === next;
  if (scenario.inTurn === true && !nodesOf(scenario).slice(0, node).every(isTurn)) return false;
  if (newest === next) return true;
  return scenario.views[next]!.after.includes(newest) && mayBegin(scenario, view, next, newest);
}

/** A view is worked by once it is durable on everyone in it; `everywhere` is false in a seeded bug. */
export function canPublish(
  scenario: ProxyScenario,
  view: WorldView,
  node: number,
  next: number,
  everywhere: boolean,
): boolean {
  const { recorded, published } = keeperState(view, node);
  if (!view.up(node) || recorded !== next || published >= next || newestView(scenario, view) !== next) return false;
  const isTurn = (before: number) =>
    !isIn(scenario.views[next]!, before) || keeperState(view, before).published === next;
  if (scenario.inTurn === true && everywhere && !nodesOf(scenario).slice(0, node).every(isTurn)) return false;
  if (!everywhere) return true;
  return nodesOf(scenario).every(
    (other) => !isIn(scenario.views[next]!, other) || (view.up(other) && keeperState(view, other).recorded === next),
  );
}
