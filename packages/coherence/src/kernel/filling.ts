import { beginSaving, isUnsaved } from './backup.ts';
import { withOnDevice } from './baggage.ts';
import { takeHead } from './entry-queue.ts';
import { answerExecute } from './execute-answers.ts';
import { create } from './leases.ts';
import { onlyNode } from './node-set.ts';
import { nextRequest } from './object-entry.ts';
import type { ObjectEnv } from './object-env.ts';
import {
  blankPayload,
  type CopyRequest,
  type LocalCall,
  noPayload,
  type ObjectEntry,
  type ObjectEvent,
  type ObjectMessage,
  type ObjectSink,
  type ObjectStatus,
  type RemoteRequest,
} from './object-types.ts';
import { tellWatchers } from './watching.ts';

type Waiting = LocalCall | RemoteRequest;
type FillEnd = Extract<ObjectEvent, { type: 'filled' | 'fill-failed' }>;

/** Whether the object is only absent from memory. */
export const existsOnDevice = ({ baggage }: ObjectEntry, { rules }: ObjectEnv): boolean =>
  baggage.onDevice && rules.existsOnDevice();

/**
 * The absent object begins at this owner, whoever wants it: at once, or after a load, which answers false. A load runs
 * where the set says; the right to the object stays here meanwhile.
 */
export function createAbsent(entry: ObjectEntry, env: ObjectEnv, out: ObjectSink): boolean {
  if (env.fill === 'blank') {
    create(entry, blankPayload, env, out);
    tellWatchers(entry, true, env, out);
    if (!isUnsaved(entry) || takesExclusively(entry.queue[0])) return true;
    entry.status = 'WRITE_OWNER';
    beginSaving(entry, undefined, env, out);
    return false;
  }
  nextRequest(entry, env);
  entry.status = 'INV_FILLING';
  if (loadsAtHome(entry, env) && env.self !== env.defaultOwner) {
    out.send(env.defaultOwner, { type: 'LOAD', id: entry.request });
  } else {
    out.deliver({ type: 'fill', id: entry.request });
  }
  return false;
}

/** Whether the default owner loads, on whose device the object is or begins. */
export const loadsAtHome = ({ baggage }: ObjectEntry, { firstTouch }: ObjectEnv): boolean =>
  firstTouch === 'default-owner' || baggage.onDevice;

/** What a load that this node made for the owner came to. */
export function loadedForOwner(
  { node, id, payload, absent }: Extract<ObjectEvent, { type: 'loaded' }>,
  out: ObjectSink,
): void {
  out.send(node, { type: 'LOADED', id, payload, absent });
}

export const fillEndOf = ({ id, payload, absent }: Extract<ObjectMessage, { type: 'LOADED' }>): FillEnd =>
  payload === noPayload ? { type: 'fill-failed', id, absent } : { type: 'filled', id, payload };

export function fillEnded(entry: ObjectEntry, event: FillEnd, env: ObjectEnv, out: ObjectSink): void {
  // A change of view gives up a load at another node, whose answer may still come.
  if (entry.status !== 'INV_FILLING' || !env.rules.isCurrentFill(event.id, entry.request)) return;
  if (event.type === 'filled' && entry.baggage.onDevice) {
    reload(entry, event.payload, env, out);
    return;
  }
  if (event.type === 'filled') {
    create(entry, event.payload, env, out);
    tellWatchers(entry, true, env, out);
    entry.status = isRead(entry.queue[0]) ? statusAfterReadTouch(env) : 'WRITE_OWNER';
    return;
  }
  entry.status = env.rules.afterFailedFill();
  // What was evicted to the device exists: a load that does not find it has failed.
  const isAbsent = event.absent && !entry.baggage.onDevice;
  if (isAbsent) out.trace('absent');
  // None may be left: a change of view forgets the requests of others.
  while (waitsForFill(entry.queue[0], env)) failHead(entry, isAbsent ? 'absent' : 'failed', env, out);
}

/** An object that begins with a read: as in Kerrighed, one that the default owner handed over is its owner's alone. */
export const statusAfterReadTouch = ({ self, defaultOwner }: ObjectEnv): ObjectStatus =>
  self === defaultOwner ? 'READ_OWNER' : 'WRITE_OWNER';

/** The object comes back from the device as it went there: the same version in the same life. */
function reload(entry: ObjectEntry, payload: number, { self }: ObjectEnv, out: ObjectSink): void {
  entry.payload = payload;
  entry.copyset = onlyNode(self);
  entry.baggage = withOnDevice(entry.baggage, false);
  entry.status = isRead(entry.queue[0]) ? 'READ_OWNER' : 'WRITE_OWNER';
  out.trace('reloaded', payload);
}

/** Whoever has exclusive access writes, or creates for good, before anybody else sees the object. */
export const takesExclusively = (head: Waiting | undefined): boolean =>
  head?.type === 'grab' || head?.type === 'execute' || head?.type === 'EXEC_REQ';

const isRead = (head: Waiting | undefined): boolean =>
  head?.type === 'get' || ((head?.type === 'COPY_REQ' || head?.type === 'prefetch') && head.kind === 'read');

/** The calls that came while the load went on asked for the same: they fail with it. */
function waitsForFill(head: Waiting | undefined, { firstTouch }: ObjectEnv): boolean {
  switch (head?.type) {
    case 'get':
    case 'grab':
    case 'prefetch':
    case 'execute':
    case 'EXEC_REQ':
      return head.absence === 'touch';
    case 'COPY_REQ':
      return head.absence === 'touch' && firstTouch === 'default-owner';
    default:
      return false;
  }
}

function failHead(entry: ObjectEntry, outcome: 'absent' | 'failed', env: ObjectEnv, out: ObjectSink): void {
  const head = takeHead(entry, 'get', 'grab', 'prefetch', 'execute', 'COPY_REQ', 'EXEC_REQ');
  if (head.type === 'COPY_REQ') refuseCopy(head, outcome, out);
  else if (head.type === 'EXEC_REQ') {
    answerExecute(entry, head, outcome, noPayload, env, out);
  } else out.reply(head.call, { outcome });
}

function refuseCopy({ requester, request }: CopyRequest, outcome: 'absent' | 'failed', out: ObjectSink): void {
  out.send(requester, outcome === 'absent' ? { type: 'ABSENT', request, lost: false } : { type: 'FAILED', request });
}
