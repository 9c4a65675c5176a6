import { withCall, withoutCall } from './call-set.ts';
import { isSettled } from './entry-queue.ts';
import type { ObjectEnv } from './object-env.ts';
import type { CallId, ObjectEntry } from './object-types.ts';

/** Whether a get would have its lease at once, so that one that ends in the same moment changes nothing. */
export const isHit = (entry: ObjectEntry, { exclusiveReaders }: ObjectEnv): boolean =>
  !exclusiveReaders && isQuiet(entry);

/**
 * A get where a valid copy is here and nobody waits: what the kernel's step does then, without asking what else could
 * be. Whether it was one; where not, nothing has changed, and the step decides.
 */
export function beginHit(entry: ObjectEntry, call: CallId, env: ObjectEnv): boolean {
  if (!isHit(entry, env)) return false;
  entry.readers = withCall(entry.readers, call);
  return true;
}

/** The end of a read lease for which nobody waits, likewise. */
export function endHit(entry: ObjectEntry, call: CallId): boolean {
  if (!isQuiet(entry) || !entry.readers.includes(call)) return false;
  entry.readers = withoutCall(entry.readers, call);
  return true;
}

/** Whether nobody holds the object here, nobody waits for it, and nothing is under way. */
export const isAtRest = (entry: ObjectEntry): boolean =>
  isSettled(entry) &&
  entry.writer === 0 &&
  entry.readers.length === 0 &&
  entry.queue.length === 0 &&
  entry.underway.length === 0 &&
  entry.sent.length === 0 &&
  entry.storing.length === 0 &&
  entry.invalidation === undefined &&
  !entry.backup.unsaved &&
  entry.backup.pending === undefined;

/** A valid copy that nobody writes: nothing follows from an event that changes nothing but who reads. */
function isQuiet({ status, writer, queue, invalidation, backup }: ObjectEntry): boolean {
  if (status !== 'READ_COPY' && status !== 'READ_OWNER' && status !== 'WRITE_OWNER') return false;
  return writer === 0 && queue.length === 0 && invalidation === undefined && !backup.unsaved;
}
