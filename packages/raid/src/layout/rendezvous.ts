/**
 * Highest random weight hashing (Thaler and Ravishankar, 1998): every member gets a weight for a thing, the heaviest
 * members win. All who know the member list agree without asking, and a change of the list moves only what it must.
 */
export function byWeight(thing: number, members: readonly number[]): number[] {
  return members
    .map((member) => ({ member, weight: weight(thing, member) }))
    .sort((a, b) => b.weight - a.weight || a.member - b.member)
    .map(({ member }) => member);
}

function weight(thing: number, member: number): number {
  const low = thing >>> 0;
  const high = Math.floor(thing / 2 ** 32) >>> 0;
  return mix(low ^ mix(high ^ mix(member + 1)));
}

/** The finaliser of MurmurHash3: every input bit reaches every output bit. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A number that names a key to {@link byWeight}: FNV-1a over its bytes, 32 bits. */
export function keyNumber(key: Uint8Array): number {
  let h = 0x811c9dc5;
  for (const byte of key) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}
