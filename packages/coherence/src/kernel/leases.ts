import { ProtocolError } from '@holdfast/kernel';
import { beginSaving, isUnsaved, markUnsaved } from './backup.ts';
import { withCall, withoutCall } from './call-set.ts';
import { onlyNode, withNode } from './node-set.ts';
import type { ObjectEnv } from './object-env.ts';
import { type CallId, noPayload, type ObjectEntry, type ObjectEvent, type ObjectSink } from './object-types.ts';
import { tellWatchers } from './watching.ts';

export function giveReadLease(entry: ObjectEntry, call: CallId, out: ObjectSink): void {
  entry.readers = withCall(entry.readers, call);
  answerHeld(entry, call, out);
}

/** Exclusive access; the version rises although nothing may be written, so that older copies can be told apart. */
export function giveWriteLease(entry: ObjectEntry, call: CallId, env: ObjectEnv, out: ObjectSink): void {
  acquire(entry, call, env, out);
  answerHeld(entry, call, out);
}

export function acquire(entry: ObjectEntry, holder: CallId, { rules }: ObjectEnv, out: ObjectSink): void {
  entry.writer = holder;
  entry.version = rules.afterAcquisition(entry.version);
  out.trace('acquired', entry.version);
}

/** Exclusive access ends: what was written under it may be seen from now on. */
export function releaseWriter(entry: ObjectEntry, env: ObjectEnv, out: ObjectSink): void {
  entry.writer = 0;
  if (entry.changed !== 'under-lease') return;
  entry.changed = env.migratory === true ? 'earlier' : 'no';
  tellWatchers(entry, true, env, out);
}

/** Exclusive access to an object that does not exist: nobody else can create it meanwhile. */
export function giveAbsentLease(entry: ObjectEntry, call: CallId, out: ObjectSink): void {
  entry.writer = call;
  out.reply(call, { outcome: 'absent-held' });
}

function answerHeld({ payload, version, incarnation }: ObjectEntry, call: CallId, out: ObjectSink): void {
  out.reply(call, { outcome: 'held', payload, version, incarnation });
}

/** Whether a lease ended by this put; a payload becomes the value. */
export function endLease(
  entry: ObjectEntry,
  { call, payload }: Extract<ObjectEvent, { type: 'put' }>,
  env: ObjectEnv,
  out: ObjectSink,
): void {
  if (entry.writer === call) {
    if (payload !== noPayload) write(entry, payload, env, out);
    if (isUnsaved(entry) && env.rules.awaitsShadow()) {
      beginSaving(entry, { type: 'put', call }, env, out);
      return;
    }
    releaseWriter(entry, env, out);
    if (env.shadowNode !== undefined) out.reply(call, { outcome: 'done' });
  } else if (entry.readers.includes(call) && payload === noPayload) {
    entry.readers = withoutCall(entry.readers, call);
  } else {
    throw new ProtocolError('object', entry.status, 'put', `call ${call} holds no lease that allows it`);
  }
}

export function setValue(
  entry: ObjectEntry,
  { call, payload }: Extract<ObjectEvent, { type: 'set' }>,
  env: ObjectEnv,
  out: ObjectSink,
): void {
  if (entry.writer !== call) {
    throw new ProtocolError('object', entry.status, 'set', `call ${call} holds no exclusive lease`);
  }
  write(entry, payload, env, out);
}

export function write(entry: ObjectEntry, payload: number, env: ObjectEnv, out: ObjectSink): void {
  if (entry.status === 'INV_OWNER') {
    create(entry, payload, env, out);
    entry.status = 'WRITE_OWNER';
  }
  entry.payload = payload;
  entry.changed = 'under-lease';
  out.trace('written', payload);
  markUnsaved(entry, env, out);
}

/** First touch: the object begins to exist on this node, which owns it alone. */
export function create(entry: ObjectEntry, payload: number, env: ObjectEnv, out: ObjectSink): void {
  const { self, rules } = env;
  entry.version = rules.afterAcquisition(entry.version);
  entry.incarnation++;
  entry.lost = false;
  entry.payload = payload;
  entry.copyset = onlyNode(self);
  entry.rmset = withNode(entry.rmset, self);
  out.trace('created');
  out.trace('written', payload);
  markUnsaved(entry, env, out);
}
