import {
  type CallSpec,
  type Input,
  type LinkSpec,
  type Monitor,
  mesh,
  monitor,
  part,
  type WorldSpec,
  type WorldView,
} from '@holdfast/simulation';
import { withNode, withoutNode } from '../kernel/node-set.ts';
import { type ObjectRules, objectRules } from '../kernel/object-rules.ts';
import { anyNode, executor, noPayload, type ObjectEntry, type ObjectEvent } from '../kernel/object-types.ts';
import { latest } from '../kernel/view-queue.ts';
import { type ViewRules, viewRules } from '../kernel/view-rules.ts';
import type { View, ViewMessage, ViewNotice } from '../kernel/view-types.ts';
import { callsMade, keyedCallBudget } from './call-budget.ts';
import { crashMonitor, movesObject } from './crash-monitor.ts';
import { deviceCalls, deviceEvent, devicePart, devicePlace } from './device-part.ts';
import { freshPayload } from './object-host.ts';
import type { Operation } from './object-scenario.ts';
import { onceMonitor } from './once-monitor.ts';
import { type HostEvent, hostedView, nextNumber } from './view-host.ts';
import { viewProperties } from './view-properties.ts';
import { viewReduction } from './view-reduction.ts';
import { viewVersionRanks } from './view-renaming.ts';
import { allNodes, entryIn, hostOf, isLate, theKey, type ViewScenario, viewEnvOf, viewOf } from './view-scenario.ts';

/** The one client of each node. */
const client = 1;

type LocalEvent = Exclude<ObjectEvent, { type: 'message' }>;

/** A node makes one call after the other. */
const isIdle = ({ readers, writer, queue, underway, sent, backup }: ObjectEntry): boolean =>
  writer !== client &&
  !(backup.pending?.type === 'ran' && backup.pending.item.type === 'execute') &&
  readers.length + underway.length + sent.length === 0 &&
  queue.every((item) => 'requester' in item);

function clientCalls(scenario: ViewScenario, node: number): CallSpec[] {
  const calls: CallSpec[] = [];
  const add = (label: string, event: LocalEvent, when: (entry: ObjectEntry, view: WorldView) => boolean): void => {
    calls.push({
      label,
      node,
      part: 0,
      times: 'unlimited',
      event: () => ({ type: 'object', key: theKey, event }),
      when: (view) => when(entryIn(viewOf(view, node), node), view),
    });
  };
  const callsMax = scenario.callsPerNode + (scenario.busier?.includes(node) === true ? 1 : 0);
  const start = (event: LocalEvent): void =>
    add(event.type, event, (entry, view) => isIdle(entry) && callsMade(view, node) < callsMax);
  for (const operation of scenario.operations) offer(operation, scenario, node, start);
  const isWriter = ({ writer, backup }: ObjectEntry): boolean => writer === client && backup.pending === undefined;
  add('put', { type: 'put', call: client, payload: noPayload }, ({ readers }) => readers.includes(client));
  add('write and put', { type: 'put', call: client, payload: freshPayload }, isWriter);
  if (scenario.operations.some(({ type }) => type === 'execute')) {
    const isRunning = ({ writer, backup }: ObjectEntry): boolean => writer === executor && backup.pending === undefined;
    add('operation ends', { type: 'ran', ok: true, payload: freshPayload, result: 1 }, isRunning);
  }
  if (scenario.operations.some(({ type }) => type === 'abort')) {
    add('put unchanged', { type: 'put', call: client, payload: noPayload }, isWriter);
  }
  return calls;
}

function offer(operation: Operation, scenario: ViewScenario, node: number, start: (event: LocalEvent) => void): void {
  switch (operation.type) {
    case 'get':
    case 'grab':
      start({ ...operation, call: client });
      break;
    case 'remove':
      start({ type: 'remove', call: nextNumber });
      break;
    case 'execute':
      start({ type: 'execute', call: nextNumber, operation: 1, absence: 'touch', again: false });
      break;
    case 'sync':
      start({ type: 'sync', call: client });
      break;
    case 'find':
      start({ type: 'find', call: client });
      break;
    case 'evict':
      start(
        scenario.hasDevices === true ? { type: 'evict', call: client } : { type: 'flush', call: client, to: anyNode },
      );
      break;
    case 'flush':
      for (const to of allNodes(scenario)) if (to !== node) start({ type: 'flush', call: client, to });
      break;
    default:
      break;
  }
}

