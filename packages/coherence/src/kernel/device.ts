import { withCall, withoutCall } from './call-set.ts';
import {
  type CallId,
  type NodeId,
  noPayload,
  type ObjectEntry,
  type ObjectEnv,
  type ObjectMessage,
  type ObjectSink,
  type SyncCall,
} from './object-types.ts';

/**
 * Write-through to the device of the default owner. It changes nobody's copy: the value goes along as it is now, and
 * the object may move on meanwhile.
 */
export function serveSync(entry: ObjectEntry, { call }: SyncCall, env: ObjectEnv, out: ObjectSink): boolean {
  if (entry.writer !== 0) return false;
  const { version, payload } = entry;
  if (payload === noPayload) {
    out.reply(call, { outcome: 'absent' });
    return true;
  }
  entry.underway = withCall(entry.underway, call);
  if (env.self === env.defaultOwner) store(entry, env.self, { call, version, payload }, env, out);
  else out.send(env.defaultOwner, { type: 'SYNC', call, version, payload });
  return true;
}

/** Values of two nodes may arrive in the wrong order, and after the object was removed: an older one is not written. */
export function store(
  entry: ObjectEntry,
  node: NodeId,
  { call, version, payload }: Pick<Extract<ObjectMessage, { type: 'SYNC' }>, 'call' | 'version' | 'payload'>,
  env: ObjectEnv,
  out: ObjectSink,
): void {
  if (env.rules.isStale(version, entry.stored)) {
    stored(entry, node, call, true, env, out);
    return;
  }
  entry.stored = version;
  out.trace('stored', version);
  out.deliver({ type: 'store', node, call, version, payload });
}

/** The device answered: tell whoever asked. */
export function stored(
  entry: ObjectEntry,
  node: NodeId,
  call: CallId,
  ok: boolean,
  { self }: ObjectEnv,
  out: ObjectSink,
): void {
  if (node === self) syncEnded(entry, call, ok, out);
  else out.send(node, { type: 'SYNCED', call, ok });
}

export function syncEnded(entry: ObjectEntry, call: CallId, ok: boolean, out: ObjectSink): void {
  if (!entry.underway.includes(call)) return;
  entry.underway = withoutCall(entry.underway, call);
  out.reply(call, { outcome: ok ? 'done' : 'failed' });
}
