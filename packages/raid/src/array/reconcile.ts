import type { IomPort } from '../iom/iom-port.ts';
import { gfidsPerRequestMax } from '../limits.ts';
import { isBlockObject, namesGfid } from '../object/object-record.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { Reconciliation } from './events.ts';
import type { Membership } from './membership.ts';
import { type ObjectDirectory, unlessLost } from './object-directory.ts';
import { readReserves, tellReserves } from './told-reserves.ts';

/**
 * Put in order what crashes and absences left, before the array is used:
 * - metadata known only to members that were away, or that lost part of their log, is what the others decided against
 *   in the meantime, or what nobody was told of: it is let go of;
 * - of several versions of a key the newest stays;
 * - metadata gets the copies it misses (a put cut off between two of them is completed by that: all its blocks were
 *   durable before), also where its homes are others because the array has grown;
 * - blocks of objects without metadata belong to puts that never ended: their space is given back.
 *
 * - every member knows the claims on its objects that are written in ranges, and how they lie;
 * - what a member that lost records of its log holds of such objects is given up, and made again once it is in the view.
 *
 * @param suspects members that are there and whose records are not complete.
 * @param damaged those of them that lost part of their log.
 */
export async function reconcile(
  membership: Membership,
  directory: ObjectDirectory,
  suspects: ReadonlySet<number>,
  damaged: ReadonlySet<number>,
): Promise<Reconciliation> {
  const present = [...membership.live];
  const kept = new Set<number>();
  const ranges: ObjectRecord[] = [];
  const moved = new Map<number, readonly number[]>();
  const claims = await readClaims(membership);
  const reserves = await readReserves(membership);
  let degraded = 0;
  let recopied = 0;
  let forgotten = 0;
  for await (const versions of directory.listVersions('', present)) {
    const confirmed = versions.filter(({ holders }) => holders.some((member) => !suspects.has(member)));
    const [newest] = confirmed;
    const stale = versions.filter((version) => version !== newest);
    if (stale.length > 0) await directory.forget(stale);
    forgotten += stale.length;
    if (newest === undefined) continue;
    const { record } = newest;
    kept.add(record.gfid);
    if (isBlockObject(record)) ranges.push(record);
    if (record.moved !== undefined) moved.set(record.gfid, record.moved);
    if (record.absent.length > 0) degraded++;
    if (!directory.isPlaced(newest)) {
      await directory.keepAgain(newest);
      recopied++;
    }
  }
  const rangeGfids = new Set(ranges.map(({ gfid }) => gfid));
  // What a member held whose slots others have now is nothing any more.
  const givenUp = (gfid: number, member: number) =>
    (damaged.has(member) && rangeGfids.has(gfid)) || moved.get(gfid)?.includes(member) === true;
  const dropped = await Promise.all(present.map((member) => dropUnknown(membership, member, kept, givenUp)));
  await Promise.all(
    present.map(async (member) => {
      await tellRanges((request) => membership.ask(member, request), member, ranges, claims);
      await tellReserves((request) => membership.ask(member, request), member, ranges, reserves);
    }),
  );
  for (const member of damaged) await tellBlank(membership, member, suspects);
  return {
    // The names of objects are the array's own.
    objects: kept.size - (kept.has(namesGfid) ? 1 : 0),
    degraded,
    recopied,
    forgotten,
    dropped: dropped.reduce((sum, count) => sum + count, 0),
  };
}

/** The highest claim on each object that any drive that is there knows. */
export async function readClaims(membership: Membership): Promise<ReadonlyMap<number, number>> {
  const claims = new Map<number, number>();
  for (const member of membership.live) {
    for (let after = 0; ; ) {
      const limit = gfidsPerRequestMax;
      const page = await membership.ask(member, (iom, epoch) => iom.claims({ epoch, after, limit }));
      for (const { gfid, claim } of page) claims.set(gfid, Math.max(claim, claims.get(gfid) ?? 0));
      after = page.at(-1)?.gfid ?? 0;
      if (page.length < limit) break;
    }
  }
  return claims;
}

/** A member knows how its objects that are written in ranges lie, and the claims on them, also those it was away for. */
export async function tellRanges(
  ask: <T>(request: (iom: IomPort, epoch: number) => Promise<T>) => Promise<T>,
  member: number,
  ranges: readonly ObjectRecord[],
  claims: ReadonlyMap<number, number>,
): Promise<void> {
  const own = ranges.filter(({ span }) => span.includes(member));
  for (let at = 0; at < own.length; at += gfidsPerRequestMax) {
    const layouts = own.slice(at, at + gfidsPerRequestMax).map(({ gfid, geometry, span }) => {
      // Who does not know how an object lies had a part in it on a drive that is lost; without parity that is gone.
      return { gfid, ...geometry, span, ...(geometry.parity === 0 && { lost: true }) };
    });
    await unlessLost(ask((iom, epoch) => iom.layOut({ epoch, layouts })));
  }
  for (const { gfid } of own) {
    const token = claims.get(gfid) ?? 0;
    if (token > 0) await unlessLost(ask((iom, epoch) => iom.claim({ epoch, gfid, token })));
  }
}

/** Those that are up to date know that a member comes with nothing of what they have parity, or parity's blocks, of. */
export async function tellBlank(membership: Membership, member: number, suspects: ReadonlySet<number>): Promise<void> {
  const sound = [...membership.live].filter((other) => other !== member && !suspects.has(other));
  await Promise.all(
    sound.map((other) => unlessLost(membership.ask(other, (iom, epoch) => iom.blank({ epoch, member })))),
  );
}

async function dropUnknown(
  membership: Membership,
  member: number,
  kept: ReadonlySet<number>,
  givenUp: (gfid: number, member: number) => boolean,
): Promise<number> {
  let dropped = 0;
  let after = 0;
  for (;;) {
    const request = { after, limit: gfidsPerRequestMax };
    const page = await unlessLost(membership.ask(member, (iom) => iom.gfids(request)));
    if (page === undefined || page.length === 0) return dropped;
    const gfids = page.filter((gfid) => !kept.has(gfid) || givenUp(gfid, member));
    if (gfids.length > 0) await unlessLost(membership.ask(member, (iom, epoch) => iom.drop({ epoch, gfids })));
    dropped += gfids.length;
    after = page.at(-1)!;
  }
}
