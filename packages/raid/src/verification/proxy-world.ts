import {
  type CallSpec,
  monitor,
  type NodeSpec,
  part,
  type ReducibleStep,
  type StepTime,
  type WorldSpec,
  type WorldView,
} from '@holdfast/simulation';
import type { WriteCall } from '../kernel/data-state.ts';
import type { GroupName } from '../kernel/named-table.ts';
import { proxyIom } from '../kernel/proxy-iom.ts';
import type { ProxyRequest, ProxyResult, ReadCall, ToMember, ToProxy } from '../kernel/proxy-messages.ts';
import { type ProxyRules, proxyRules } from '../kernel/proxy-rules.ts';
import type { ProxyEvent } from '../kernel/proxy-state.ts';
import { type RaidRules, raidRules } from '../kernel/raid-rules.ts';
import { resyncIom } from '../kernel/resync-iom.ts';
import type { ResyncEvent } from '../kernel/resync-state.ts';
import { handleOf } from './block-values.ts';
import { heardTidings } from './heard-tidings.ts';
import { type ItemNotice, itemStore, itemStoreEnded, roles } from './item-store.ts';
import { mayEnd, proxyProperties } from './proxy-properties.ts';
import { canEnter, canPublish, isEverIn, isIn, keeperState, type ProxyScenario } from './proxy-scenario.ts';
import { tidingsOf } from './tidings.ts';
import {
  dataAddresses,
  dataPlaces,
  dataPort,
  diskAddresses,
  gfid,
  initialHandle,
  initialValue,
  lblkOf,
  nodesOf,
  parityAddresses,
  parityGroups,
  parityNodes,
  writtenValue,
} from './update-scenario.ts';
import { dataNodesOf, linksOf, parityNodesOf, writeCallOf } from './update-world.ts';
import { type ViewKeeperNotice, viewEvent, viewKeeper } from './view-keeper.ts';

const storePart = 2;

const toStore = (role: number) => (request: unknown) => ({
  part: storePart,
  event: { type: 'request', role, request },
});

function nodeSpec(scenario: ProxyScenario, node: number, rules: ProxyRules, inner: RaidRules): NodeSpec {
  const peers = parityNodesOf(scenario, node);
  const ports = dataNodesOf(scenario, node).map(dataPort);
  const startsWithout = scenario.views[0]!.out;
  // A node that is stopped at the beginning is in a later life when it comes.
  const life = (incarnation: number) => incarnation + (startsWithout.includes(node) ? 1 : 0);
  const resync = part({
    name: 'resync',
    kernel: resyncIom,
    env: (incarnation) => ({
      incarnation: life(incarnation),
      addresses: dataAddresses(scenario, node),
      reserve: 0,
      peers,
      push: true,
      rules: inner,
      proxyRules: rules,
      startsWithout,
      ...(scenario.deputies?.includes(node) && { self: node }),
      ...(scenario.deputies !== undefined && {
        paritiesOf: ({ group }: GroupName) => parityNodes(scenario.groups[group]!),
      }),
    }),
    ports: peers,
    message: (from, message: unknown): ResyncEvent => ({ type: 'message', from, message: message as ToMember }),
    link: (peer, up): ResyncEvent => ({ type: 'peer', peer, up }),
    above: toStore(roles.data),
  });
  const proxy = part({
    name: 'proxy',
    kernel: proxyIom,
    env: (incarnation) => ({
      incarnation: life(incarnation),
      addresses: parityAddresses(scenario, node),
      peers: ports,
      rules: inner,
      proxyRules: rules,
      startsWithout: startsWithout.map(dataPort),
      membersOf: ({ group }) =>
        scenario.groups[group]!.members.map((member, slot) => ({
          peer: dataPort(member as number),
          lblk: lblkOf(scenario, { group, slot }),
        })),
      ...(scenario.deputies !== undefined && {
        self: dataPort(node),
        pairOf: ({ group }: GroupName) => {
          const { parity, second } = scenario.groups[group]!;
          return second === undefined ? undefined : ([dataPort(parity), dataPort(second)] as const);
        },
        nameOf: (member: number) => member - dataPort(0),
        memberNamed: dataPort,
      }),
    }),
    ports,
    message: (from, message: unknown): ProxyEvent => ({ type: 'message', from, message: message as ToProxy }),
    link: (peer, up): ProxyEvent => ({ type: 'peer', peer, up }),
    above: (request: ProxyRequest) =>
      request.type === 'write_for' ? { part: roles.data, event: request } : toStore(roles.parity)(request),
  });
  const store = part({
    name: 'store',
    kernel: itemStore,
    env: (incarnation) => ({
      incarnation,
      addresses: diskAddresses(scenario),
      slowReads: scenario.slowReads === true,
      keepsViews: true,
      initial: (address) => initialHandle(scenario, node, address),
      dataBlocks: dataPlaces(scenario, node).map((place, index) => ({
        gfid,
        lblk: lblkOf(scenario, place),
        address: index + 1,
        seq: 0,
        applied: [],
      })),
      parityBlocks: parityGroups(scenario, node).map((group, index) => ({
        gfid,
        group,
        address: parityAddresses(scenario, node)[index]!,
        vv: [],
      })),
    }),
    start: () => ({ type: 'start' }),
    disk: (op, { blocks }) => itemStoreEnded(op, blocks),
    above: ({ role, event }: ItemNotice) => ({ part: role, event }),
  });
  const keeper = part({
    name: 'view keeper',
    kernel: viewKeeper,
    env: (incarnation) => ({ incarnation: life(incarnation) }),
    above: (notice: ViewKeeperNotice) => {
      if (notice.to === 'store') return toStore(roles.view)({ type: 'journal', entry: notice.entry });
      const port = notice.to === roles.data ? (each: number) => each : dataPort;
      return { part: notice.to, event: viewEvent(scenario.views, notice.view, port) };
    },
  });
  const mayStop = scenario.stopping?.includes(node) ?? isEverIn(scenario, node);
  return { name: `n${node}`, parts: [resync, proxy, store, keeper], immortal: !mayStop };
}

