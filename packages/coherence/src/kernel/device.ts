import { withOnDevice } from './baggage.ts';
import { withCall, withoutCall } from './call-set.ts';
import type { DeviceSync } from './device-sync.ts';
import { takeHead } from './entry-queue.ts';
import { noNodes } from './node-set.ts';
import { noneStoring } from './object-entry.ts';
import type { ObjectEnv } from './object-env.ts';
import type { ObjectRules } from './object-rules.ts';
import {
  type CallId,
  type NodeCall,
  type NodeId,
  noPayload,
  type ObjectEntry,
  type ObjectEvent,
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

/**
 * Values of two nodes may arrive in the wrong order, and after the object was removed: an older one is not written. One
 * that is being written, or an older one, waits for that: the device may still fail.
 */
export function store(
  entry: ObjectEntry,
  node: NodeId,
  { call, version, payload }: Pick<Extract<ObjectMessage, { type: 'SYNC' }>, 'call' | 'version' | 'payload'>,
  env: ObjectEnv,
  out: ObjectSink,
): void {
  const { rules } = env;
  const isBeingWritten = isWriting(entry, version, rules);
  if (rules.isStale(version, entry.stored) || (isBeingWritten && !rules.awaitsStore())) {
    answerSync(entry, { node, call }, true, env, out);
    return;
  }
  const stage = isBeingWritten ? 'waits' : 'writes';
  entry.storing = [...entry.storing, { node, call, version, stage }];
  if (stage === 'waits') return;
  out.deliver({ type: 'store', node, call, version, payload });
}

/** Whether a write that is under way would do for a version too. */
const isWriting = ({ storing }: ObjectEntry, version: number, { isStale }: ObjectRules): boolean =>
  storing.some((each) => each.stage !== 'waits' && isStale(version, each.version));

/** The device answered, in the order asked: tell whoever waited for it. */
export function stored(
  entry: ObjectEntry,
  { node, call, ok }: Extract<ObjectEvent, { type: 'stored' }>,
  env: ObjectEnv,
  out: ObjectSink,
): void {
  const at = entry.storing.findIndex((each) => each.stage !== 'waits' && each.node === node && each.call === call);
  const written = entry.storing[at];
  if (written === undefined) return;
  if (ok) {
    entry.stored = Math.max(entry.stored, written.version);
    out.trace('stored', written.version);
  }
  // What could not be written is there all the same once a later value is.
  const isWanted = written.stage === 'writes';
  entry.storing = isWanted ? entry.storing.with(at, { ...written, stage: 'waits' }) : entry.storing.toSpliced(at, 1);
  answerWaiting(entry, env, out);
}

/** Answer the syncs that need not wait for the device any longer: their value is there, or nobody writes it. */
function answerWaiting(entry: ObjectEntry, env: ObjectEnv, out: ObjectSink): void {
  const { rules } = env;
  const isThere = ({ version }: DeviceSync): boolean => rules.isStale(version, entry.stored);
  const goesOn = (each: DeviceSync): boolean =>
    each.stage !== 'waits' || (!isThere(each) && isWriting(entry, each.version, rules));
  const ended = entry.storing.filter((each) => !goesOn(each));
  if (ended.length === 0) return;
  entry.storing = ended.length === entry.storing.length ? noneStoring : entry.storing.filter(goesOn);
  for (const each of ended) answerSync(entry, each, isThere(each), env, out);
}

function answerSync(entry: ObjectEntry, { node, call }: NodeCall, ok: boolean, env: ObjectEnv, out: ObjectSink): void {
  if (node === env.self) syncEnded(entry, call, ok, out);
  else out.send(node, { type: 'SYNCED', call, ok });
}

/** Nobody waits for the device any more: whoever asked was told so. What is being written goes on. */
export function forgetSyncs(entry: ObjectEntry): void {
  if (entry.writer === storer) {
    const [head] = entry.queue;
    entry.writer = 0;
    if (head?.type === 'flush') entry.underway = withoutCall(entry.underway, head.call);
  }
  if (entry.storing.length === 0) return;
  entry.storing = entry.storing.flatMap((each) => (each.stage === 'waits' ? [] : [{ ...each, stage: 'unwanted' }]));
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
export function clearDevice(entry: ObjectEntry, version: number, env: ObjectEnv, out: ObjectSink): void {
  entry.stored = Math.max(entry.stored, version);
  answerWaiting(entry, env, out);
  if (env.evictsTo === 'device') out.deliver({ type: 'erase' });
}
