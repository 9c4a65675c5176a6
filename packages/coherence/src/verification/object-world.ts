import { type CallSpec, type Input, mesh, part, type WorldSpec, type WorldView } from '@holdfast/simulation';
import { type ObjectRules, objectRules } from '../kernel/object-rules.ts';
import {
  executor,
  noPayload,
  type ObjectEntry,
  type ObjectEvent,
  type ObjectMessage,
  type ObjectNotice,
  type ObjectStatus,
} from '../kernel/object-types.ts';
import { callsMade } from './call-budget.ts';
import { deviceCalls, deviceEvent, devicePart, devicePlace } from './device-part.ts';
import type { ExecuteGhost } from './execute-monitor.ts';
import { envOf } from './object-env.ts';
import { ghostsOf } from './object-ghosts.ts';
import { currentFill, freshPayload, hostedObject, versionHere } from './object-host.ts';
import { objectProperties } from './object-properties.ts';
import {
  defaultOwner,
  entryOf,
  holds,
  isHit,
  isIdle,
  nodesOf,
  type ObjectScenario,
  type Operation,
  watcher,
} from './object-scenario.ts';
import { nodeSymmetry, versionRanks } from './renaming.ts';

/** Whether a load goes on at this node, and not at the default owner on its behalf. */
const loadsHere = ({ firstTouch }: ObjectScenario, node: number, { status }: ObjectEntry): boolean =>
  status === 'INV_FILLING' && (firstTouch !== 'default-owner' || node === defaultOwner);

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

  readonly #writes = ({ writer, backup }: ObjectEntry): boolean =>
    writer === this.#client && backup.pending === undefined;

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
        this.#start({ type: 'evict', call });
        break;
      case 'flush':
        for (const to of nodesOf(this.#scenario)) if (to !== this.#node) this.#start({ type: 'flush', call, to });
        break;
      case 'prefetch':
        this.#start({ type: 'prefetch', call, kind: 'read', absence: 'touch' });
        this.#start({ type: 'prefetch', call, kind: 'write', absence: 'touch' });
        break;
      case 'execute':
        this.#execute();
        break;
      case 'watch':
        this.#add('watch', { type: 'watch', call: watcher, seen: versionHere }, this.#mayWatch);
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

  /** Watches count as calls, and wait beside others. */
  readonly #mayWatch = (entry: ObjectEntry, view: WorldView): boolean =>
    isIdle(entry, watcher) && this.#hasCallsLeft(view);

  #hasCallsLeft(view: WorldView): boolean {
    const { callsPerNode } = this.#scenario;
    return callsPerNode === undefined || callsMade(view, this.#node) < callsPerNode;
  }

  /** A call that this client makes when it has none open. */
  #start(event: ObjectEvent, when: (entry: ObjectEntry, view: WorldView) => boolean = () => true): void {
    const { calls } = this.#scenario;
    const mayStart = (entry: ObjectEntry, view: WorldView): boolean =>
      isIdle(entry, this.#client) &&
      when(entry, view) &&
      this.#during?.includes(entry.status) !== false &&
      this.#hasCallsLeft(view);
    this.#add(event.type, event, mayStart, calls ?? 'unlimited');
  }

  /** An operation, the same once more after it ran, as if the answer had been lost, and what it comes to at the owner. */
  #execute(): void {
    const { execute } = ghostsOf(this.#scenario).places;
    const call: ObjectEvent = { type: 'execute', call: this.#client, operation: 1, absence: 'touch', again: false };
    const hasRun = (view: WorldView): boolean => view.monitor<ExecuteGhost>(execute ?? 0)[this.#node] === 'elsewhere';
    this.#start(call);
    this.#start({ ...call, again: true }, (_entry, view) => hasRun(view));
    const runs = ({ writer, backup }: ObjectEntry): boolean => writer === executor && backup.pending === undefined;
    this.#add('operation ends', { type: 'ran', ok: true, payload: freshPayload, result: 1 }, runs);
    this.#add('operation fails', { type: 'ran', ok: false, payload: noPayload, result: noPayload }, runs);
  }

  #under(label: string, event: ObjectEvent, when: (entry: ObjectEntry) => boolean): void {
    this.#add(label, event, (entry) => holds(entry, this.#client) && when(entry));
  }

  #load(event: ObjectEvent): void {
    this.#add(event.type, event, (entry) => loadsHere(this.#scenario, this.#node, entry));
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

const upward = (event: ObjectEvent): Input => ({ part: 0, event });

const arrivalOf = (from: number, message: ObjectMessage, { device }: ObjectScenario): ObjectEvent =>
  device === 'full' ? { type: 'message', from, message, full: true } : { type: 'message', from, message };

/** The device writes at once, and loads for other nodes at once. */
function answered(notice: ObjectNotice, { device, remoteLoads }: ObjectScenario): Input | undefined {
  const event = device === undefined ? undefined : deviceEvent(notice);
  if (event !== undefined) return { part: devicePlace, event };
  if (notice.type === 'store') {
    const { node, call } = notice;
    return upward({ type: 'stored', node, call, ok: true });
  }
  if (notice.type === 'load') {
    const { node, id } = notice;
    const payload = remoteLoads === 'fail' ? noPayload : freshPayload;
    return upward({ type: 'loaded', node, id, payload, absent: false });
  }
  return undefined;
}

/** The client after the ordinary ones. */
const furtherClient = ({ clients }: ObjectScenario): number => (clients ?? 1) + 1;

function intruders(scenario: ObjectScenario): CallSpec[] {
  if (scenario.intruder === undefined) return [];
  const client = furtherClient(scenario);
  return nodesOf(scenario).flatMap((node) => new Client(scenario, node, client, scenario.intruder).calls);
}

/** Leases held open while their node makes other calls. */
function holders(scenario: ObjectScenario): CallSpec[] {
  if (scenario.holders !== true) return [];
  const call = furtherClient(scenario);
  return nodesOf(scenario).flatMap((node) => {
    const spec = (label: string, event: ObjectEvent, when: (entry: ObjectEntry) => boolean): CallSpec => ({
      label: `${label} and hold`,
      node,
      part: 0,
      times: 'unlimited',
      event: () => event,
      when: (view) => when(entryOf(view, node)),
    });
    const takes = (entry: ObjectEntry, kind: 'get' | 'grab'): boolean => !holds(entry, call) && isHit(entry, kind);
    return [
      spec('get', { type: 'get', call, absence: 'touch' }, (entry) => takes(entry, 'get')),
      spec('grab', { type: 'grab', call, absence: 'touch', try: false }, (entry) => takes(entry, 'grab')),
      spec('put', { type: 'put', call, payload: noPayload }, ({ readers }) => readers.includes(call)),
      spec('write', { type: 'put', call, payload: freshPayload }, ({ writer }) => writer === call),
    ];
  });
}

function loads(scenario: ObjectScenario): CallSpec[] {
  if (scenario.fill !== 'load') return [];
  return nodesOf(scenario).map((node) => ({
    label: 'filled',
    node,
    part: 0,
    times: 'unlimited',
    event: (): ObjectEvent => ({ type: 'filled', id: currentFill, payload: noPayload }),
    when: (view: WorldView) => loadsHere(scenario, node, entryOf(view, node)),
  }));
}

/** The world of a scenario, with the production rules or with one replaced. */
export function objectWorld(scenario: ObjectScenario, rules: ObjectRules = objectRules): WorldSpec {
  const nodes = nodesOf(scenario);
  const { ghosts, places } = ghostsOf(scenario);
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
          message: (from, message: ObjectMessage): ObjectEvent => arrivalOf(from, message, scenario),
          above: (notice) => answered(notice, scenario),
        }),
        ...(scenario.device === undefined ? [] : [devicePart(scenario.devicesFail === true)]),
      ],
    })),
    links: mesh(scenario.nodes),
    calls: [
      ...nodes.flatMap((node) => clients.flatMap((client) => new Client(scenario, node, client, undefined).calls)),
      ...intruders(scenario),
      ...holders(scenario),
      ...loads(scenario),
      ...(scenario.devicesFail === true ? deviceCalls(nodes) : []),
    ],
    monitors: ghosts.map(({ monitor }) => monitor),
    properties: objectProperties(scenario, (node) => envOf(scenario, node, rules), places),
    final: () => true,
    faults: scenario.faults ?? {},
    ...(scenario.nodes > 2 && { symmetry: nodeSymmetry(scenario.nodes, ghosts) }),
    renumbering: versionRanks(ghosts),
  };
}