/** Writes and reads, and what the supervisor does: that is not a node, and never stops alone. */
function callsOf(scenario: ProxyScenario, everywhere: boolean): CallSpec[] {
  const isFree = (view: WorldView, after: number | undefined) => after === undefined || isAnswered(view, after);
  const isMadeAtData = (write: number) => scenario.onlyAtProxy?.includes(write) !== true;
  const isTurn = (view: WorldView, write: number) =>
    scenario.inOrder !== true ||
    scenario.writes.every((_, at) => at >= write || !isMadeAtData(at) || view.issued(at) > 0);
  const atData = scenario.writes.map((write, index): CallSpec => {
    const isMade = isMadeAtData(index);
    const event: WriteCall = writeCallOf(scenario, index);
    return {
      label: `write ${index} at toughness ${write.toughness}`,
      node: scenario.groups[write.group]!.members[write.slot] as number,
      part: roles.data,
      times: isMade ? (write.retried === true ? 2 : 1) : 0,
      event: () => event,
      when: (view) => isFree(view, write.after) && isTurn(view, index),
    };
  });
  const atProxy = scenario.writes.flatMap((write, index): CallSpec[] => {
    const isMade = scenario.atProxy?.includes(index) === true || scenario.onlyAtProxy?.includes(index) === true;
    const plan = scenario.groups[write.group]!;
    const member = plan.members[write.slot] as number;
    const event: WriteCall = { ...writeCallOf(scenario, index), ...oldOf(scenario, index) };
    const isPatient = scenario.asksUntilDone === true;
    return parityNodes(plan).map((proxy) => ({
      label: `write ${index} at the proxy n${proxy}`,
      node: proxy,
      part: roles.parity,
      times: isMade ? (isPatient ? 'unlimited' : 1) : 0,
      event: () => event,
      when: (view: WorldView) =>
        isFree(view, write.after) &&
        isProxied(scenario, view, proxy, member) &&
        !(isPatient && isAnswered(view, index)),
    }));
  });
  const reads = (scenario.reads ?? []).map(({ group, slot, after }, index): CallSpec => {
    const { members, parity } = scenario.groups[group]!;
    const lblk = lblkOf(scenario, { group, slot });
    const event: ReadCall = { type: 'read', call: firstRead + index, gfid, lblk, group, slot };
    return {
      label: `read ${index} at the proxy`,
      node: parity,
      part: roles.parity,
      times: 1,
      event: () => event,
      when: (view) => isFree(view, after) && isProxied(scenario, view, parity, members[slot] as number),
    };
  });
  const views = scenario.views.flatMap((plan, view) =>
    nodesOf(scenario)
      .filter((node) => isIn(plan, node))
      .flatMap((node): CallSpec[] => [
        {
          label: `n${node} records view ${view}`,
          node,
          part: roles.view,
          times: view === 0 ? 0 : 'unlimited',
          event: () => ({ type: 'enter', view }),
          when: (world) => view > 0 && canEnter(scenario, world, node, view),
        },
        {
          label: `n${node} hears that view ${view} is durable everywhere`,
          node,
          part: roles.view,
          times: 'unlimited',
          event: () => ({ type: 'publish', view }),
          when: (world) => canPublish(scenario, world, node, view, everywhere),
        },
      ]),
  );
  const isOver = (view: WorldView) => scenario.writes.every((_, write) => isAnswered(view, write));
  return [...atData, ...atProxy, ...reads, ...views, ...tidingsOf(scenario, isOver)];
}

