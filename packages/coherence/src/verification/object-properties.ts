import { always, canFinish, type Property, quiescent, type WorldView } from '@holdfast/simulation';
import { isSettled, passesOn } from '../kernel/entry-queue.ts';
import type { ObjectEnv } from '../kernel/object-env.ts';
import {
  type Baggage,
  noPayload,
  type ObjectEntry,
  type ObjectMessage,
  type ObjectStatus,
  saver,
} from '../kernel/object-types.ts';
import type { GhostPlaces } from './object-ghosts.ts';
import { entryOf, type Flight, flights, nodesOf, type ObjectScenario, watcher } from './object-scenario.ts';
import { notWatching, type WatchGhost } from './watch-monitor.ts';

/** One look at the world: all that there is of one object. */
export interface Sight {
  readonly entries: readonly ObjectEntry[];
  readonly under: readonly Flight[];
}

type Check = (sight: Sight) => string | undefined;

const ownerStatuses: ReadonlySet<ObjectStatus> = new Set([
  'INV_OWNER',
  'INV_FILLING',
  'READ_OWNER',
  'WRITE_OWNER',
  'WRITE_GHOST',
  'WAIT_ACK_INV',
  'WAIT_ACK_WRITE',
  'WAIT_OBJ_RM_ACK',
]);

function carriesObject({ message }: Flight): boolean {
  switch (message.type) {
    case 'GRANT':
    case 'ABSENT_OWNERSHIP':
    case 'RM_ACK2':
    case 'OWN':
    case 'OWN_NACK':
      return true;
    case 'RM_DONE':
      return message.home;
    default:
      return false;
  }
}

const oneOwner: Check = ({ entries, under }) => {
  const owners = entries.filter(({ status }) => ownerStatuses.has(status)).length;
  const moving = under.filter(carriesObject).length;
  return owners + moving === 1 ? undefined : `${owners} nodes own the object and ${moving} messages carry it (I2)`;
};

const hasReadCopy = ({ status }: ObjectEntry): boolean => status === 'READ_COPY';

export const oneWriter: Check = ({ entries }) => {
  const alone = entries.some(({ status }) => status === 'WRITE_OWNER' || status === 'WRITE_GHOST');
  return alone && entries.some(hasReadCopy) ? 'one node may write while another has a read copy (I1)' : undefined;
};

/** The owner knows every copy, and all are the same. */
const copiesKnown: Check = ({ entries }) => {
  const owner = entries.find(({ status }) => status === 'READ_OWNER' || status === 'WRITE_OWNER');
  if (owner === undefined) return undefined;
  for (const [node, entry] of entries.entries()) {
    if (!hasReadCopy(entry)) continue;
    if (!owner.copyset.includes(node)) return `the owner does not know the copy of node ${node} (I3)`;
    if (!owner.rmset.includes(node)) return `the owner does not know the entry of node ${node} (I4)`;
    if (entry.version !== owner.version) return `node ${node} has version ${entry.version}, not ${owner.version} (I5)`;
    if (entry.incarnation !== owner.incarnation) return `node ${node} has a copy of another incarnation (I9)`;
  }
  return owner.copyset.every((node) => owner.rmset.includes(node)) ? undefined : 'a copy is not among the entries (I4)';
};

const readableStatuses: ReadonlySet<ObjectStatus> = new Set(['READ_COPY', 'READ_OWNER', 'WRITE_OWNER']);

export const leasesHold: Check = ({ entries }) => {
  for (const { status, readers, writer: holder, payload } of entries) {
    // While a value is saved nobody has a lease that could write.
    const writer = holder === saver ? 0 : holder;
    if (readers.length > 0 && (!readableStatuses.has(status) || payload === noPayload)) {
      return `a reader holds a lease in ${status} (I11)`;
    }
    if (writer !== 0 && status !== 'WRITE_OWNER' && status !== 'INV_OWNER')
      return `a writer holds a lease in ${status} (I11)`;
    if (writer !== 0 && readers.length > 0) return 'a writer and a reader hold leases on one node (I11)';
    if (writer !== 0 && entries.some(hasReadCopy)) return 'a writer holds a lease while another node has a copy (I1)';
  }
  return undefined;
};

