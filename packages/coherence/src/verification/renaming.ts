import type { Renumbering, Symmetry } from '@holdfast/simulation';
import type { NodeSet } from '../kernel/node-set.ts';
import type {
  Baggage,
  LocalCall,
  NodeCall,
  ObjectEntry,
  ObjectMessage,
  RemoteRequest,
} from '../kernel/object-types.ts';
import type { KeyedMessage, ObjectSet } from '../kernel/set-types.ts';
import { type Device, deviceNumbers, renamedDevice, renumberedDevice } from './device-part.ts';
import type { Ghost } from './ghosts.ts';
import type { ValueGhost } from './value-monitor.ts';

type Permutation = readonly number[];

const renameSet = (set: NodeSet, permutation: Permutation): NodeSet =>
  set.map((node) => permutation[node]!).sort((a, b) => a - b);

const renameCalls = (calls: readonly NodeCall[], permutation: Permutation): NodeCall[] =>
  calls
    .map(({ node, call }) => ({ node: permutation[node]!, call }))
    .sort((a, b) => a.node - b.node || a.call - b.call);

const renameBaggage = (baggage: Baggage, permutation: Permutation): Baggage => ({
  ...baggage,
  executed: renameCalls(baggage.executed, permutation),
  watchers: renameCalls(baggage.watchers, permutation),
});

function renameMessage(message: ObjectMessage, permutation: Permutation): ObjectMessage {
  const renamed = renameNodes(message, permutation);
  return 'baggage' in renamed ? { ...renamed, baggage: renameBaggage(renamed.baggage, permutation) } : renamed;
}

function renameNodes(message: ObjectMessage, permutation: Permutation): ObjectMessage {
  switch (message.type) {
    case 'COPY_REQ':
    case 'RM_REQ':
    case 'EXEC_REQ':
    case 'WATCH_REQ':
      return { ...message, requester: permutation[message.requester]! };
    case 'GRANT':
      return {
        ...message,
        awaited: renameSet(message.awaited, permutation),
        rmset: renameSet(message.rmset, permutation),
        shadowAt: permutation[message.shadowAt] ?? message.shadowAt,
      };
    case 'ABSENT_OWNERSHIP':
      return { ...message, rmset: renameSet(message.rmset, permutation) };
    case 'INV':
      return { ...message, writer: permutation[message.writer]! };
    case 'RM':
    case 'RM_DONE':
      return { ...message, owner: permutation[message.owner]! };
    case 'OWN':
      return {
        ...message,
        copyset: renameSet(message.copyset, permutation),
        rmset: renameSet(message.rmset, permutation),
      };
    default:
      return message;
  }
}

function renameWaiting(item: LocalCall | RemoteRequest, permutation: Permutation): LocalCall | RemoteRequest {
  switch (item.type) {
    case 'COPY_REQ':
    case 'RM_REQ':
    case 'EXEC_REQ':
    case 'WATCH_REQ':
      return { ...item, requester: permutation[item.requester]! };
    case 'flush':
      return {
        ...item,
        to: permutation[item.to] ?? item.to,
        refusedBy: renameSet(item.refusedBy, permutation),
      };
    default:
      return item;
  }
}

function renameEntry(entry: ObjectEntry, permutation: Permutation): ObjectEntry {
  const { invalidation } = entry;
  return {
    ...entry,
    probOwner: permutation[entry.probOwner]!,
    copyset: renameSet(entry.copyset, permutation),
    rmset: renameSet(entry.rmset, permutation),
    awaited: renameSet(entry.awaited, permutation),
    acknowledged: renameSet(entry.acknowledged, permutation),
    invalidation: invalidation && { ...invalidation, to: permutation[invalidation.to]! },
    baggage: renameBaggage(entry.baggage, permutation),
    storing: entry.storing.map((each) => ({ ...each, node: permutation[each.node]! })),
    queue: entry.queue.map((item) => renameWaiting(item, permutation)),
  };
}

/** All nodes but the default owner, 0, are alike. */
export function nodeSymmetry(nodes: number, ghosts: readonly Ghost[]): Symmetry {
  const others = Array.from({ length: nodes - 1 }, (_, index) => index + 1);
  return {
    permutations: orders(others)
      .map((order) => [0, ...order])
      .filter((order) => order.some((node, index) => node !== index)),
    state: (_node, place, state, permutation) =>
      place > 0 ? renamedDevice(state as Device, permutation) : renameEntry(state as ObjectEntry, permutation),
    message: (message, permutation) => renameMessage(message as ObjectMessage, permutation),
    monitor: (index, state, permutation) => ghosts[index]?.renamed?.(state, permutation) ?? state,
  };
}

function orders(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first) => orders(items.filter((item) => item !== first)).map((rest) => [first, ...rest]));
}

