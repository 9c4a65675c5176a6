import { blockBytes } from '../limits.ts';
import { multiply } from './galois-field.ts';

/** `into` := into ^ other, both whole blocks. */
export function exclusiveOr(into: Uint8Array, other: Uint8Array): void {
  const a = new BigUint64Array(into.buffer, into.byteOffset, blockBytes / 8);
  const b = new BigUint64Array(other.buffer, other.byteOffset, blockBytes / 8);
  for (let index = 0; index < a.length; index++) a[index]! ^= b[index]!;
}

/** `into` := into + coefficient * other, in GF(2^8). For one block here and there, where no memory is shared with the SIMD form. */
export function addScaled(into: Uint8Array, coefficient: number, other: Uint8Array): void {
  if (coefficient === 1) {
    exclusiveOr(into, other);
    return;
  }
  const products = Uint8Array.from({ length: 256 }, (_, value) => multiply(coefficient, value));
  for (let index = 0; index < blockBytes; index++) into[index]! ^= products[other[index]!]!;
}
