import { ProtocolError } from '@holdfast/kernel';
import { type CallId, type CallResult, noPayload, type ObjectEvent } from './object-types.ts';
import type { SetEnv } from './set-env.ts';
import type {
  FlushingSet,
  GrabAllCall,
  GroupCall,
  ObjectKey,
  ObjectSet,
  SetEvent,
  SetSink,
  TakingAll,
} from './set-types.ts';

/** What a group does next: an event of one of its objects. */
export interface ObjectStep {
  readonly key: ObjectKey;
  readonly event: ObjectEvent;
}

export const groupOf = ({ groups }: ObjectSet, call: CallId): GroupCall | undefined =>
  groups.find((group) => group.call === call);

function replaceGroup(set: ObjectSet, call: CallId, group: GroupCall | undefined): void {
  const others = set.groups.filter((each) => each.call !== call);
  set.groups = group === undefined ? others : [...others, group].sort((a, b) => a.call - b.call);
}

const grabOf = ({ call, keys, taken }: TakingAll): ObjectStep => ({
  key: keys[taken] as ObjectKey,
  event: { type: 'grab', call, absence: 'touch', try: false },
});

/**
 * Take several objects, always in the order of their keys: of two nodes that want the same objects the one that has the
 * lowest of them has nothing the other can wait for but in turn, so that they never wait for each other.
 */
export function beginGrabAll(set: ObjectSet, { call, keys }: GrabAllCall, { rules }: SetEnv): ObjectStep[] {
  const ordered = rules.order(keys);
  if (ordered.length === 0 || new Set(ordered).size !== ordered.length) {
    throw new ProtocolError('set', 'free', 'grabAll', 'it names at least one key and none twice');
  }
  const group: TakingAll = { type: 'grabAll', call, keys: ordered, taken: 0 };
  replaceGroup(set, call, group);
  return [grabOf(group)];
}

/** An object of a group has answered. */
export function groupAnswered(
  set: ObjectSet,
  group: GroupCall,
  key: ObjectKey,
  result: CallResult,
  env: SetEnv,
  out: SetSink,
): ObjectStep[] {
  if (group.type === 'grabAll') return objectTaken(set, group, key, result, env, out);
  objectFlushed(set, group, key, result, env, out);
  return [];
}

function objectTaken(
  set: ObjectSet,
  group: TakingAll,
  key: ObjectKey,
  result: CallResult,
  { rules }: SetEnv,
  out: SetSink,
): ObjectStep[] {
  const { call, keys, taken } = group;
  if (result.outcome !== 'held') {
    replaceGroup(set, call, undefined);
    out.reply(call, { outcome: 'not-all', key, result });
    const event = { type: 'put', call, payload: noPayload } as const;
    return rules.lettingGo(keys.slice(0, taken)).map((each) => ({ key: each, event }));
  }
  const more: TakingAll = { ...group, taken: taken + 1 };
  replaceGroup(set, call, more);
  if (more.taken < keys.length) return [grabOf(more)];
  const objects = keys.map((each) => {
    const { payload, version, incarnation } = set.entries.get(each)!;
    return { key: each, payload, version, incarnation };
  });
  out.reply(call, { outcome: 'held-all', objects });
  return [];
}

export function endGrabAll(set: ObjectSet, { call, payloads }: Extract<SetEvent, { type: 'putAll' }>): ObjectStep[] {
  const group = groupOf(set, call) as TakingAll;
  if (payloads.length !== group.keys.length) {
    throw new ProtocolError('set', 'holding', 'putAll', `${payloads.length} payloads for ${group.keys.length} objects`);
  }
  replaceGroup(set, call, undefined);
  return group.keys.map((key, index) => ({ key, event: { type: 'put', call, payload: payloads[index] as number } }));
}

/** All objects at once: each goes where it is wanted, and nobody waits for the slowest. */
export function beginFlushSet(
  set: ObjectSet,
  { call, to }: Extract<SetEvent, { type: 'flushSet' }>,
  out: SetSink,
): ObjectStep[] {
  const awaited = [...set.entries.keys()].sort((a, b) => a - b);
  if (awaited.length === 0) {
    out.reply(call, { outcome: 'flushed', kept: [] });
    return [];
  }
  replaceGroup(set, call, { type: 'flushSet', call, awaited, kept: [] });
  return awaited.map((key) => ({ key, event: { type: 'flush', call, to } }));
}

function objectFlushed(
  set: ObjectSet,
  group: FlushingSet,
  key: ObjectKey,
  { outcome }: CallResult,
  { rules }: SetEnv,
  out: SetSink,
): void {
  const isKept = outcome !== 'done';
  if (isKept && !rules.countsKept()) return;
  const awaited = group.awaited.filter((each) => each !== key);
  const kept = isKept ? [...group.kept, key].sort((a, b) => a - b) : group.kept;
  replaceGroup(set, group.call, awaited.length === 0 ? undefined : { ...group, awaited, kept });
  if (awaited.length === 0) out.reply(group.call, { outcome: 'flushed', kept });
}