/** Places of the monitors. */
const viewsPlace = 2;

/** The supervisor: each death and each start makes a view. */
const supervisor = (nodes: readonly number[]): Monitor =>
  monitor<{ views: readonly (readonly number[])[] }>({
    name: 'views',
    watches: ['crash', 'start'],
    initial: () => ({ views: [] }),
    observe(state, { kind, node, number }) {
      const last = state.views.at(-1) ?? nodes;
      if (kind === 'crash') state.views = [...state.views, withoutNode(last, node)];
      else if (number > 0) state.views = [...state.views, withNode(last, node)];
    },
    encode: ({ views }, into) => into.list(views, (view, to) => to.list(view, (node, each) => each.uint(node))),
    decode: (from) => ({ views: from.list((each) => each.list((node) => node.uint())) }),
  });

const viewsIn = (view: WorldView): readonly (readonly number[])[] =>
  view.monitor<{ views: readonly (readonly number[])[] }>(viewsPlace).views;

/** Whether a node is named by all views from an epoch on. */
const isSince = (view: WorldView, epoch: number, node: number): boolean =>
  viewsIn(view)
    .slice(epoch - 1)
    .every((members) => members.includes(node));

/** A host installs each view in turn, once the sessions with its members are as it says. */
function installations(scenario: ViewScenario, node: number): CallSpec[] {
  const viewsMax = scenario.crashes + (scenario.restarts ?? 0);
  return subsetsWith(node, allNodes(scenario)).flatMap((members) =>
    Array.from({ length: viewsMax }, (_, index): CallSpec => {
      const epoch = index + 1;
      const event: HostEvent = { type: 'installed', epoch, members };
      return {
        label: `view ${epoch}: ${members.join(' ')}`,
        node,
        part: 0,
        times: 'unlimited',
        event: () => event,
        when(view) {
          if (viewsIn(view)[index]?.join() !== members.join()) return false;
          const { state, down, ended } = hostOf(view, node);
          const told = latest(state);
          // A node that joins may begin with any view that names it.
          const isNext = state.phase === 'outside' ? isSince(view, epoch, node) : told.epoch === index;
          const left = told.members.filter((each) => !members.includes(each));
          const joining = members.filter((each) => !told.members.includes(each));
          return isNext && left.every((each) => ended.includes(each)) && !joining.some((each) => down.includes(each));
        },
      };
    }),
  );
}

/** The views in which nodes join, or the one in which node 0 prepares to leave. */
function plannedViews(scenario: ViewScenario): readonly View[] {
  const members = allNodes(scenario);
  if (scenario.leaves === true) return [{ epoch: 1, members, leaving: [0] }];
  const later = scenario.joins ?? [];
  return later.map((_, index) => ({
    epoch: index + 1,
    members: members.filter((node) => !later.slice(index + 1).includes(node)),
  }));
}

/** A node is told of each view in turn; one that joins, first of any that names it. */
function plannedInstallations(scenario: ViewScenario, node: number): CallSpec[] {
  return plannedViews(scenario)
    .filter(({ members }) => members.includes(node))
    .map((next): CallSpec => {
      const event: HostEvent = { type: 'installed', ...next };
      return {
        label: `view ${next.epoch}: ${next.members.join(' ')}`,
        node,
        part: 0,
        times: 'unlimited',
        event: () => event,
        when(view) {
          const { state, missed } = hostOf(view, node);
          const told = missed?.at(-1) ?? latest(state);
          return (missed === undefined && state.phase === 'outside') || told.epoch + 1 === next.epoch;
        },
      };
    });
}

function subsetsWith(node: number, nodes: readonly number[]): number[][] {
  const others = nodes.filter((each) => each !== node);
  const sets = Array.from({ length: 2 ** others.length }, (_, bits) => others.filter((_each, at) => (bits >> at) & 1));
  return sets.map((set) => [...withNode(set, node)]);
}