/** In a group with two parities, the block as it was read before a write: as those that it comes after left it. */
function oldOf(scenario: ProxyScenario, index: number): Pick<WriteCall, 'old'> {
  const { group, slot, after } = scenario.writes[index]!;
  if (scenario.groups[group]!.second === undefined) return {};
  if (after === undefined) return { old: { value: handleOf(initialValue(group, slot)), seq: 0 } };
  const before = scenario.writes.slice(0, after + 1).filter((other) => other.group === group && other.slot === slot);
  return { old: { value: handleOf(writtenValue(after)), seq: before.length } };
}

/** Whether a proxy is asked: it works by a view without the member. */
function isProxied(scenario: ProxyScenario, view: WorldView, proxy: number, member: number): boolean {
  const { published } = keeperState(view, proxy);
  if (!view.up(proxy) || published < 0) return false;
  return scenario.asksAnyTime === true || scenario.views[published]!.out.includes(member);
}

/** Calls of reads are numbered from here. */
export const firstRead = 40;

interface Answers {
  calls: number;
  /** By read: the handle found; 0 while not answered. */
  found: number[];
}

/** Which calls were carried out, and what reads found. */
const answers = monitor<Answers>({
  name: 'answers',
  watches: ['reply'],
  initial: () => ({ calls: 0, found: [] }),
  observe(state, { number, value }) {
    const { outcome, value: found } = value as ProxyResult;
    if (outcome !== 'done') return;
    if (number < firstRead) state.calls |= 1 << (number - 1);
    else {
      while (state.found.length <= number - firstRead) state.found.push(0);
      state.found[number - firstRead] = found ?? 0;
    }
  },
  encode({ calls, found }, into) {
    into.uint(calls);
    into.list(found, (handle, to) => to.uint(handle));
  },
  decode: (from) => ({ calls: from.uint(), found: from.list((each) => each.uint()) }),
});

export const isAnswered = (view: WorldView, write: number): boolean =>
  ((view.monitor<Answers>(0).calls >>> write) & 1) === 1;

const readResult = (view: WorldView, read: number): number => view.monitor<Answers>(0).found[read] ?? 0;

/** What a node says to itself comes before anything from elsewhere. */
const whenHeard = (_: WorldView, step: ReducibleStep): StepTime =>
  step.kind === 'deliver' && step.from === step.to ? 'soon' : 'any';

/** The world of a scenario, with the production rules or with some replaced. */
export function proxyWorld(
  scenario: ProxyScenario,
  rules: ProxyRules = proxyRules,
  everywhere = true,
  inner: RaidRules = raidRules,
): WorldSpec {
  return {
    name: scenario.name,
    nodes: nodesOf(scenario).map((node) => nodeSpec(scenario, node, rules, inner)),
    links: linksOf(scenario, scenario.views[0]!.out).filter(({ ends }) =>
      ends.every(({ node }) => isEverIn(scenario, node)),
    ),
    calls: callsOf(scenario, everywhere),
    faults: {
      crash: scenario.crashes,
      restart: scenario.restarts ?? scenario.crashes,
      torn: scenario.torn ?? 0,
      linkDown: scenario.breaks ?? 0,
    },
    disks: 'write-through',
    ...(scenario.hearsItselfAtOnce === true && { reduction: { time: whenHeard } }),
    monitors: [answers, heardTidings],
    properties: proxyProperties(scenario, isAnswered, readResult),
    final: (view) => mayEnd(scenario, view, isAnswered),
  };
}
