/** A 32-bit hash of bytes[start, end), good in all its bits (multiply and rotate, then the murmur3 finaliser). */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x9747b28c;
  for (let at = start; at < end; at++) {
    hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    hash = (hash << 13) | (hash >>> 19);
  }
  return finish(hash ^ (end - start));
}

/** The tag stored beside the state number: other bits than those that chose the slot. */
export function secondHash(hash: number, length: number): number {
  return finish(hash ^ Math.imul(length + 1, 0x9e3779b1)) >>> 0;
}

function finish(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
