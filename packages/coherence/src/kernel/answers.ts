import { leaveShadow, ownBackup, shadowAfter, shadowOf } from './backup.ts';
import { takeHead } from './entry-queue.ts';
import { difference, noNodes, onlyNode, union, withNode, withoutNode } from './node-set.ts';
import { dropCopy, leave } from './object-entry.ts';
import type { ObjectEnv } from './object-env.ts';
import { type NodeId, noPayload, type ObjectEntry, type ObjectMessage, type ObjectSink } from './object-types.ts';
import { forget, ownAbsent } from './removal.ts';

type MessageOf<Type extends ObjectMessage['type']> = Extract<ObjectMessage, { type: Type }>;

/** A read copy arrives. If it was invalidated on its way the node asks again: back to INV_COPY, the call still waits. */
export function copyArrived(entry: ObjectEntry, from: NodeId, message: MessageOf<'COPY'>, { rules }: ObjectEnv): void {
  const isVoid = rules.isVoid(message.version, entry.floor);
  entry.floor = 0;
  if (isVoid) {
    entry.status = 'INV_COPY';
    return;
  }
  entry.status = 'READ_COPY';
  entry.probOwner = from;
  entry.version = message.version;
  entry.incarnation = message.incarnation;
  entry.payload = message.payload;
  entry.lost = false;
  entry.baggage = message.baggage;
}

export function grantArrived(
  entry: ObjectEntry,
  from: NodeId,
  message: MessageOf<'GRANT'>,
  { self, rules }: ObjectEnv,
): void {
  const hasPayload = message.payload !== noPayload;
  entry.probOwner = self;
  entry.version = message.version;
  entry.incarnation = message.incarnation;
  entry.baggage = message.baggage;
  if (hasPayload) entry.payload = message.payload;
  entry.copyset = onlyNode(self);
  entry.rmset = union(message.rmset, [from, self]);
  entry.lost = false;
  ownBackup(entry, message.shadowAt);
  entry.awaited = difference(message.awaited, entry.acknowledged);
  entry.acknowledged = noNodes;
  entry.floor = 0;
  entry.status = hasPayload ? 'WAIT_ACK_INV' : 'WAIT_ACK_WRITE';
  completeWrite(entry, rules.isComplete(entry.awaited));
}

function completeWrite(entry: ObjectEntry, isComplete: boolean): void {
  if (!isComplete) return;
  entry.awaited = noNodes;
  entry.status = 'WRITE_OWNER';
}

/** Acknowledgements go from the copies straight to the writer and may arrive before the object does. */
export function acknowledgementArrived(entry: ObjectEntry, from: NodeId, { rules }: ObjectEnv): void {
  if (entry.status === 'WAIT_OBJ_WRITE') {
    if (rules.countsEarly()) entry.acknowledged = withNode(entry.acknowledged, from);
    return;
  }
  entry.awaited = withoutNode(entry.awaited, from);
  completeWrite(entry, rules.isComplete(entry.awaited));
}

export function absentOwnershipArrived(
  entry: ObjectEntry,
  from: NodeId,
  message: MessageOf<'ABSENT_OWNERSHIP'>,
  { self }: ObjectEnv,
): void {
  ownAbsent(entry, self, { ...message, rmset: union(message.rmset, [from, self]) });
}

/** BUSY or ABSENT, for whatever reason: the call is over, a copy it had stays, and whoever refused is the best guess of the owner. */
export function refused(
  entry: ObjectEntry,
  from: NodeId,
  outcome: 'busy' | 'absent' | 'lost' | 'failed',
  { self, defaultOwner, rules }: ObjectEnv,
  out: ObjectSink,
): void {
  const { call } = takeHead(entry, 'get', 'grab', 'prefetch');
  const before = entry.payload === noPayload ? 'INV_COPY' : 'READ_COPY';
  entry.status = rules.afterRefusal(outcome === 'busy' ? 'BUSY' : 'ABSENT', before, self === defaultOwner);
  if (entry.status === 'INV_COPY') dropCopy(entry);
  entry.probOwner = from;
  entry.floor = 0;
  out.reply(call, { outcome });
}

