import { leaveShadow, shadowAfter, shadowOf } from './backup.ts';
import { baggageOfCopy, withMigratory } from './baggage.ts';
import { createAbsent, existsOnDevice } from './filling.ts';
import { difference, union } from './node-set.ts';
import { leave } from './object-entry.ts';
import type { ObjectEnv } from './object-env.ts';
import { type Baggage, type CopyRequest, noPayload, type ObjectEntry, type ObjectSink } from './object-types.ts';

/** A request of another node at the owner; false when it has to wait. */
export function serveCopyRequest(entry: ObjectEntry, request: CopyRequest, env: ObjectEnv, out: ObjectSink): boolean {
  if (entry.writer !== 0 && env.rules.writerHoldsUp()) return refuseOrWait(request, out);
  if (entry.status === 'INV_OWNER') {
    const beginsHere = request.absence === 'touch' && env.firstTouch === 'default-owner';
    if (entry.lost || !(beginsHere || existsOnDevice(entry, env))) {
      answerAbsent(entry, request, env, out);
      return true;
    }
    if (!createAbsent(entry, env, out)) return false;
    entry.status = 'WRITE_OWNER';
  }
  if (request.kind === 'read' && entry.status !== 'WRITE_GHOST' && !wanders(entry, env)) {
    copyTo(entry, request, env, out);
    return true;
  }
  if (entry.readers.length > 0 && env.rules.readersHoldUp('remote write')) return refuseOrWait(request, out);
  grantTo(entry, request, env, out);
  return true;
}

/**
 * Whether a reader is given the object itself. Where the owner only read it too, the pattern has ended: from then on
 * readers are given copies.
 */
function wanders(entry: ObjectEntry, { migratory }: ObjectEnv): boolean {
  if (migratory !== true || !entry.baggage.migratory) return false;
  if (entry.readers.length > 0 || entry.status !== 'WRITE_OWNER') return false;
  const isWritten = entry.changed !== 'no';
  if (!isWritten) entry.baggage = withMigratory(entry.baggage, false);
  return isWritten;
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
  { self, rules }: ObjectEnv,
  out: ObjectSink,
): void {
  const rmset = union(entry.rmset, [self, requester]);
  const { version, incarnation, lost } = entry;
  if (absence === 'no-touch' || (lost && absence === 'touch')) {
    out.trace(lost ? 'lost' : 'absent');
    entry.rmset = rmset;
    out.send(requester, { type: 'ABSENT', request, lost });
  } else {
    out.send(requester, {
      type: 'ABSENT_OWNERSHIP',
      request,
      version,
      incarnation,
      rmset,
      lost,
      baggage: rules.takesAlong(entry.baggage),
    });
    leave(entry, requester);
  }
}

function copyTo(entry: ObjectEntry, { requester, request }: CopyRequest, { self }: ObjectEnv, out: ObjectSink): void {
  const { version, incarnation, payload } = entry;
  entry.status = 'READ_OWNER';
  entry.copyset = union(entry.copyset, [requester]);
  entry.rmset = union(entry.rmset, [self, requester]);
  out.send(requester, { type: 'COPY', request, version, incarnation, payload, baggage: baggageOfCopy(entry.baggage) });
}

/**
 * The object moves to the requester, which collects the acknowledgements of all other copies itself. A ghost moves to a
 * reader too: it was only put here for somebody to fetch.
 */
function grantTo(entry: ObjectEntry, request: CopyRequest, env: ObjectEnv, out: ObjectSink): void {
  const { self, rules } = env;
  const { requester } = request;
  const { version, incarnation, payload, copyset } = entry;
  const awaited = rules.toInvalidate(copyset, self, requester);
  const isDataless = rules.isDataless(request, version, copyset);
  const shadow = shadowOf(entry);
  const shadowAt = shadowAfter(entry, requester, env);
  for (const other of awaited) out.send(other, { type: 'INV', version, writer: requester });
  out.send(requester, {
    type: 'GRANT',
    request: request.request,
    version,
    incarnation,
    payload: isDataless ? noPayload : payload,
    kept: isDataless ? payload : noPayload,
    awaited: difference(awaited, [requester]),
    baggage: rules.takesAlong(baggageAfter(entry, request, awaited.length > 0, isDataless)),
    rmset: union(entry.rmset, [self, requester]),
    shadowAt,
  });
  leave(entry, requester);
  leaveShadow(entry, shadow, shadowAt, self);
}

/**
 * An object is taken for migratory when a node that read it from its last writer, and nobody else did, wants to write it
 * (Cox and Fowler 1993; Stenstrom, Brorsson and Sandberg 1993). When others have copies it is not.
 */
function baggageAfter(
  { baggage, changed }: ObjectEntry,
  { kind }: CopyRequest,
  hasOtherCopies: boolean,
  isUpgrade: boolean,
): Baggage {
  if (hasOtherCopies) return withMigratory(baggage, false);
  return kind === 'write' && isUpgrade && changed !== 'no' ? withMigratory(baggage, true) : baggage;
}