const askingStatuses: ReadonlySet<ObjectStatus> = new Set(['WAIT_OBJ_READ', 'WAIT_OBJ_WRITE', 'WAIT_OBJ_RM_DONE']);
const answerTypes: ReadonlySet<ObjectMessage['type']> = new Set([
  'COPY',
  'GRANT',
  'ABSENT_OWNERSHIP',
  'ABSENT',
  'BUSY',
  'FAILED',
  'RM_DONE',
]);

/** A node that asked has one request or answer somewhere, and nobody else has: no request is served twice. */
const answeredOnce: Check = ({ entries, under }) => {
  const counts = new Array<number>(entries.length).fill(0);
  const count = (node: number): void => {
    counts[node] = (counts[node] ?? 0) + 1;
  };
  for (const { to, message } of under) {
    if ('requester' in message) {
      if ('request' in message) count(message.requester);
    } else if (answerTypes.has(message.type)) count(to);
    else if (message.type === 'RM_ACK2' && entries[to]?.status !== 'WAIT_OBJ_RM_ACK2') {
      return `the object is sent home to node ${to} in ${entries[to]?.status}`;
    }
  }
  for (const { queue } of entries) for (const item of queue) if ('request' in item) count(item.requester);
  for (const [node, { status }] of entries.entries()) {
    const expected = askingStatuses.has(status) ? 1 : 0;
    if (counts[node] !== expected) return `node ${node} in ${status} has ${counts[node]} requests and answers`;
  }
  return undefined;
};

/** What goes along with the object, at its owner or under way. */
function baggageOf({ entries, under }: Sight): Baggage | undefined {
  const owner = entries.find(({ status }) => ownerStatuses.has(status));
  if (owner !== undefined) return owner.baggage;
  const carrier = under.find(carriesObject);
  if (carrier === undefined) return undefined;
  return 'baggage' in carrier.message ? carrier.message.baggage : entries[carrier.to]?.baggage;
}

/**
 * No call that others answer has two requests or answers; a watch may also wait with the object. After a change of view
 * what was asked for may be asked for again while it is being done.
 */
const underwayOnce: Check = (sight) => {
  const { entries, under } = sight;
  const counts = new Array<number>(entries.length).fill(0);
  const count = (node: number): void => {
    counts[node] = (counts[node] ?? 0) + 1;
  };
  for (const { from, to, message } of under) {
    if (message.type === 'EXEC_REQ' || message.type === 'WATCH_REQ') count(message.requester);
    else if (message.type === 'SYNC') count(from);
    else if (message.type === 'EXECUTED' || message.type === 'CHANGED' || message.type === 'SYNCED') count(to);
  }
  for (const { queue } of entries) {
    for (const item of queue) if (item.type === 'EXEC_REQ' || item.type === 'WATCH_REQ') count(item.requester);
  }
  for (const { node } of baggageOf(sight)?.watchers ?? []) count(node);
  for (const [node, { underway, sent }] of entries.entries()) {
    const calls = underway.length + sent.length;
    if (counts[node]! > calls) {
      return `${calls} calls of node ${node} have ${counts[node]} requests and answers`;
    }
  }
  return undefined;
};

/** A writer awaits exactly those who were told and did not answer yet. */
const acknowledgementsCounted: Check = ({ entries, under }) => {
  for (const [writer, entry] of entries.entries()) {
    if (entry.status !== 'WAIT_ACK_INV' && entry.status !== 'WAIT_ACK_WRITE') continue;
    for (const node of entries.keys()) {
      const isOutstanding =
        entries[node]?.invalidation?.to === writer ||
        under.some(
          ({ from, to, message }) =>
            (message.type === 'INV' && to === node && message.writer === writer) ||
            (message.type === 'IACK' && from === node && to === writer),
        );
      if (isOutstanding !== entry.awaited.includes(node))
        return `the acknowledgement of node ${node} is miscounted (I10)`;
    }
  }
  return undefined;
};

/**
 * Following the probable owners ends at the owner, at a node that waits to be, or at one the object is on its way to:
 * a request sent there arrives after it.
 */
