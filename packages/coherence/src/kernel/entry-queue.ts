import { ProtocolError } from '@holdfast/kernel';
import { isForgettable } from './object-entry.ts';
import type { ObjectEnv } from './object-env.ts';
import type { LocalCall, ObjectEntry, ObjectSink, ObjectStatus, RemoteRequest } from './object-types.ts';

type Waiting = LocalCall | RemoteRequest;

const settled: ReadonlySet<ObjectStatus> = new Set([
  'INV_COPY',
  'INV_OWNER',
  'READ_COPY',
  'READ_OWNER',
  'WRITE_OWNER',
  'WRITE_GHOST',
]);

/** Whether nothing is under way that this node waits for. */
export const isSettled = ({ status }: ObjectEntry): boolean => settled.has(status);

const isRemote = (item: Waiting): item is RemoteRequest => 'requester' in item;

/**
 * Whether requests of others only pass through this node. One that waits to become the owner keeps them; so does a
 * default owner that asked for a removal, because the absent object comes home to it.
 */
export function passesOn({ status }: ObjectEntry, { self, defaultOwner }: ObjectEnv): boolean {
  switch (status) {
    case 'INV_COPY':
    case 'READ_COPY':
    case 'WAIT_OBJ_READ':
    case 'WAIT_OBJ_RM_ACK2':
      return true;
    case 'WAIT_OBJ_RM_DONE':
      return self !== defaultOwner;
    default:
      return false;
  }
}

/**
 * Add to the queue: at its end, or, if the chase took too long, before all that nobody works on yet and that was not
 * chased as long.
 */
export function enqueue(entry: ObjectEntry, item: Waiting, env: ObjectEnv): void {
  const isUrgent = (each: Waiting): boolean => isRemote(each) && env.rules.isUrgent(each.forwards, env.forwardsMax);
  if (!isUrgent(item)) {
    entry.queue = [...entry.queue, item];
    return;
  }
  let place = isSettled(entry) && entry.writer >= 0 ? 0 : 1;
  for (let each = entry.queue[place]; each !== undefined && isUrgent(each); each = entry.queue[place]) place++;
  entry.queue = entry.queue.toSpliced(place, 0, item);
}

/** Send every request that waits here on towards the owner, oldest first. Local calls stay. */
export function passOnAll(entry: ObjectEntry, env: ObjectEnv, out: ObjectSink): void {
  if (!passesOn(entry, env)) return;
  const requests = entry.queue.filter(isRemote);
  if (requests.length === 0) return;
  entry.queue = entry.queue.filter((item) => !isRemote(item));
  for (const request of requests) passOn(entry, request, env, out);
}

/**
 * Send a request on to the probable owner. An unconditional write makes its requester the owner sooner or later, so
 * that this node's next request goes there at once (path reversal, Li and Hudak 1989); only after the request was sent,
 * and not where there is no entry to remember it.
 */
function passOn(entry: ObjectEntry, request: RemoteRequest, env: ObjectEnv, out: ObjectSink): void {
  if (request.requester === env.self && 'request' in request) {
    throw new ProtocolError('object', entry.status, request.type, 'a request came back to the node that sent it');
  }
  const isMissing = isForgettable(entry, env);
  if (request.type === 'COPY_REQ') out.trace('passed on', request.requester);
  out.send(entry.probOwner, { ...request, forwards: Math.min(request.forwards + 1, env.forwardsMax) });
  if (!isMissing && entry.status !== 'WAIT_OBJ_RM_ACK2' && env.rules.reverses(request))
    entry.probOwner = request.requester;
}

/** The call this node works on: it waits at the head of the queue until its answer arrives. */
export function takeHead<Type extends Waiting['type']>(
  entry: ObjectEntry,
  ...types: Type[]
): Extract<Waiting, { type: Type }> {
  const [head, ...rest] = entry.queue;
  if (head === undefined || !types.some((type) => type === head.type)) {
    throw new ProtocolError('object', entry.status, head?.type ?? 'nothing', `${types.join(' or ')} heads the queue`);
  }
  entry.queue = rest;
  return head as Extract<Waiting, { type: Type }>;
}
