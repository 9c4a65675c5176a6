import { type CallSpec, mesh, part, type WorldSpec, type WorldView } from '@holdfast/simulation';
import { type ObjectRules, objectRules } from '../kernel/object-rules.ts';
import {
  anyNode,
  noPayload,
  type ObjectEntry,
  type ObjectEnv,
  type ObjectEvent,
  type ObjectMessage,
  type ObjectStatus,
} from '../kernel/object-types.ts';
import { callBudget, callsMade } from './call-budget.ts';
import { currentFill, freshPayload, hostedObject } from './object-host.ts';
import { objectProperties } from './object-properties.ts';
import {
  defaultOwner,
  entryOf,
  holds,
  isIdle,
  nodesOf,
  type ObjectScenario,
  type Operation,
} from './object-scenario.ts';
import { nodeSymmetry, versionRanks } from './renaming.ts';
import { valueMonitor } from './value-monitor.ts';

function envOf(scenario: ObjectScenario, self: number, rules: ObjectRules): ObjectEnv {
  return {
    self,
    defaultOwner,
    forwardsMax: scenario.forwardsMax ?? 2,
    requestIds: scenario.requestIds ?? 1,
    fill: scenario.fill ?? 'blank',
    exclusiveReaders: scenario.exclusiveReaders ?? false,
    rules,
  };
}

/** Calls of one client of one node. */
class Client {
  readonly #scenario: ObjectScenario;
  readonly #node: number;
  readonly #client: number;
  readonly #during: readonly ObjectStatus[] | undefined;
  readonly calls: CallSpec[] = [];

  constructor(scenario: ObjectScenario, node: number, client: number, intruder: ObjectScenario['intruder']) {
    this.#scenario = scenario;
    this.#node = node;
    this.#client = client;
    this.#during = intruder?.during;
    for (const operation of (intruder ?? scenario).operations) this.#offer(operation);
    this.#under('put', { type: 'put', call: client, payload: noPayload }, ({ readers }) => readers.includes(client));
    this.#under('write and put', { type: 'put', call: client, payload: freshPayload }, this.#writes);
  }

  readonly #writes = (entry: ObjectEntry): boolean => entry.writer === this.#client;

  #offer(operation: Operation): void {
    const call = this.#client;
    switch (operation.type) {
      case 'get':
      case 'grab':
        this.#start({ ...operation, call });
        break;
      case 'find':
      case 'sync':
      case 'remove':
        this.#start({ type: operation.type, call });
        break;
      case 'evict':
        this.#start({ type: 'flush', call, to: anyNode });
        break;
      case 'flush':
        for (const to of nodesOf(this.#scenario)) if (to !== this.#node) this.#start({ type: 'flush', call, to });
        break;
      case 'abort':
        this.#under('put unchanged', { type: 'put', call, payload: noPayload }, this.#writes);
        break;
      case 'set':
        this.#under('set', { type: 'set', call, payload: freshPayload }, this.#writes);
        break;
      case 'fill-fails':
      case 'fill-absent':
        this.#load({ type: 'fill-failed', id: currentFill, absent: operation.type === 'fill-absent' });
        break;
      case 'late-fill':
        this.#add('late-fill', { type: 'filled', id: Number.MAX_SAFE_INTEGER, payload: noPayload }, () => true);
        this.#add('late-fill', { type: 'fill-failed', id: Number.MAX_SAFE_INTEGER, absent: false }, () => true);
        break;
    }
  }

  /** A call that this client makes when it has none open. */
  #start(event: ObjectEvent): void {
    const { calls, callsPerNode } = this.#scenario;
    const mayStart = (entry: ObjectEntry, view: WorldView): boolean =>
      isIdle(entry, this.#client) &&
      this.#during?.includes(entry.status) !== false &&
      (callsPerNode === undefined || callsMade(view, this.#node) < callsPerNode);
    this.#add(event.type, event, mayStart, calls ?? 'unlimited');
  }

  #under(label: string, event: ObjectEvent, when: (entry: ObjectEntry) => boolean): void {
    this.#add(label, event, (entry) => holds(entry, this.#client) && when(entry));
  }

  #load(event: ObjectEvent): void {
    this.#add(event.type, event, ({ status }) => status === 'INV_FILLING');
  }

  #add(
    label: string,
    event: ObjectEvent,
    when: (entry: ObjectEntry, view: WorldView) => boolean,
    times: CallSpec['times'] = 'unlimited',
  ) {
    const node = this.#node;
    this.calls.push({
      label,
      node,
      part: 0,
      times,
      event: () => event,
      when: (view: WorldView) => when(entryOf(view, node), view),
    });
  }
}

/** The device writes at once. */
const written = ({ node, call }: { node: number; call: number }): ObjectEvent => ({
  type: 'stored',
  node,
  call,
  ok: true,
});

function intruders(scenario: ObjectScenario): CallSpec[] {
  if (scenario.intruder === undefined) return [];
  const client = (scenario.clients ?? 1) + 1;
  return nodesOf(scenario).flatMap((node) => new Client(scenario, node, client, scenario.intruder).calls);
}

function loads(scenario: ObjectScenario): CallSpec[] {
  if (scenario.fill !== 'load') return [];
  return nodesOf(scenario).map((node) => ({
    label: 'filled',
    node,
    part: 0,
    times: 'unlimited',
    event: (): ObjectEvent => ({ type: 'filled', id: currentFill, payload: noPayload }),
    when: (view: WorldView) => entryOf(view, node).status === 'INV_FILLING',
  }));
}

/** The world of a scenario, with the production rules or with one replaced. */
export function objectWorld(scenario: ObjectScenario, rules: ObjectRules = objectRules): WorldSpec {
  const nodes = nodesOf(scenario);
  const clients = Array.from({ length: scenario.clients ?? 1 }, (_, index) => index + 1);
  return {
    name: scenario.name,
    nodes: nodes.map((node) => ({
      name: `n${node}`,
      parts: [
        part({
          name: 'object',
          kernel: hostedObject,
          env: () => envOf(scenario, node, rules),
          ports: nodes.filter((other) => other !== node),
          message: (from, message: ObjectMessage) => ({ type: 'message', from, message }) as const,
          above: (notice) => (notice.type === 'store' ? { part: 0, event: written(notice) } : undefined),
        }),
      ],
    })),
    links: mesh(scenario.nodes),
    calls: [
      ...nodes.flatMap((node) => clients.flatMap((client) => new Client(scenario, node, client, undefined).calls)),
      ...intruders(scenario),
      ...loads(scenario),
    ],
    monitors: [valueMonitor, ...(scenario.callsPerNode === undefined ? [] : [callBudget(scenario.nodes)])],
    properties: objectProperties(scenario, (node) => envOf(scenario, node, rules)),
    final: () => true,
    faults: scenario.faults ?? {},
    ...(scenario.nodes > 2 && { symmetry: nodeSymmetry(scenario.nodes) }),
    renumbering: versionRanks,
  };
}