const chainsEnd =
  (envs: readonly ObjectEnv[]): Check =>
  ({ entries, under }) => {
    const receiver = under.find(carriesObject)?.to;
    for (const start of entries.keys()) {
      let node = start;
      let steps = 0;
      while (node !== receiver && passesOn(entries[node]!, envs[node]!)) {
        if (steps++ === entries.length) return `the probable owners from node ${start} on form a circle (I6)`;
        node = entries[node]!.probOwner;
      }
    }
    return undefined;
  };

/** Where nothing moves and nobody holds anything, nobody waits, and all chains lead to the owner. */
export const nobodyForgotten: Check = ({ entries }) => {
  const someoneActs = entries.some(
    ({ writer, readers, status }) => writer !== 0 || readers.length > 0 || status === 'INV_FILLING',
  );
  if (someoneActs) return undefined;
  for (const [node, entry] of entries.entries()) {
    if (entry.queue.length > 0) return `${entry.queue[0]?.type} waits at node ${node} for nothing`;
    if (!isSettled(entry)) return `node ${node} stays in ${entry.status}`;
    let owner = node;
    for (let steps = 0; !ownerStatuses.has(entries[owner]!.status); steps++) {
      if (steps === entries.length) return `node ${node} does not find the owner`;
      owner = entries[owner]!.probOwner;
    }
  }
  return undefined;
};

/** The invariants of one object that hold in every state while nobody dies. */
export function undisturbed(envs: readonly ObjectEnv[]): Check {
  const check = coherenceOf(envs);
  return (sight) => check(sight) ?? underwayOnce(sight);
}

/** The invariants of one object that hold in every state. */
export function coherenceOf(envs: readonly ObjectEnv[]): Check {
  const checks = [oneOwner, oneWriter, copiesKnown, leasesHold, acknowledgementsCounted, answeredOnce, chainsEnd(envs)];
  return (sight) => {
    for (const check of checks) {
      const violation = check(sight);
      if (violation !== undefined) return violation;
    }
    return undefined;
  };
}

/** Watches may wait for ever. */
export const entryIsAtRest = ({ queue, writer, readers, underway, sent }: ObjectEntry): boolean =>
  queue.length + sent.length === 0 && writer === 0 && readers.length === 0 && underway.every((call) => call >= watcher);

/** Where nothing moves, nobody watches for what has happened. */
const lastChangeTold = (nodes: readonly number[], place: number): Property<WorldView> =>
  quiescent('every watcher was told the last change', (view) => {
    const { changed, seen } = view.monitor<WatchGhost>(place);
    const waiting = nodes.some((node) => entryOf(view, node).queue.length > 0);
    const late = nodes.find((node) => seen[node] !== notWatching && seen[node]! < changed);
    return waiting || late === undefined ? undefined : `node ${late} has seen ${seen[late]} and is not told ${changed}`;
  });

const isAtRest = (nodes: readonly number[], view: WorldView): boolean =>
  nodes.every((node) => entryIsAtRest(entryOf(view, node)));

/** Invariants I1 to I12 as far as a state shows them; the values of I5 and I8 are the monitor's. */
export function objectProperties(
  scenario: ObjectScenario,
  env: (node: number) => ObjectEnv,
  ghosts: GhostPlaces,
): Property<WorldView>[] {
  const nodes = nodesOf(scenario);
  const envs = nodes.map(env);
  const sightOf = (view: WorldView): Sight => ({
    entries: nodes.map((node) => entryOf(view, node)),
    under: flights(view, scenario.nodes),
  });
  const check = undisturbed(envs);
  return [
    // One property for all: a world is looked at once.
    always('the object is coherent (I1 to I11)', (view) => check(sightOf(view))),
    quiescent('nobody waits for nothing (I12)', (view) => nobodyForgotten(sightOf(view))),
    ...(ghosts.watch === undefined ? [] : [lastChangeTold(nodes, ghosts.watch)]),
    canFinish('every call can end (L1)', (view) => view.messagesInFlight === 0 && isAtRest(nodes, view)),
  ];
}