/** Incarnations are ranked apart from versions: between the two nothing is ever compared. */
export const incarnationsFrom = 2 ** 40;
export type Image = (number: number) => number;
/** Every name under which a number is that must be ranked. */
type Versioned = {
  version?: number;
  payload?: number;
  incarnation?: number;
  floor?: number;
  held?: number;
  kept?: number;
  stored?: number;
  seen?: number;
};

export const versionFields = ['version', 'payload', 'floor', 'held', 'kept', 'stored', 'seen'] as const;

function numbersIn(value: Versioned): number[] {
  const numbers = versionFields.map((field) => value[field] ?? 0).filter((number) => number > 0);
  if ((value.incarnation ?? 0) > 0) numbers.push(incarnationsFrom + (value.incarnation ?? 0));
  return numbers;
}

function renumbered<Value extends object>(value: Value & Versioned, image: Image): Value {
  const result: Value & Versioned = { ...value };
  for (const field of versionFields) {
    const number = value[field];
    if (number !== undefined && number > 0) result[field] = image(number);
  }
  if ((value.incarnation ?? 0) > 0) result.incarnation = image(incarnationsFrom + (value.incarnation ?? 0));
  return result;
}

function entryNumbers(entry: ObjectEntry): number[] {
  return [
    ...numbersIn(entry),
    ...(entry.invalidation === undefined ? [] : numbersIn(entry.invalidation)),
    ...entry.storing.flatMap(numbersIn),
    ...entry.queue.flatMap((item) => numbersIn(item as Versioned)),
    ...(entry.backup.shadow === undefined ? [] : numbersIn(entry.backup.shadow)),
  ];
}

const renumberedEntry = (entry: ObjectEntry, image: Image): ObjectEntry => ({
  ...renumbered(entry, image),
  invalidation: entry.invalidation && renumbered(entry.invalidation, image),
  storing: entry.storing.map((each) => renumbered(each, image)),
  queue: entry.queue.map((item) => renumbered(item, image)),
  backup:
    entry.backup.shadow === undefined
      ? entry.backup
      : { ...entry.backup, shadow: renumbered(entry.backup.shadow, image) },
});

export const ghostNumbers = ({ current, acquired, stored }: ValueGhost): number[] =>
  numbersIn({ payload: current, version: acquired, stored });

export function renumberedGhost(ghost: ValueGhost, image: Image): ValueGhost {
  const numbers = { payload: ghost.current, version: ghost.acquired, stored: ghost.stored };
  const { payload, version, stored } = renumbered(numbers, image);
  return { ...ghost, current: payload, acquired: version, stored };
}

/** Versions and the values they name are ranked; incarnations among themselves. The first ghost is the value's. */
export const versionRanks = (ghosts: readonly Ghost[]): Renumbering => ({
  familySpan: incarnationsFrom,
  numbers(value, place) {
    if (place.kind === 'message') return numbersIn(value as Versioned);
    if (place.kind === 'state')
      return place.part > 0 ? deviceNumbers(value as Device) : entryNumbers(value as ObjectEntry);
    return ghosts[place.monitor]?.numbers?.(value) ?? [];
  },
  renumbered(value, place, image) {
    if (place.kind === 'message') return renumbered(value as ObjectMessage, image);
    if (place.kind === 'state') {
      return place.part > 0 ? renumberedDevice(value as Device, image) : renumberedEntry(value as ObjectEntry, image);
    }
    return ghosts[place.monitor]?.renumbered?.(value, image) ?? value;
  },
});

/** Versions of different objects are never compared: each object has ranks of its own. */
const keySpan = 2 ** 41;
const ofKey = (key: number, numbers: readonly number[]): number[] => numbers.map((number) => number + key * keySpan);
const imageOf =
  (key: number, image: Image): Image =>
  (number) =>
    image(number + key * keySpan);

/** The same for several objects on each node, whose ghosts are one monitor. */
export const versionRanksOfSets: Renumbering = {
  familySpan: incarnationsFrom,
  numbers(value, place) {
    if (place.kind === 'message') {
      const { key, message } = value as KeyedMessage;
      return ofKey(key, numbersIn(message as Versioned));
    }
    if (place.kind === 'state') {
      return [...(value as ObjectSet).entries].flatMap(([key, entry]) => ofKey(key, entryNumbers(entry)));
    }
    return (value as readonly ValueGhost[]).flatMap((ghost, key) => ofKey(key, ghostNumbers(ghost)));
  },
  renumbered(value, place, image) {
    if (place.kind === 'message') {
      const { key, message } = value as KeyedMessage;
      return { key, message: renumbered(message, imageOf(key, image)) };
    }
    if (place.kind === 'state') {
      const { entries, groups } = value as ObjectSet;
      const renamed = [...entries].map(([key, entry]) => [key, renumberedEntry(entry, imageOf(key, image))] as const);
      return { entries: new Map(renamed), groups };
    }
    return (value as readonly ValueGhost[]).map((ghost, key) => renumberedGhost(ghost, imageOf(key, image)));
  },
};
