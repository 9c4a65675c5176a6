import { cellAt, type Kernel, ProtocolError } from '@holdfast/kernel';
import {
  absentOwnershipArrived,
  acknowledgementArrived,
  copyArrived,
  grantArrived,
  offered,
  offerRefused,
  offerTaken,
  refused,
  settleInvalidation,
  toldOfWriter,
} from './answers.ts';
import { beginSaving, isUnsaved, shadowArrived } from './backup.ts';
import { serveSync, store, stored, syncEnded } from './device.ts';
import { enqueue, isSettled, passesOn, passOnAll } from './entry-queue.ts';
import { executeAnswered } from './execute-answers.ts';
import { isBeingDone, ran, serveExecute } from './executes.ts';
import { fillEnded, fillEndOf, loadedForOwner, takesExclusively } from './filling.ts';
import { endLease, giveReadLease, setValue } from './leases.ts';
import { serveFlush, serveGet, serveGrab, serveRemove } from './local-calls.ts';
import { noNodes, onlyNode } from './node-set.ts';
import { decodeEntry, encodeEntry, initialEntry, noneWaiting } from './object-entry.ts';
import type { ObjectEnv } from './object-env.ts';
import { besideStates, objectTable } from './object-table.ts';
import {
  anyNode,
  type CallResult,
  type CopyRequest,
  type FlushCall,
  type GrabCall,
  type LocalCall,
  notOffered,
  type ObjectEntry,
  type ObjectEvent,
  type ObjectMessage,
  type ObjectNotice,
  type ObjectSink,
  type RemoteRequest,
} from './object-types.ts';
import { refuse, serveCopyRequest } from './remote-requests.ts';
import { ownAbsent, removalAcknowledged, removalAnswered, serveRemoveRequest, toldOfRemoval } from './removal.ts';
import { shadowAcknowledged } from './saved.ts';
import { serveWatch, serveWatchRequest, watchAnswered } from './watching.ts';

const name = 'object';
/** What goes on beside the states of the object: values on their way to the device and from it, answers to operations. */
const row = (entry: ObjectEntry, event: ObjectEvent): string =>
  Object.hasOwn(besideStates, column(event)) ? 'any state' : entry.status;
const column = (event: ObjectEvent): string => (event.type === 'message' ? event.message.type : event.type);

function step(entry: ObjectEntry, event: ObjectEvent, env: ObjectEnv, out: ObjectSink): void {
  const cell = cellAt(name, objectTable, row(entry, event), column(event));
  if (cell.class === 'ignored') return;
  if (cell.class === 'impossible') throw new ProtocolError(name, row(entry, event), column(event), cell.why);
  happen(entry, event, env, out);
  advance(entry, env, out);
}

/** What an event does at once. What may follow from it is left to {@link advance}. */
export function happen(entry: ObjectEntry, event: ObjectEvent, env: ObjectEnv, out: ObjectSink): void {
  switch (event.type) {
    case 'message':
      hear(entry, event, env, out);
      break;
    case 'get':
    case 'sync':
    case 'prefetch':
    case 'execute':
    case 'watch':
      enqueue(entry, event, env);
      break;
    case 'grab':
      submitGrab(entry, event, env, out);
      break;
    case 'remove':
      enqueue(entry, { ...event, again: false }, env);
      break;
    case 'flush':
      enqueue(entry, { ...event, refusedBy: noNodes, from: notOffered, evicts: false }, env);
      break;
    case 'evict':
      enqueue(entry, evictionOf(event.call), env);
      break;
    case 'find':
      find(entry, event.call, env, out);
      break;
    case 'put':
      endLease(entry, event, env, out);
      break;
    case 'set':
      setValue(entry, event, env, out);
      break;
    case 'filled':
    case 'fill-failed':
      fillEnded(entry, event, env, out);
      break;
    case 'ran':
      ran(entry, event, env, out);
      break;
    case 'loaded':
      loadedForOwner(event, out);
      break;
    case 'stored':
      stored(entry, event, env, out);
      break;
  }
}

function hear(
  entry: ObjectEntry,
  { from, message, full }: Extract<ObjectEvent, { type: 'message' }>,
  env: ObjectEnv,
  out: ObjectSink,
): void {
  if (isAnswer(message) && message.request !== entry.request) {
    throw new ProtocolError(
      name,
      entry.status,
      message.type,
      `it answers request ${message.request}, not ${entry.request}`,
    );
  }
  switch (message.type) {
    case 'COPY_REQ':
      copyAsked(entry, message, env, out);
      break;
    case 'EXEC_REQ':
      if (!isBeingDone(entry, message)) enqueue(entry, message, env);
      break;
    case 'WATCH_REQ':
      enqueue(entry, message, env);
      break;
    case 'EXECUTED':
      executeAnswered(entry, message, out);
      break;
    case 'CHANGED':
      watchAnswered(entry, message, out);
      break;
    case 'LOAD':
      out.deliver({ type: 'load', node: from, id: message.id });
      break;
    case 'LOADED':
      fillEnded(entry, fillEndOf(message), env, out);
      break;
    case 'RM_REQ':
      if (entry.status !== 'WAIT_OBJ_RM_ACK' || env.rules.defersRemoval()) enqueue(entry, message, env);
      break;
    case 'COPY':
      copyArrived(entry, from, message, env);
      break;
    case 'GRANT':
      grantArrived(entry, from, message, env);
      break;
    case 'ABSENT_OWNERSHIP':
      absentOwnershipArrived(entry, from, message, env);
      break;
    case 'ABSENT':
      refused(entry, from, message.lost ? 'lost' : 'absent', env, out);
      break;
    case 'BUSY':
      refused(entry, from, 'busy', env, out);
      break;
    case 'FAILED':
      refused(entry, from, 'failed', env, out);
      break;
    case 'INV':
      toldOfWriter(entry, message, env, out);
      break;
    case 'IACK':
      acknowledgementArrived(entry, from, env);
      break;
    case 'RM':
      toldOfRemoval(entry, from, message, env, out);
      break;
    case 'RM_ACK':
      removalAcknowledged(entry, from, message, env, out);
      break;
    case 'RM_ACK2':
      ownAbsent(entry, env.self, { ...message, rmset: onlyNode(env.self), lost: false });
      break;
    case 'RM_DONE':
      removalAnswered(entry, from, message, env, out);
      break;
    case 'OWN':
      offered(entry, from, message, full === true, env, out);
      break;
    case 'SHADOW':
      shadowArrived(entry, from, message, out);
      break;
    case 'SHADOW_ACK':
      shadowAcknowledged(entry, from, message, env, out);
      break;
    case 'OWN_ACK':
      offerTaken(entry, from, env, out);
      break;
    case 'OWN_NACK':
      offerRefused(entry, from, env);
      break;
    case 'SYNC':
      store(entry, from, message, env, out);
      break;
    case 'SYNCED':
      syncEnded(entry, message.call, message.ok, out);
      break;
  }
}

