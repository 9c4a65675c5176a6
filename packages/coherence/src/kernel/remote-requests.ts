import { difference, union } from './node-set.ts';
import { leave } from './object-entry.ts';
import { type CopyRequest, noPayload, type ObjectEntry, type ObjectEnv, type ObjectSink } from './object-types.ts';

/** A request of another node at the owner; false when it has to wait. */
export function serveCopyRequest(entry: ObjectEntry, request: CopyRequest, env: ObjectEnv, out: ObjectSink): boolean {
  if (entry.writer !== 0 && env.rules.writerHoldsUp()) return refuseOrWait(request, out);
  if (entry.status === 'INV_OWNER') {
    answerAbsent(entry, request, env, out);
    return true;
  }
  if (request.kind === 'read' && entry.status !== 'WRITE_GHOST') {
    copyTo(entry, request, env, out);
    return true;
  }
  if (entry.readers.length > 0 && env.rules.readersHoldUp('remote write')) return refuseOrWait(request, out);
  grantTo(entry, request, env, out);
  return true;
}

function refuseOrWait(request: CopyRequest, out: ObjectSink): boolean {
  if (request.try) refuse(request, out);
  return request.try;
}

export function refuse({ requester, request }: CopyRequest, out: ObjectSink): void {
  out.send(requester, { type: 'BUSY', request });
}

function answerAbsent(
  entry: ObjectEntry,
  { requester, request, absence }: CopyRequest,
  { self }: ObjectEnv,
  out: ObjectSink,
): void {
  const rmset = union(entry.rmset, [self, requester]);
  const { version, incarnation, lost } = entry;
  if (absence === 'no-touch' || (lost && absence === 'touch')) {
    out.trace(lost ? 'lost' : 'absent');
    entry.rmset = rmset;
    out.send(requester, { type: 'ABSENT', request, lost });
  } else {
    out.send(requester, { type: 'ABSENT_OWNERSHIP', request, version, incarnation, rmset, lost });
    leave(entry, requester);
  }
}

function copyTo(entry: ObjectEntry, { requester, request }: CopyRequest, { self }: ObjectEnv, out: ObjectSink): void {
  const { version, incarnation, payload } = entry;
  entry.status = 'READ_OWNER';
  entry.copyset = union(entry.copyset, [requester]);
  entry.rmset = union(entry.rmset, [self, requester]);
  out.send(requester, { type: 'COPY', request, version, incarnation, payload });
}

/**
 * The object moves to the requester, which collects the acknowledgements of all other copies itself. A ghost moves to a
 * reader too: it was only put here for somebody to fetch.
 */
function grantTo(entry: ObjectEntry, request: CopyRequest, { self, rules }: ObjectEnv, out: ObjectSink): void {
  const { requester } = request;
  const { version, incarnation, payload, copyset } = entry;
  const awaited = rules.toInvalidate(copyset, self, requester);
  const isDataless = rules.isDataless(request, version, copyset);
  for (const other of awaited) out.send(other, { type: 'INV', version, writer: requester });
  out.send(requester, {
    type: 'GRANT',
    request: request.request,
    version,
    incarnation,
    payload: isDataless ? noPayload : payload,
    kept: isDataless ? payload : noPayload,
    awaited: difference(awaited, [requester]),
    rmset: union(entry.rmset, [self, requester]),
  });
  leave(entry, requester);
}
