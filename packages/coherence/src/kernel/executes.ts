import { beginSaving, isUnsaved } from './backup.ts';
import { wasExecuted, withExecuted } from './baggage.ts';
import { takeHead } from './entry-queue.ts';
import { claim } from './exclusive-access.ts';
import { answerExecute } from './execute-answers.ts';
import { createAbsent, existsOnDevice } from './filling.ts';
import { acquire, releaseWriter, write } from './leases.ts';
import type { ObjectEnv } from './object-env.ts';
import {
  type ExecuteCall,
  type ExecuteRequest,
  executor,
  noPayload,
  type ObjectEntry,
  type ObjectEvent,
  type ObjectSink,
} from './object-types.ts';
import { oldestUnanswered } from './once.ts';

/** An operation goes to where the object is. A node may have many under way: its other calls do not wait for them. */
export function serveExecute(
  entry: ObjectEntry,
  item: ExecuteCall | ExecuteRequest,
  env: ObjectEnv,
  out: ObjectSink,
): boolean {
  if (item.type === 'execute' && (entry.status === 'INV_COPY' || entry.status === 'READ_COPY')) {
    sendOperation(entry, item, env, out);
    return true;
  }
  if (entry.writer !== 0) return false;
  const requester = item.type === 'EXEC_REQ' ? item.requester : env.self;
  if (item.again && env.rules.ranBefore(wasExecuted(entry.baggage, requester, item.call))) {
    answerExecute(entry, item, 'unknown', noPayload, env, out);
    return true;
  }
  if (entry.readers.length > 0 && env.rules.readersHoldUp('local write')) return false;
  if (entry.status === 'INV_OWNER') return createForOperation(entry, item, env, out);
  if (!claim(entry, env, out)) return false;
  run(entry, item, env, out);
  return false;
}

function sendOperation(entry: ObjectEntry, execute: ExecuteCall, { self }: ObjectEnv, out: ObjectSink): void {
  entry.sent = [...entry.sent, execute];
  const oldest = oldestUnanswered(entry, execute.call);
  out.send(entry.probOwner, { ...execute, type: 'EXEC_REQ', requester: self, oldest, forwards: 0 });
}

/** Whether `request` was made again while it is being run, or what it wrote is being saved: its answer comes after that. */
export function isBeingDone({ writer, queue, backup }: ObjectEntry, { requester, call }: ExecuteRequest): boolean {
  const item = backup.pending?.type === 'ran' ? backup.pending.item : writer === executor ? queue[0] : undefined;
  return item?.type === 'EXEC_REQ' && item.requester === requester && item.call === call;
}

/** The object begins where it is owned; it does not move to who asked. */
function createForOperation(
  entry: ObjectEntry,
  item: ExecuteCall | ExecuteRequest,
  env: ObjectEnv,
  out: ObjectSink,
): boolean {
  if (entry.lost || (item.absence === 'no-touch' && !existsOnDevice(entry, env))) {
    out.trace(entry.lost ? 'lost' : 'absent');
    answerExecute(entry, item, entry.lost ? 'lost' : 'absent', noPayload, env, out);
    return true;
  }
  if (createAbsent(entry, env, out)) {
    entry.status = 'WRITE_OWNER';
    run(entry, item, env, out);
  }
  return false;
}

/** The operation stays at the head of the queue, and what holds the object is not a lease but the running of it. */
function run(entry: ObjectEntry, item: ExecuteCall | ExecuteRequest, env: ObjectEnv, out: ObjectSink): void {
  acquire(entry, executor, env, out);
  out.deliver({
    type: 'run',
    node: item.type === 'EXEC_REQ' ? item.requester : env.self,
    call: item.call,
    operation: item.operation,
    payload: entry.payload,
    version: entry.version,
  });
}

/** An operation that failed leaves the value as it was. */
export function ran(
  entry: ObjectEntry,
  { ok, payload, result }: Extract<ObjectEvent, { type: 'ran' }>,
  env: ObjectEnv,
  out: ObjectSink,
): void {
  const item = takeHead(entry, 'execute', 'EXEC_REQ');
  if (ok && payload !== noPayload) write(entry, payload, env, out);
  if (item.type === 'EXEC_REQ' && item.requester !== env.self) {
    entry.baggage = env.rules.remembered(withExecuted(entry.baggage, item), entry.baggage);
  }
  if (isUnsaved(entry)) {
    beginSaving(entry, { type: 'ran', item, result }, env, out);
    return;
  }
  releaseWriter(entry, env, out);
  answerExecute(entry, item, ok ? 'executed' : 'failed', result, env, out);
}