/** INV: `writer` may not write before this copy is gone. Acknowledged in any case, at once where there is no reader. */
export function toldOfWriter(
  entry: ObjectEntry,
  { version, writer }: MessageOf<'INV'>,
  { rules }: ObjectEnv,
  out: ObjectSink,
): void {
  entry.probOwner = writer;
  if (entry.status === 'READ_COPY') {
    entry.invalidation = { type: 'INV', to: writer, version };
    return;
  }
  const hadCopy = entry.payload !== noPayload;
  if (entry.status === 'WAIT_OBJ_READ') entry.floor = Math.max(entry.floor, version);
  dropCopy(entry);
  if (hadCopy || rules.acknowledgesWithoutCopy(entry.status)) out.send(writer, { type: 'IACK' });
}

/** Carry out an INV or RM once no reader here holds it up. */
export function settleInvalidation(entry: ObjectEntry, env: ObjectEnv, out: ObjectSink): void {
  const { invalidation } = entry;
  if (invalidation === undefined) return;
  if (entry.readers.length > 0 && env.rules.readersHoldUp(invalidation.type)) return;
  entry.invalidation = undefined;
  if (invalidation.type === 'RM') {
    forget(entry, invalidation.to, env, out);
  } else {
    leave(entry, entry.probOwner);
    out.send(invalidation.to, { type: 'IACK' });
  }
}

/** OWN: another node wants to be rid of the object. A node that waits for something of its own never takes it. */
export function offered(
  entry: ObjectEntry,
  from: NodeId,
  message: MessageOf<'OWN'>,
  isFull: boolean,
  { self, rules }: ObjectEnv,
  out: ObjectSink,
): void {
  const hasPayload = message.payload !== noPayload;
  if (!rules.accepts(entry.status, entry.version, { version: message.version, hasPayload, isFull })) {
    if (rules.answersRefused()) out.send(from, { type: 'OWN_NACK' });
    return;
  }
  const hadCopy = entry.status === 'READ_COPY';
  entry.probOwner = self;
  entry.version = message.version;
  entry.incarnation = message.incarnation;
  entry.baggage = message.baggage;
  if (hasPayload) entry.payload = message.payload;
  entry.lost = false;
  ownBackup(entry, message.shadowAt);
  entry.copyset = withNode(message.copyset, self);
  entry.rmset = union(message.rmset, [from, self]);
  // A node with a copy used the object; at one without it is only stored.
  entry.status = hadCopy || entry.copyset.length > 1 ? 'READ_OWNER' : 'WRITE_GHOST';
  out.send(from, { type: 'OWN_ACK' });
}

/** OWN_ACK. If the object was removed meanwhile, this node has already been told whom to ask. */
export function offerTaken(entry: ObjectEntry, from: NodeId, env: ObjectEnv, out: ObjectSink): void {
  const { call } = takeHead(entry, 'flush');
  entry.awaited = noNodes;
  giveUp(entry, from, env);
  out.reply(call, { outcome: 'done' });
}

/** `heir` has the object that it was offered, or may have it. */
export function giveUp(entry: ObjectEntry, heir: NodeId, env: ObjectEnv): void {
  const isRemoved = entry.payload === noPayload;
  // What arrived while the offer was answered is of a later value: its owner relies on it.
  const arrived = env.rules.keepsArrivedShadow() ? entry.backup.shadow : undefined;
  const shadow = arrived ?? shadowOf(entry);
  const shadowAt = arrived === undefined ? shadowAfter(entry, heir, env) : env.self;
  leave(entry, isRemoved ? entry.probOwner : heir);
  if (!isRemoved) leaveShadow(entry, shadow, shadowAt, env.self);
}

/** OWN_NACK: all is as it was; the flush tries the next node, or fails. */
export function offerRefused(entry: ObjectEntry, from: NodeId, { rules }: ObjectEnv): void {
  const flush = takeHead(entry, 'flush');
  entry.status = flush.from;
  entry.awaited = noNodes;
  entry.copyset = rules.copysetAfterRefused(entry.copyset, from);
  entry.queue = [{ ...flush, refusedBy: withNode(flush.refusedBy, from) }, ...entry.queue];
}
