import {
  type CallSpec,
  type LinkSpec,
  monitor,
  type NodeSpec,
  part,
  type WorldSpec,
  type WorldView,
} from '@holdfast/simulation';
import { dataIom } from '../kernel/data-iom.ts';
import type { DataEvent, WriteCall } from '../kernel/data-state.ts';
import type { IomMessage, ToData, ToParity } from '../kernel/iom-messages.ts';
import { parityIom } from '../kernel/parity-iom.ts';
import type { ParityEvent } from '../kernel/parity-state.ts';
import { type RaidRules, raidRules } from '../kernel/raid-rules.ts';
import { handleOf, unitsPerBlock } from './block-values.ts';
import { type ItemNotice, itemStore, itemStoreEnded, roles } from './item-store.ts';
import { oncePerNode } from './once-per-node.ts';
import { atRest, updateProperties } from './update-properties.ts';
import {
  dataAddresses,
  dataPlaces,
  dataPort,
  diskAddresses,
  type GroupPlan,
  gfid,
  initialHandle,
  lblkOf,
  nodesOf,
  parityAddresses,
  parityGroups,
  parityNodes,
  type UpdateScenario,
  writtenValue,
} from './update-scenario.ts';

const storePart = 2;
const toStore = (role: number) => (request: unknown) => ({
  part: storePart,
  event: { type: 'request', role, request },
});

function nodeSpec(scenario: UpdateScenario, node: number, rules: RaidRules): NodeSpec {
  /** Drives that hold something already were written in a life before. */
  const lives = (incarnation: number) => (scenario.image === undefined ? incarnation : incarnation + 1);
  const peers = parityNodesOf(scenario, node);
  const ports = dataNodesOf(scenario, node).map(dataPort);
  const data = part({
    name: 'data IOM',
    kernel: dataIom,
    env: (incarnation) => ({
      incarnation: lives(incarnation),
      addresses: dataAddresses(scenario, node),
      reserve: 0,
      peers,
      push: scenario.pull !== true,
      rules,
    }),
    ports: peers,
    message: (from, message: IomMessage): DataEvent => ({ type: 'message', from, message: message as ToData }),
    link: (peer, up): DataEvent => ({ type: 'peer', peer, up }),
    above: toStore(roles.data),
  });
  const parity = part({
    name: 'parity IOM',
    kernel: parityIom,
    env: (incarnation) => ({
      incarnation: lives(incarnation),
      addresses: parityAddresses(scenario, node),
      peers: ports,
      rules,
    }),
    ports,
    message: (from, message: IomMessage): ParityEvent => ({ type: 'message', from, message: message as ToParity }),
    link: (peer, up): ParityEvent => ({ type: 'peer', peer, up }),
    above: toStore(roles.parity),
  });
  const store = part({
    name: 'store',
    kernel: itemStore,
    env: (incarnation) => ({
      incarnation,
      addresses: diskAddresses(scenario),
      slowReads: scenario.slowReads === true,
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
  return { name: `n${node}`, parts: [data, parity, store] };
}

const unique = (nodes: readonly number[]): number[] => [...new Set(nodes)].sort((a, b) => a - b);

/** Nodes that have a parity of a group of which this one has data. */
export const parityNodesOf = oncePerNode((scenario: UpdateScenario, node): readonly number[] =>
  unique(scenario.groups.filter((plan) => isWriterOf(scenario, plan, node)).flatMap(parityNodes)),
);

/** Whether a node has data of a group, or may write in the place of who has. */
const isWriterOf = ({ deputies }: UpdateScenario, plan: GroupPlan, node: number): boolean =>
  plan.members.includes(node) || (deputies?.includes(node) === true && parityNodes(plan).includes(node));

/** Nodes that have data of a group of which this one has a parity. */
export const dataNodesOf = oncePerNode((scenario: UpdateScenario, node): readonly number[] =>
  unique(
    scenario.groups
      .filter((plan) => parityNodes(plan).includes(node))
      .flatMap((plan) => nodesOf(scenario).filter((other) => isWriterOf(scenario, plan, other))),
  ),
);

/** A write of a scenario as its caller makes it. */
export function writeCallOf(scenario: UpdateScenario, index: number): WriteCall {
  const write = scenario.writes[index]!;
  const { group, slot, toughness, range, sameClientAs } = write;
  const { parity, second } = scenario.groups[group]!;
  return {
    type: 'write',
    call: index + 1,
    client: (sameClientAs ?? index) + 1,
    request: sameClientAs === undefined ? 1 : 2,
    gfid,
    lblk: lblkOf(scenario, write),
    group,
    slot,
    parity,
    ...(second !== undefined && { second }),
    payload: handleOf(writtenValue(index)),
    writeStart: range?.start ?? 0,
    writeBytes: range?.units ?? unitsPerBlock,
    toughness,
  };
}

function callsOf(scenario: UpdateScenario): CallSpec[] {
  if (scenario.image !== undefined) return [];
  return scenario.writes.map(({ group, slot, toughness, after, retried }, index) => {
    const event = writeCallOf(scenario, index);
    return {
      label: `write ${index} at toughness ${toughness}`,
      node: scenario.groups[group]!.members[slot] as number,
      part: roles.data,
      times: retried === true ? 2 : 1,
      event: () => event,
      when: (view: WorldView) => after === undefined || isAnswered(view, after),
    };
  });
}

/** Which writes were answered. */
export const answers = monitor<{ calls: number }>({
  name: 'answers',
  watches: ['reply'],
  initial: () => ({ calls: 0 }),
  observe(state, { number }) {
    state.calls |= 1 << (number - 1);
  },
  encode: ({ calls }, into) => into.uint(calls),
  decode: (from) => ({ calls: from.uint() }),
});

export const isAnswered = (view: WorldView, write: number): boolean =>
  ((view.monitor<{ calls: number }>(0).calls >>> write) & 1) === 1;

/** A link between each data IOM and the parity IOMs of its groups; those of stopped nodes come up later. */
export const linksOf = (scenario: UpdateScenario, stopped: readonly number[] = []): LinkSpec[] =>
  nodesOf(scenario).flatMap((node) =>
    parityNodesOf(scenario, node).map((parity) => ({
      name: `n${node} to parity n${parity}`,
      startsUp: scenario.image === undefined && !stopped.includes(node) && !stopped.includes(parity),
      resets: true,
      ends: [
        { node, port: parity },
        { node: parity, port: dataPort(node) },
      ] as const,
    })),
  );

/** The world of a scenario, with the production rules or with one replaced. */
export function updateWorld(scenario: UpdateScenario, rules: RaidRules = raidRules): WorldSpec {
  return {
    name: scenario.name,
    nodes: nodesOf(scenario).map((node) => nodeSpec(scenario, node, rules)),
    links: linksOf(scenario),
    calls: callsOf(scenario),
    faults: {
      crash: scenario.crashes,
      restart: scenario.crashes,
      torn: scenario.torn ?? 0,
      linkDown: scenario.breaks ?? 0,
    },
    disks: 'write-through',
    monitors: [answers],
    properties: updateProperties(scenario, isAnswered),
    final: (view) => atRest(scenario, view),
  };
}
