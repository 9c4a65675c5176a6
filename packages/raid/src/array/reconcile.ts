import { gfidsPerRequestMax } from '../limits.ts';
import type { Reconciliation } from './events.ts';
import type { Membership } from './membership.ts';
import { type HeldVersion, type ObjectDirectory, unlessLost } from './object-directory.ts';

/**
 * Put in order what crashes and absences left, before the array is used:
 * - metadata known only to members that were away, or that lost part of their log, is what the others decided against
 *   in the meantime, or what nobody was told of: it is let go of;
 * - of several versions of a key the newest stays;
 * - metadata with one copy gets its second (a put cut off between the two is completed by that: all its blocks were
 *   durable before);
 * - blocks of objects without metadata belong to puts that never ended: their space is given back.
 *
 * @param suspects members that are there and whose records are not complete.
 */
export async function reconcile(
  membership: Membership,
  directory: ObjectDirectory,
  suspects: ReadonlySet<number>,
): Promise<Reconciliation> {
  const present = [...membership.live];
  const absentOf = new Map<number, readonly number[]>();
  const kept = new Set<number>();
  let recopied = 0;
  let forgotten = 0;
  for await (const versions of directory.listVersions('', present)) {
    const confirmed = versions.filter(({ holders }) => holders.some((member) => !suspects.has(member)));
    const [newest] = confirmed;
    const stale = versions.filter((version) => version !== newest);
    if (stale.length > 0) await directory.forget(stale);
    forgotten += stale.length;
    if (newest === undefined) continue;
    kept.add(newest.record.gfid);
    if (newest.record.absent.length > 0) absentOf.set(newest.record.gfid, newest.record.absent);
    if (await recopy(membership, directory, newest)) recopied++;
  }
  const dropped = await Promise.all(present.map((member) => dropUnknown(membership, member, kept, absentOf)));
  return {
    objects: kept.size,
    degraded: absentOf.size,
    recopied,
    forgotten,
    dropped: dropped.reduce((sum, count) => sum + count, 0),
  };
}

async function recopy(membership: Membership, directory: ObjectDirectory, version: HeldVersion): Promise<boolean> {
  const { record, holders } = version;
  const missing = directory.missingHomes(record.key, holders);
  if (missing.length === 0) return false;
  const homes = [...holders.filter((member) => membership.live.has(member)), ...missing];
  // All copies say the same, the ones that are there too.
  const object = { ...record, homes, epoch: membership.epoch };
  const put = homes.map((home) => unlessLost(membership.ask(home, (iom, epoch) => iom.putObject({ epoch, object }))));
  await Promise.all(put);
  return true;
}

async function dropUnknown(
  membership: Membership,
  member: number,
  kept: ReadonlySet<number>,
  absentOf: ReadonlyMap<number, readonly number[]>,
): Promise<number> {
  let dropped = 0;
  let after = 0;
  for (;;) {
    const request = { after, limit: gfidsPerRequestMax };
    const page = await unlessLost(membership.ask(member, (iom) => iom.gfids(request)));
    if (page === undefined || page.length === 0) return dropped;
    const gfids = page.filter((gfid) => !kept.has(gfid) || absentOf.get(gfid)?.includes(member));
    if (gfids.length > 0) await unlessLost(membership.ask(member, (iom, epoch) => iom.drop({ epoch, gfids })));
    dropped += gfids.length;
    after = page.at(-1)!;
  }
}
