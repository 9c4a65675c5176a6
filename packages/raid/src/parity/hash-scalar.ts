import {
  avalanchePrime,
  initialAccumulators,
  lastStripeSecretAt,
  mergeSecretAt,
  prime32x1,
  prime64x1,
  roundBytes,
  scrambleSecretAt,
  secret,
  stripeBytes,
} from './xxh3-constants.ts';

const mask = 0xffffffffffffffffn;
const low32 = 0xffffffffn;
const secretView = new DataView(secret.buffer);

function accumulate(accumulators: BigUint64Array, data: DataView, at: number, secretAt: number): void {
  for (let lane = 0; lane < 8; lane++) {
    const value = data.getBigUint64(at + lane * 8, true);
    const keyed = value ^ secretView.getBigUint64(secretAt + lane * 8, true);
    accumulators[lane ^ 1]! += value;
    accumulators[lane]! += (keyed & low32) * (keyed >> 32n);
  }
}

function scramble(accumulators: BigUint64Array): void {
  for (let lane = 0; lane < 8; lane++) {
    const value = accumulators[lane]!;
    accumulators[lane] =
      (value ^ (value >> 47n) ^ secretView.getBigUint64(scrambleSecretAt + lane * 8, true)) * prime32x1;
  }
}

function merge(accumulators: BigUint64Array, bytes: number): bigint {
  let sum = BigInt(bytes) * prime64x1;
  for (let lane = 0; lane < 8; lane += 2) {
    const product =
      (accumulators[lane]! ^ secretView.getBigUint64(mergeSecretAt + lane * 8, true)) *
      (accumulators[lane + 1]! ^ secretView.getBigUint64(mergeSecretAt + lane * 8 + 8, true));
    sum += (product & mask) ^ (product >> 64n);
  }
  sum &= mask;
  sum = ((sum ^ (sum >> 37n)) * avalanchePrime) & mask;
  return sum ^ (sum >> 32n);
}

/**
 * XXH3-64 with seed 0 and the default secret, written for reading: the twin that the SIMD form is held against, and
 * what runs where WebAssembly SIMD does not.
 * @param data more than 240 bytes, in a multiple of 64.
 */
export function hashScalar(data: Uint8Array): bigint {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const accumulators = BigUint64Array.from(initialAccumulators);
  let at = 0;
  for (; at + roundBytes < data.byteLength; at += roundBytes) {
    for (let offset = 0; offset < roundBytes; offset += stripeBytes) {
      accumulate(accumulators, view, at + offset, offset / 8);
    }
    scramble(accumulators);
  }
  for (let offset = 0; at + offset + stripeBytes < data.byteLength; offset += stripeBytes) {
    accumulate(accumulators, view, at + offset, offset / 8);
  }
  accumulate(accumulators, view, data.byteLength - stripeBytes, lastStripeSecretAt);
  return merge(accumulators, data.byteLength);
}
