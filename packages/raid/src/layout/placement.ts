import { type Geometry, groupWidth } from './geometry.ts';
import { byWeight } from './rendezvous.ts';

/** Copies of an object's metadata: one more than the members an array can lose. */
export const metadataCopies = (lossesMax: number): number => lossesMax + 1;

/**
 * The members over which an object is spread, in the order its groups walk them. Live members only when there are
 * enough of them; with too few, as many that are down keep their places as parity covers, and their slots are missing.
 * @returns undefined when more members are down than parity covers.
 */
export function objectSpan(
  gfid: number,
  members: readonly number[],
  live: ReadonlySet<number>,
  geometry: Pick<Geometry, 'data' | 'parity'>,
): number[] | undefined {
  const ordered = byWeight(gfid, members);
  const up = ordered.filter((member) => live.has(member));
  const tooFew = groupWidth(geometry) - up.length;
  if (tooFew <= 0) return up;
  const down = ordered.filter((member) => !live.has(member));
  if (tooFew > geometry.parity || tooFew > down.length) return undefined;
  const kept = down.slice(0, tooFew);
  return ordered.filter((member) => live.has(member) || kept.includes(member));
}

/** The members that keep the metadata of a new object, heaviest first; fewer when fewer live. */
export function metadataHomes(
  key: number,
  members: readonly number[],
  live: ReadonlySet<number>,
  lossesMax: number,
): number[] {
  return byWeight(key, members)
    .filter((member) => live.has(member))
    .slice(0, metadataCopies(lossesMax));
}

/**
 * The members that can hold metadata of this key when never more than `lossesMax` members were down at a time: the
 * homes, and those that stood in. Any two sets of homes chosen under that rule share a member, and so do the homes and
 * any {@link metadataQuorum} of these: the newest version is found.
 */
export function metadataCandidates(key: number, members: readonly number[], lossesMax: number): number[] {
  return byWeight(key, members).slice(0, 2 * lossesMax + 1);
}

/** How many of so many candidates must be heard so that one of them is a home. */
export const metadataQuorum = (candidates: number, lossesMax: number): number => Math.max(1, candidates - lossesMax);
