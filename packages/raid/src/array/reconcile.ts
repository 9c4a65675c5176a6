import { gfidsPerRequestMax } from '../limits.ts';
import { isBlockObject, namesGfid } from '../object/object-record.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { Reconciliation } from './events.ts';
import type { Membership } from './membership.ts';
import { type ObjectDirectory, unlessLost } from './object-directory.ts';

/**
 * Put in order what crashes and absences left, before the array is used:
 * - metadata known only to members that were away, or that lost part of their log, is what the others decided against
 *   in the meantime, or what nobody was told of: it is let go of;
 * - of several versions of a key the newest stays;
 * - metadata gets the copies it misses (a put cut off between two of them is completed by that: all its blocks were
 *   durable before), also where its homes are others because the array has grown;
 * - blocks of objects without metadata belong to puts that never ended: their space is given back.
 *
 * - a member that missed writes of an object that is written in ranges, or that lost records of its log, does not count
 *   for that object: its metadata says so from now on, and what the member holds of it is given up.
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
  const absentOf = new Map<number, readonly number[]>();
  const kept = new Set<number>();
  const { missed, claims } = await readMarks(membership);
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
    await spreadClaim(membership, newest.record, claims);
    const absent = absentFrom(newest.record, missed, damaged);
    if (absent.length > newest.record.absent.length) {
      await directory.keepAgain(newest, { absent: [...absent] });
    } else if (!directory.isPlaced(newest)) {
      await directory.keepAgain(newest);
      recopied++;
    }
    if (absent.length > 0) absentOf.set(newest.record.gfid, absent);
  }
  const givenUp = (gfid: number, member: number) => {
    const absent = absentOf.get(gfid) ?? [];
    // Where two missed writes, each may have the only copy of something.
    return absent.length <= 1 && absent.includes(member);
  };
  const dropped = await Promise.all(present.map((member) => dropUnknown(membership, member, kept, givenUp)));
  return {
    // The names of objects are the array's own.
    objects: kept.size - (kept.has(namesGfid) ? 1 : 0),
    degraded: absentOf.size,
    recopied,
    forgotten,
    dropped: dropped.reduce((sum, count) => sum + count, 0),
  };
}

interface Marks {
  /** By object: members that missed writes. */
  readonly missed: ReadonlyMap<number, ReadonlySet<number>>;
  /** By object: the highest claim, and the members that know it. */
  readonly claims: ReadonlyMap<number, { readonly token: number; readonly members: readonly number[] }>;
}

/** What all drives that are there know of objects that are written in ranges. */
async function readMarks(membership: Membership): Promise<Marks> {
  const missed = new Map<number, Set<number>>();
  const claims = new Map<number, { token: number; members: number[] }>();
  for (const member of membership.live) {
    for (let after = 0; ; ) {
      const limit = gfidsPerRequestMax;
      const page = await membership.ask(member, (iom, epoch) => iom.stale({ epoch, after, limit }));
      for (const { gfid, members, claim } of page) {
        const known = missed.get(gfid) ?? new Set();
        for (const each of members) known.add(each);
        missed.set(gfid, known);
        const highest = claims.get(gfid);
        if (highest === undefined || claim > highest.token) claims.set(gfid, { token: claim, members: [member] });
        else if (claim === highest.token) highest.members.push(member);
      }
      after = page.at(-1)?.gfid ?? 0;
      if (page.length < limit) break;
    }
  }
  return { missed, claims };
}

/** A claim holds at every member of the span, also at one that was away when it was made. */
async function spreadClaim(
  membership: Membership,
  { gfid, span }: ObjectRecord,
  claims: Marks['claims'],
): Promise<void> {
  const claim = claims.get(gfid);
  if (claim === undefined || claim.token === 0) return;
  const { token, members } = claim;
  const others = span.filter((member) => membership.live.has(member) && !members.includes(member));
  await Promise.all(
    others.map((member) => unlessLost(membership.ask(member, (iom, epoch) => iom.claim({ epoch, gfid, token })))),
  );
}

/** The members of the span that do not count for an object. */
function absentFrom(
  record: ObjectRecord,
  missed: ReadonlyMap<number, ReadonlySet<number>>,
  damaged: ReadonlySet<number>,
): readonly number[] {
  if (!isBlockObject(record)) return record.absent;
  const known = new Set(record.absent);
  for (const member of [...(missed.get(record.gfid) ?? []), ...damaged]) {
    if (record.span.includes(member)) known.add(member);
  }
  return [...known];
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