function copyAsked(entry: ObjectEntry, request: CopyRequest, env: ObjectEnv, out: ObjectSink): void {
  const isKept = !passesOn(entry, env);
  if (isKept && request.kind === 'write') out.trace('kept', request.requester);
  if (isKept && request.try && !isFree(entry)) refuse(request, out);
  else enqueue(entry, request, env);
}

const evictionOf = (call: number): FlushCall => ({
  type: 'flush',
  call,
  to: anyNode,
  refusedBy: noNodes,
  from: notOffered,
  evicts: true,
});

/** A request is answered exactly once: an answer to another one than that under way is a bug. */
const isAnswer = (
  message: ObjectMessage,
): message is Exclude<Extract<ObjectMessage, { request: number }>, RemoteRequest> =>
  'request' in message && !('requester' in message);

/** Nobody holds the object here, nobody waits for it, and nothing is under way. */
const isFree = (entry: ObjectEntry): boolean =>
  isSettled(entry) &&
  entry.queue.length === 0 &&
  entry.invalidation === undefined &&
  entry.writer === 0 &&
  entry.readers.length === 0;

function submitGrab(entry: ObjectEntry, call: GrabCall, env: ObjectEnv, out: ObjectSink): void {
  if (call.try && !isFree(entry)) out.reply(call.call, { outcome: 'busy' });
  else enqueue(entry, call, env);
}

function find(entry: ObjectEntry, call: number, { rules }: ObjectEnv, out: ObjectSink): void {
  const isHeld = entry.writer !== 0 || entry.invalidation !== undefined;
  if (isHeld || !rules.mayFind(entry.status, entry.queue.length)) {
    out.reply(call, { outcome: 'absent' });
    return;
  }
  if (entry.status === 'WRITE_GHOST') entry.status = 'WRITE_OWNER';
  giveReadLease(entry, call, out);
}

/** Do all that can be done now: the queue is looked at after every event, so that nothing is ever polled for. */
export function advance(entry: ObjectEntry, env: ObjectEnv, out: ObjectSink): void {
  settleInvalidation(entry, env, out);
  passOnAll(entry, env, out);
  while (isSettled(entry) && entry.invalidation === undefined) {
    const [head] = entry.queue;
    if (isUnsaved(entry) && entry.writer === 0 && !takesExclusively(head)) beginSaving(entry, undefined, env, out);
    if (head === undefined) return;
    if (serve(entry, head, env, out)) entry.queue = entry.queue.length === 1 ? noneWaiting : entry.queue.slice(1);
    else if (entry.queue[0] === head) return;
    passOnAll(entry, env, out);
  }
}

function serve(entry: ObjectEntry, head: LocalCall | RemoteRequest, env: ObjectEnv, out: ObjectSink): boolean {
  switch (head.type) {
    case 'get':
      return serveGet(entry, head, env, out);
    case 'grab':
      return serveGrab(entry, head, env, out);
    case 'prefetch':
      return head.kind === 'read' ? serveGet(entry, head, env, out) : serveGrab(entry, head, env, out);
    case 'execute':
    case 'EXEC_REQ':
      return serveExecute(entry, head, env, out);
    case 'watch':
      return serveWatch(entry, head, env, out);
    case 'WATCH_REQ':
      return serveWatchRequest(entry, head, env, out);
    case 'flush':
      return serveFlush(entry, head, env, out);
    case 'remove':
      return serveRemove(entry, head, env, out);
    case 'sync':
      return serveSync(entry, head, env, out);
    case 'COPY_REQ':
      return serveCopyRequest(entry, head, env, out);
    case 'RM_REQ':
      return serveRemoveRequest(entry, head, env, out);
  }
}

/**
 * One object on one node: many readers or one writer across all nodes, an owner that moves to whoever writes, removal
 * and hand-over. Messages between two nodes must arrive exactly once and in order. See docs/coherence.md.
 */
export const objectKernel: Kernel<ObjectEntry, ObjectEvent, ObjectEnv, ObjectMessage, CallResult, ObjectNotice> = {
  name,
  table: objectTable,
  initial: initialEntry,
  row,
  column,
  step,
  encode: encodeEntry,
  decode: decodeEntry,
};
