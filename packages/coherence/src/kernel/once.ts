import { isSettled } from './entry-queue.ts';
import type { NodeSet } from './node-set.ts';
import { noneSent, noneWaiting } from './object-entry.ts';
import type {
  CallId,
  ExecuteCall,
  ExecuteRequest,
  NodeId,
  ObjectEntry,
  ObjectSink,
  RemoveCall,
} from './object-types.ts';

/**
 * What must be done once at most, an execute or a remove, is remembered where it was done, with the object, until its
 * node has surely had the answer. After a change of view it is asked for again by the same number.
 */
type Once = ExecuteCall | RemoveCall;

const isOnce = (item: ObjectEntry['queue'][number]): item is Once => item.type === 'execute' || item.type === 'remove';

/** The first call of this node on the object that may still be asked for again, `call` included. */
export function oldestUnanswered({ sent, queue }: ObjectEntry, call: CallId): CallId {
  let oldest = call;
  for (const each of sent) if (each.call < oldest) oldest = each.call;
  for (const each of queue) if (isOnce(each) && each.call < oldest) oldest = each.call;
  return oldest;
}

/** An answer to an execute arrived; false where it has had one. It may be about to be sent again. */
export function endsUnanswered(entry: ObjectEntry, call: CallId): boolean {
  const isThis = (each: ObjectEntry['queue'][number]): boolean => each.type === 'execute' && each.call === call;
  const at = entry.sent.findIndex(isThis);
  if (at >= 0) {
    entry.sent = entry.sent.length === 1 ? noneSent : entry.sent.toSpliced(at, 1);
    return true;
  }
  const place = entry.queue.findIndex(isThis);
  if (place < 0) return false;
  entry.queue = entry.queue.length === 1 ? noneWaiting : entry.queue.toSpliced(place, 1);
  return true;
}

/** Whether what this node asked for may have been done, as the object will tell. */
export const mayBeDone = ({ sent, queue }: ObjectEntry): boolean =>
  sent.length > 0 || queue.some((item) => isOnce(item) && item.again);

/** Nothing is under way any more: whatever was asked for is asked for again, by the same number. */
export function askAgain(entry: ObjectEntry): void {
  const [head] = entry.queue;
  if (head?.type === 'remove' && entry.status === 'WAIT_OBJ_RM_DONE')
    entry.queue = [{ ...head, again: true }, ...entry.queue.slice(1)];
  if (entry.sent.length === 0) return;
  const repeated = entry.sent.map((each) => ({ ...each, again: true }));
  // What this node works on stays at the head.
  const place = isSettled(entry) && entry.writer >= 0 ? 0 : 1;
  entry.sent = noneSent;
  entry.queue = entry.queue.toSpliced(place, 0, ...repeated);
}

/** An operation for a node that left is run to its end, and answered to nobody: that node may start again. */
export function forgetAskers(entry: ObjectEntry, survivors: NodeSet, self: NodeId): void {
  const [head] = entry.queue;
  if (head?.type === 'EXEC_REQ') entry.queue = [forSurvivor(head, survivors, self), ...entry.queue.slice(1)];
  const { pending } = entry.backup;
  if (pending?.type === 'ran' && pending.item.type === 'EXEC_REQ') {
    const item = forSurvivor(pending.item, survivors, self);
    entry.backup = { ...entry.backup, pending: { ...pending, item } };
  }
}

/** The number of no call. */
const nobodys: CallId = 0;

const forSurvivor = (item: ExecuteRequest, survivors: NodeSet, self: NodeId): ExecuteRequest =>
  survivors.includes(item.requester) ? item : { ...item, requester: self, call: nobodys };

/** Whoever knew what was done is gone: so it is not asked for again. */
export function forgoUnknown(entry: ObjectEntry, out: ObjectSink): void {
  const unknown = entry.queue.filter((item) => isOnce(item) && item.again) as Once[];
  if (unknown.length === 0) return;
  entry.queue = entry.queue.filter((item) => !(isOnce(item) && item.again));
  for (const { call } of unknown) out.reply(call, { outcome: 'unknown' });
}
