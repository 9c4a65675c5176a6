import { withOnDevice } from './baggage.ts';
import { withCall, withoutCall } from './call-set.ts';
import { takeHead } from './entry-queue.ts';
import { noNodes } from './node-set.ts';
import {
  type CallId,
  type NodeId,
  noPayload,
  type ObjectEntry,
  type ObjectEnv,
  type ObjectMessage,
  type ObjectSink,
  type SyncCall,
  storer,
} from './object-types.ts';

/**
 * Write-through to the device of the default owner. It changes nobody's copy: the value goes along as it is now, and
 * the object may move on meanwhile.
 */
export function serveSync(entry: ObjectEntry, { call }: SyncCall, env: ObjectEnv, out: ObjectSink): boolean {
  if (entry.writer !== 0) return false;
  if (entry.payload === noPayload) out.reply(call, { outcome: 'absent' });
  else keepOnDevice(entry, call, env, out);
  return true;
}

/** Send the present value to the device, for a call of this node. */
export function keepOnDevice(entry: ObjectEntry, call: CallId, env: ObjectEnv, out: ObjectSink): void {
  const { version, payload } = entry;
  entry.underway = withCall(entry.underway, call);
  if (env.self === env.defaultOwner) store(entry, env.self, { call, version, payload }, env, out);
  else out.send(env.defaultOwner, { type: 'SYNC', call, version, payload });
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
  env: ObjectEnv,
  out: ObjectSink,
): void {
  // What could not be written may be written again.
  if (!ok && entry.stored > 0) entry.stored--;
  if (node === env.self) syncEnded(entry, call, ok, out);
  else out.send(node, { type: 'SYNCED', call, ok });
}

export function syncEnded(entry: ObjectEntry, call: CallId, ok: boolean, out: ObjectSink): void {
  if (!entry.underway.includes(call)) return;
  if (isEvicting(entry, call)) {
    evicted(entry, ok, out);
    return;
  }
  entry.underway = withoutCall(entry.underway, call);
  out.reply(call, { outcome: ok ? 'done' : 'failed' });
}

const isEvicting = ({ writer, queue: [head] }: ObjectEntry, call: CallId): boolean =>
  writer === storer && head?.type === 'flush' && head.call === call;

/**
 * The only copy is on the device and forgotten here. The right to the object stays: the next call that wants it loads it
 * again, whatever that call does about absence.
 */
function evicted(entry: ObjectEntry, ok: boolean, out: ObjectSink): void {
  const { call } = takeHead(entry, 'flush');
  entry.writer = 0;
  entry.underway = withoutCall(entry.underway, call);
  if (ok) {
    entry.status = 'INV_OWNER';
    entry.payload = noPayload;
    entry.copyset = noNodes;
    entry.changed = 'no';
    entry.baggage = withOnDevice(entry.baggage, true);
  }
  out.reply(call, { outcome: ok ? 'done' : 'failed' });
}

/** The object was removed: what was on its way to the device when it was is not written, and what is there goes. */
export function clearDevice(entry: ObjectEntry, version: number, { evictsTo }: ObjectEnv, out: ObjectSink): void {
  entry.stored = Math.max(entry.stored, version);
  if (evictsTo === 'device') out.deliver({ type: 'erase' });
}
