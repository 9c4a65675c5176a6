import { withoutWatchers, withWatcher } from './baggage.ts';
import { withCall, withoutCall } from './call-set.ts';
import type { ObjectEnv } from './object-env.ts';
import type { ObjectEntry, ObjectMessage, ObjectSink, WatchCall, WatchRequest } from './object-types.ts';

/**
 * A watch is a question that the owner answers once the version is later than the one seen: at once, or after the next
 * released write or removal. It is in one place at a time: on its way to the owner, with the object, or answered. So
 * there is never more than one message for a watcher, however fast the object changes, and the last change is told.
 */
export function serveWatch(entry: ObjectEntry, { call, seen }: WatchCall, env: ObjectEnv, out: ObjectSink): boolean {
  if (entry.writer !== 0) return false;
  out.trace('watched', seen);
  entry.underway = withCall(entry.underway, call);
  const request: WatchRequest = { type: 'WATCH_REQ', requester: env.self, call, seen, forwards: 0 };
  if (entry.status === 'INV_COPY' || entry.status === 'READ_COPY') out.send(entry.probOwner, request);
  else serveWatchRequest(entry, request, env, out);
  return true;
}

/** While a lease may write, the question waits: what is told is released. */
export function serveWatchRequest(
  entry: ObjectEntry,
  { requester, call, seen }: WatchRequest,
  env: ObjectEnv,
  out: ObjectSink,
): boolean {
  if (entry.writer !== 0) return false;
  if (env.rules.isNews(entry.version, seen))
    tell(entry, requester, call, entry.status !== 'INV_OWNER' || entry.baggage.onDevice, env, out);
  else entry.baggage = withWatcher(entry.baggage, { node: requester, call });
  return true;
}

/** After a released write or a removal: one message to each node that watches. */
export function tellWatchers(entry: ObjectEntry, exists: boolean, env: ObjectEnv, out: ObjectSink): void {
  out.trace('changed', entry.version);
  const { watchers } = entry.baggage;
  if (watchers.length === 0 || !env.rules.tells(exists)) return;
  entry.baggage = withoutWatchers(entry.baggage);
  for (const { node, call } of watchers) tell(entry, node, call, exists, env, out);
}

function tell(
  entry: ObjectEntry,
  node: number,
  call: number,
  exists: boolean,
  { self }: ObjectEnv,
  out: ObjectSink,
): void {
  const { version } = entry;
  if (node === self) watchAnswered(entry, { call, version, exists }, out);
  else out.send(node, { type: 'CHANGED', call, version, exists });
}

export function watchAnswered(
  entry: ObjectEntry,
  { call, version, exists }: Omit<Extract<ObjectMessage, { type: 'CHANGED' }>, 'type'>,
  out: ObjectSink,
): void {
  if (!entry.underway.includes(call)) return;
  entry.underway = withoutCall(entry.underway, call);
  out.reply(call, { outcome: 'changed', version, exists });
}
