import type { Reconciliation } from './events.ts';
import { endWrites } from './journaled-writes.ts';
import type { Membership } from './membership.ts';
import type { ObjectDirectory } from './object-directory.ts';
import type { OpenedArray } from './open-array.ts';
import { reconcile } from './reconcile.ts';

/**
 * Have the members that are there work by a view of this opening, end what was under way, and put their records in order.
 * @param catchUp told of each member that has to catch up
 * @throws MemberLostError when one is lost on the way
 */
export async function takePart(
  { present, suspects, returning, damaged, added }: OpenedArray,
  membership: Membership,
  directory: ObjectDirectory,
  catchUp: (member: number) => void,
): Promise<Reconciliation> {
  for (const member of present) membership.watchDrive(member);
  // A member whose records are not complete counts as away until they are: a crash until then leaves it so.
  const sound = present.filter((member) => !suspects.has(member));
  await membership.enter(sound, returning, added);
  // Beside one that has not caught up nobody goes on without another: what is open ends when all are there.
  if (suspects.size === 0 || returning.length === 0) await endWrites(membership);
  const done = await reconcile(membership, directory, suspects, damaged);
  if (suspects.size > 0) {
    await membership.enter(present, [...returning, ...suspects]);
    await endWrites(membership);
  }
  for (const member of [...returning, ...suspects]) catchUp(member);
  return done;
}
