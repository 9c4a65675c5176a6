import { byWeight } from './rendezvous.ts';

/** Copies of an object's metadata: one more than the losses its technique covers. */
export const metadataCopies = 2;

/**
 * The members over which an object is spread, in the order its groups walk them. Live members only when there are
 * enough of them; with one too few, a member that is down keeps its place and its slots are missing.
 * @returns undefined when more members are down than parity covers.
 */
export function objectSpan(
  gfid: number,
  members: readonly number[],
  live: ReadonlySet<number>,
  groupWidth: number,
): number[] | undefined {
  const ordered = byWeight(gfid, members);
  const up = ordered.filter((member) => live.has(member));
  if (up.length >= groupWidth) return up;
  if (up.length < groupWidth - 1) return undefined;
  const standIn = ordered.find((member) => !live.has(member));
  return standIn === undefined ? undefined : ordered.filter((member) => live.has(member) || member === standIn);
}

/** The members that keep the metadata of a new object, heaviest first; fewer than two when fewer live. */
export function metadataHomes(key: number, members: readonly number[], live: ReadonlySet<number>): number[] {
  return byWeight(key, members)
    .filter((member) => live.has(member))
    .slice(0, metadataCopies);
}

/**
 * The members that can hold metadata of this key when never more than one member was down at a time: the homes, and
 * the one that stood in. Any two sets of homes chosen under that rule share a member, so the newest version is found.
 */
export function metadataCandidates(key: number, members: readonly number[]): number[] {
  return byWeight(key, members).slice(0, metadataCopies + 1);
}
