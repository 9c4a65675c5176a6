import type { WorldView } from '@holdfast/simulation';
import { initialEntry } from '../kernel/object-entry.ts';
import { type ObjectRules, objectRules } from '../kernel/object-rules.ts';
import type { NodeId, ObjectEntry } from '../kernel/object-types.ts';
import type { ViewEnv } from '../kernel/view-env.ts';
import { type ViewRules, viewRules } from '../kernel/view-rules.ts';
import type { View, ViewMessage, ViewState } from '../kernel/view-types.ts';
import type { HostedView } from './hosted-view.ts';
import { envelopes, type Flight, type Operation } from './object-scenario.ts';

/** A small world whose nodes die: one object, and calls as in worlds without deaths. */
export interface ViewScenario {
  readonly name: string;
  readonly nodes: number;
  readonly operations: readonly Operation[];
  readonly callsPerNode: number;
  /** Nodes that make one call more. */
  readonly busier?: readonly number[];
  /** Nodes that make calls, and nodes that may die; where omitted, all. */
  readonly callers?: readonly number[];
  readonly mortals?: readonly number[];
  readonly crashes: number;
  /** A session may end long before the host hears of the view without its peer; else both are one step. */
  readonly sessionsEndFirst?: boolean;
  /** Every value written is on two nodes. */
  readonly backup?: boolean;
  /** What is evicted goes to the device of the default owner, which takes its time and may fail. */
  readonly hasDevices?: boolean;
  /** Nodes that crashed may start again and join. */
  readonly restarts?: number;
  /** Nodes that are outside at first, and join one after the other, whatever the others are at. */
  readonly joins?: readonly number[];
  /** A member from the first that begins the set with the first message about it. */
  readonly latecomer?: number;
  /** Steps of a change of view are explored in one order where no other leads anywhere else. */
  readonly isReduced?: boolean;
  /** Node 0 prepares to leave. */
  readonly leaves?: boolean;
}

/** The object of these worlds. */
export const theKey = 0;

/** Node 0 while it lives, then the lowest member. */
export const defaultOwnerIn = (members: readonly NodeId[]): NodeId => Math.min(...members);

/** The same, and no node that is about to leave. */
export const homeIn = ({ members, leaving }: Pick<View, 'members' | 'leaving'>): NodeId =>
  defaultOwnerIn(members.filter((node) => leaving?.includes(node) !== true));

export const allNodes = ({ nodes }: ViewScenario): number[] => Array.from({ length: nodes }, (_, node) => node);

export const firstMembers = (scenario: ViewScenario): number[] =>
  allNodes(scenario).filter((node) => scenario.joins?.includes(node) !== true);

/** Whether a node is there from the first view on, and has nothing of the set until it hears of it. */
export const isLate = (scenario: ViewScenario, node: number): boolean => scenario.latecomer === node;

export function viewEnvOf(
  scenario: ViewScenario,
  self: number,
  rules: ViewRules = viewRules,
  incarnation = 0,
  objects: ObjectRules = objectRules,
): ViewEnv {
  const founders = firstMembers(scenario);
  return {
    self,
    firstView: incarnation === 0 && founders.includes(self) ? { epoch: 0, members: founders } : undefined,
    backup: scenario.backup ?? false,
    objectEnv: (_key, { members, leaving }) => ({
      ...(scenario.backup === true && shadowNodeOf(self, members)),
      self,
      defaultOwner: homeIn({ members, leaving: leaving ?? [] }),
      members,
      forwardsMax: 2,
      // An answer to the request before the last is told from one to the last.
      requestIds: 2,
      fill: scenario.hasDevices === true ? 'load' : 'blank',
      evictsTo: scenario.hasDevices === true ? 'device' : 'nodes',
      exclusiveReaders: false,
      rules: objects,
    }),
    reportsPerMessage: 1,
    rules,
  };
}

/** The default owner, or the next member where that is the node itself. */
function shadowNodeOf(self: NodeId, members: readonly NodeId[]): { shadowNode: NodeId } | undefined {
  const others = members.filter((node) => node !== self);
  return others.length === 0 ? undefined : { shadowNode: defaultOwnerIn(others) };
}

export const hostOf = (view: WorldView, node: number): HostedView => view.state<HostedView>(node, 0);

export const viewOf = (view: WorldView, node: number): ViewState => hostOf(view, node).state;

/** The entry of a node, as a missing one stands for it. */
export function entryIn({ objects, served, view, phase }: ViewState, node: number): ObjectEntry {
  const members = served.members.length === 0 ? [node] : served.members;
  const hasReported = phase === 'gathering' || phase === 'settling';
  const isGivenUp = hasReported && homeIn(view) !== node;
  const self = served.members.includes(node) && !isGivenUp ? node : -1;
  return objects.get(theKey) ?? initialEntry({ self, defaultOwner: homeIn({ ...served, members }) });
}

/** What is under way about the object in an epoch, from one live node to another. */
export function objectFlights(view: WorldView, nodes: number, { epoch, members }: View): Flight[] {
  return envelopes(view, nodes).flatMap(({ from, to, message }) => {
    const sent = message as ViewMessage;
    const isLive = members.includes(from) && members.includes(to);
    return sent.type === 'OBJECT' && sent.epoch === epoch && isLive ? [{ from, to, message: sent.message }] : [];
  });
}
