import { multiply, power } from './galois-field.ts';

/** `bytes` at `destination` become the sum of the sources, each times its coefficient, byte by byte. */
export function combineScalar(
  memory: Uint8Array,
  destination: number,
  sources: readonly number[],
  coefficients: readonly number[],
  bytes: number,
): void {
  for (let index = 0; index < bytes; index++) {
    let sum = 0;
    for (const [place, source] of sources.entries()) sum ^= multiply(coefficients[place]!, memory[source + index]!);
    memory[destination + index] = sum;
  }
}

/** P and Q of the sources: written for reading, the twin that the SIMD form is held against. */
export function pqScalar(memory: Uint8Array, p: number, q: number, sources: readonly number[], bytes: number): void {
  for (let index = 0; index < bytes; index++) {
    let sum = 0;
    let scaled = 0;
    for (const [place, source] of sources.entries()) {
      const value = memory[source + index]!;
      sum ^= value;
      scaled ^= multiply(power(place), value);
    }
    memory[p + index] = sum;
    memory[q + index] = scaled;
  }
}