const ofObject = (event: ObjectEvent): HostEvent => ({ type: 'object', key: theKey, event: event as LocalEvent });

/** What goes to the device of a node; where there is none, the default owner's writes at once. */
function deviceOf(notice: ViewNotice, { hasDevices }: ViewScenario): Input | undefined {
  if (notice.type !== 'object') return undefined;
  if (hasDevices === true) {
    const event = deviceEvent(notice.notice);
    return event && { part: devicePlace, event };
  }
  if (notice.notice.type !== 'store') return undefined;
  const { node, call } = notice.notice;
  return { part: 0, event: ofObject({ type: 'stored', node, call, ok: true }) };
}

/** What its sender does something about where it certainly did not arrive. */
const isTakenBack = (sent: ViewMessage): boolean =>
  sent.type === 'OBJECT' && (movesObject(sent.message) || sent.message.type === 'OWN');

/** Whether a host is told of a death and of the end of the session in one step. */
const tellsAtOnce = ({ crashes, restarts, sessionsEndFirst }: ViewScenario): boolean =>
  crashes > 0 && restarts === undefined && sessionsEndFirst !== true;

/** Who died is told in the order of the views, which is the same for all. */
const isNextDeath = (view: WorldView, node: number, other: number): boolean =>
  viewsIn(view)[viewOf(view, node).view.epoch]?.includes(other) === false;

/** A world in which nodes die at any moment, and every prefix of what they sent arrives. */
export function viewWorld(
  scenario: ViewScenario,
  rules: ViewRules = viewRules,
  objects: ObjectRules = objectRules,
): WorldSpec {
  const nodes = allNodes(scenario);
  const { crashes, restarts } = scenario;
  const isPrompt = tellsAtOnce(scenario);
  const hasJoin = scenario.joins !== undefined || scenario.leaves === true;
  return {
    name: scenario.name,
    nodes: nodes.map((node) => {
      const others = nodes.filter((other) => other !== node);
      return {
        name: `n${node}`,
        ...(scenario.mortals?.includes(node) === false && { immortal: true }),
        parts: [
          part({
            name: 'view',
            kernel: hostedView,
            env: (incarnation) => ({
              ...viewEnvOf(scenario, node, rules, incarnation, objects),
              strangers: others,
              isLate: isLate(scenario, node),
            }),
            ports: others,
            takesBack: true,
            above: (notice) => deviceOf(notice, scenario),
            wantsBack: isTakenBack,
            message: (from: number, message: ViewMessage): HostEvent => ({ type: 'message', from, message }),
            link(port: number, up: boolean, undelivered: readonly ViewMessage[]): HostEvent {
              if (up) return { type: 'begun', node: port };
              return { type: isPrompt ? 'died' : 'ended', node: port, undelivered };
            },
          }),
          ...(scenario.hasDevices === true ? [devicePart(true, ofObject)] : []),
        ],
      };
    }),
    links: mesh(scenario.nodes).map((link): LinkSpec => ({ ...link, startsUp: true })),
    calls: [
      ...(scenario.callers ?? nodes).flatMap((node) => clientCalls(scenario, node)),
      ...(isPrompt || hasJoin ? [] : nodes.flatMap((node) => installations(scenario, node))),
      ...(hasJoin ? nodes.flatMap((node) => plannedInstallations(scenario, node)) : []),
      ...(scenario.hasDevices === true ? deviceCalls(nodes) : []),
    ],
    monitors: [
      crashMonitor({ nodes, backup: scenario.backup ?? false }),
      keyedCallBudget(scenario.nodes, restarts !== undefined),
      ...((isPrompt && crashes === 1) || hasJoin ? [] : [supervisor(nodes)]),
      ...(scenario.operations.some(({ type }) => type === 'remove' || type === 'execute')
        ? [onceMonitor(scenario.nodes)]
        : []),
    ],
    properties: viewProperties(scenario),
    final: () => true,
    ...(isPrompt && crashes > 1 && { notices: isNextDeath }),
    faults: { ...(crashes > 0 && { crash: crashes }), ...(restarts !== undefined && { restart: restarts }) },
    renumbering: viewVersionRanks,
    ...(scenario.isReduced === true && { reduction: viewReduction(scenario) }),
  };
}
