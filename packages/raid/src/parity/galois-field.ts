/**
 * The field GF(2^8) in which Q is computed: bytes as polynomials over GF(2), modulo x^8 + x^4 + x^3 + x^2 + 1, with the
 * generator g = x = 2. The same field as that of RAID 6 in Linux and of ISA-L (H. P. Anvin, "The mathematics of RAID-6").
 */
export const generator = 2;

/** The modulus without x^8: what a doubling that overflows is reduced by. */
export const reduction = 0x1d;

const order = 255;

const double = (value: number): number => ((value << 1) ^ (value & 0x80 ? reduction : 0)) & 0xff;

/** g to the power of the index. */
const powers = ((): Uint8Array => {
  const all = new Uint8Array(order);
  let value = 1;
  for (let exponent = 0; exponent < order; exponent++, value = double(value)) all[exponent] = value;
  return all;
})();

const logarithms = ((): Uint8Array => {
  const all = new Uint8Array(256);
  for (const [exponent, value] of powers.entries()) all[value] = exponent;
  return all;
})();

/** g to any power, negative ones included. */
export const power = (exponent: number): number => powers[((exponent % order) + order) % order]!;

export const multiply = (a: number, b: number): number =>
  a === 0 || b === 0 ? 0 : power(logarithms[a]! + logarithms[b]!);

/** @throws RangeError for 0, which has no inverse. */
export function inverse(value: number): number {
  if (value === 0) throw new RangeError('Zero has no inverse in GF(2^8).');
  return power(-logarithms[value]!);
}

/** Bytes of the two tables of one coefficient: products of the low four bits, then of the high four. */
export const tableBytes = 32;

/**
 * For each of the 256 coefficients the products with 0 to 15, and with 16 times those: a product of any byte is the sum of
 * one of each (Plank, Greenan, Miller, "Screaming fast Galois field arithmetic using Intel SIMD instructions", 2013).
 */
export function splitTables(): Uint8Array {
  const tables = new Uint8Array(256 * tableBytes);
  for (let coefficient = 0; coefficient < 256; coefficient++) {
    for (let nibble = 0; nibble < 16; nibble++) {
      tables[coefficient * tableBytes + nibble] = multiply(coefficient, nibble);
      tables[coefficient * tableBytes + 16 + nibble] = multiply(coefficient, nibble << 4);
    }
  }
  return tables;
}
