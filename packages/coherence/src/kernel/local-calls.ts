import { shadowAfter } from './backup.ts';
import { wasExecuted } from './baggage.ts';
import { evictToDevice } from './eviction.ts';
import { claim } from './exclusive-access.ts';
import { createAbsent, existsOnDevice, statusAfterReadTouch } from './filling.ts';
import { acquire, giveAbsentLease, giveReadLease, giveWriteLease } from './leases.ts';
import { difference, onlyNode } from './node-set.ts';
import { dropCopy, leave, nextRequest } from './object-entry.ts';
import type { ObjectEnv } from './object-env.ts';
import {
  anyNode,
  type FlushCall,
  type GetCall,
  type GrabCall,
  noPayload,
  type ObjectEntry,
  type ObjectSink,
  type PrefetchCall,
  type RemoveCall,
} from './object-types.ts';
import { oldestUnanswered } from './once.ts';
import { beginRemoval } from './removal.ts';

/** The functions here say whether the call is done. One that is not stays at the head of the queue. */

export function serveGet(entry: ObjectEntry, call: GetCall | PrefetchCall, env: ObjectEnv, out: ObjectSink): boolean {
  if (entry.writer !== 0 || (env.exclusiveReaders && entry.readers.length > 0)) return false;
  if (entry.status === 'INV_COPY') {
    entry.floor = 0;
    ask(entry, 'read', call, env, out);
    entry.status = 'WAIT_OBJ_READ';
    return false;
  }
  if (entry.status === 'INV_OWNER') {
    const isDone = serveAbsent(entry, call, env, out);
    if (isDone !== undefined) return isDone;
    entry.status = statusAfterReadTouch(env);
  }
  if (entry.status === 'WRITE_GHOST') entry.status = 'WRITE_OWNER';
  if (call.type === 'prefetch') out.reply(call.call, { outcome: 'done' });
  else giveReadLease(entry, call.call, out);
  return true;
}

export function serveGrab(entry: ObjectEntry, call: GrabCall | PrefetchCall, env: ObjectEnv, out: ObjectSink): boolean {
  if (entry.writer !== 0) return false;
  if (entry.readers.length > 0 && env.rules.readersHoldUp('local write')) return false;
  switch (entry.status) {
    case 'INV_COPY':
    case 'READ_COPY':
      ask(entry, 'write', call, env, out);
      entry.status = 'WAIT_OBJ_WRITE';
      return false;
    case 'INV_OWNER': {
      const isDone = serveAbsent(entry, call, env, out);
      if (isDone !== undefined) return isDone;
      break;
    }
    default:
      if (!claim(entry, env, out)) return false;
      break;
  }
  entry.status = 'WRITE_OWNER';
  if (call.type === 'prefetch') {
    // The version rises as at any exclusive access, so that copies of before can be told apart.
    acquire(entry, 0, env, out);
    out.reply(call.call, { outcome: 'done' });
  } else {
    giveWriteLease(entry, call.call, env, out);
  }
  return true;
}

/** What a call meets at the owner of an absent object; undefined where it now exists. */
function serveAbsent(
  entry: ObjectEntry,
  { call, absence }: GetCall | GrabCall | PrefetchCall,
  env: ObjectEnv,
  out: ObjectSink,
): boolean | undefined {
  if (entry.lost && absence !== 'manual') {
    out.trace('lost');
    out.reply(call, { outcome: 'lost' });
    return true;
  }
  if (existsOnDevice(entry, env)) return createAbsent(entry, env, out) ? undefined : false;
  if (absence === 'no-touch') {
    out.trace('absent');
    out.reply(call, { outcome: 'absent' });
    return true;
  }
  if (absence === 'manual') {
    giveAbsentLease(entry, call, out);
    return true;
  }
  return createAbsent(entry, env, out) ? undefined : false;
}

function ask(
  entry: ObjectEntry,
  kind: 'read' | 'write',
  call: GetCall | GrabCall | PrefetchCall,
  env: ObjectEnv,
  out: ObjectSink,
): void {
  nextRequest(entry, env);
  out.send(entry.probOwner, {
    type: 'COPY_REQ',
    kind,
    absence: call.absence,
    try: call.type === 'grab' && call.try,
    requester: env.self,
    request: entry.request,
    held: entry.version,
    forwards: 0,
  });
}

/**
 * A read copy is dropped without a word: the copyset may name nodes without a copy. An owner offers the object, and
 * keeps it until somebody took it.
 */
export function serveFlush(entry: ObjectEntry, call: FlushCall, env: ObjectEnv, out: ObjectSink): boolean {
  if (entry.writer !== 0 || entry.readers.length > 0) return false;
  switch (entry.status) {
    case 'INV_COPY':
    case 'INV_OWNER':
      break;
    case 'READ_COPY':
      leave(entry, entry.probOwner);
      break;
    default: {
      const candidate = candidateFor(entry, call, env);
      if (candidate === anyNode && call.evicts) return evictToDevice(entry, call, env, out);
      if (candidate === anyNode) {
        out.reply(call.call, { outcome: 'failed' });
        return true;
      }
      offer(entry, call, candidate, env, out);
      return false;
    }
  }
  out.reply(call.call, { outcome: 'done' });
  return true;
}

function candidateFor(entry: ObjectEntry, { to, refusedBy }: FlushCall, env: ObjectEnv): number {
  const { self, defaultOwner, members } = env;
  const wanted = to === anyNode ? [...entry.copyset, defaultOwner] : [to];
  const left = difference(wanted, [self, ...refusedBy]);
  return left.find((node) => members?.includes(node) !== false) ?? anyNode;
}

function offer(entry: ObjectEntry, call: FlushCall, to: number, env: ObjectEnv, out: ObjectSink): void {
  const { self } = env;
  const hasCopy = call.to === anyNode && entry.copyset.includes(to);
  entry.queue = [{ ...call, from: entry.status }, ...entry.queue.slice(1)];
  entry.status = 'WAIT_CHG_OWN_ACK';
  entry.awaited = onlyNode(to);
  out.send(to, {
    type: 'OWN',
    version: entry.version,
    incarnation: entry.incarnation,
    payload: hasCopy ? noPayload : entry.payload,
    copyset: difference(entry.copyset, [self]),
    rmset: entry.rmset,
    shadowAt: shadowAfter(entry, to, env),
    baggage: env.rules.takesAlong(entry.baggage),
  });
}

export function serveRemove(entry: ObjectEntry, { call, again }: RemoveCall, env: ObjectEnv, out: ObjectSink): boolean {
  if (entry.writer !== 0 || entry.readers.length > 0) return false;
  const { self } = env;
  switch (entry.status) {
    case 'INV_COPY':
    case 'READ_COPY':
      dropCopy(entry);
      nextRequest(entry, env);
      out.send(entry.probOwner, {
        type: 'RM_REQ',
        requester: self,
        request: entry.request,
        call,
        oldest: oldestUnanswered(entry, call),
        again,
        forwards: 0,
      });
      entry.status = 'WAIT_OBJ_RM_DONE';
      return false;
    default:
      break;
  }
  if (again && env.rules.ranBefore(wasExecuted(entry.baggage, self, call))) {
    out.reply(call, { outcome: 'done' });
    return true;
  }
  if (entry.status === 'INV_OWNER' && !entry.lost && !existsOnDevice(entry, env)) {
    out.trace('absent');
    out.reply(call, { outcome: 'absent' });
    return true;
  }
  beginRemoval(entry, self, env, out);
  return false;
}
