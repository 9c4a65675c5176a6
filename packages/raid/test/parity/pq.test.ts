import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { generator, inverse, multiply, power } from '../../src/parity/galois-field.ts';
import { type ParityKernel, scalarParity, simdParity } from '../../src/parity/parity-kernel.ts';
import { compilePq, pqSourcesMax, simdPq } from '../../src/parity/pq-kernel.ts';
import { restoreMembers } from '../../src/parity/restore-members.ts';
import { type Member, planRestore } from '../../src/parity/restore-plan.ts';

const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
const bytes = new Uint8Array(memory.buffer);
const simd = simdParity(memory);
const strict: ParityKernel = { ...simdParity(memory), second: simdPq(memory, compilePq('strict')) };
const scalar = scalarParity(memory);
const kernels = [simd, strict, scalar];

const slotBytes = 4096;
const groupAt = (data: number) => ({
  data: Array.from({ length: data }, (_, slot) => slot * slotBytes),
  p: data * slotBytes,
  q: (data + 1) * slotBytes,
});
const sample = (start: number, length: number) => Uint8Array.from(bytes.subarray(start, start + length));

/** A stream of bytes that depends on the seed only (xorshift32). */
function fill(seed: number, length: number): void {
  let state = seed === 0 ? 0x9e3779b9 : seed | 0;
  for (let at = 0; at < length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state;
  }
}

const widths = Array.from({ length: pqSourcesMax - 1 }, (_, index) => index + 2);
const membersOf = (data: number): Member[] => [...Array.from({ length: data }, (_, slot) => slot), 'p', 'q'];

describe('GF(2^8)', () => {
  it('multiplies as polynomials over GF(2) do', () => {
    const wrong: string[] = [];
    for (let a = 0; a < 256; a++) {
      for (let b = 0; b < 256; b++) {
        let [product, factor] = [0, a];
        for (let bit = 0; bit < 8; bit++) {
          if (b & (1 << bit)) product ^= factor;
          factor = (factor << 1) ^ (factor & 0x80 ? 0x11d : 0);
        }
        if (multiply(a, b) !== product) wrong.push(`${a} * ${b}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('has an inverse of everything but zero, and 255 powers of the generator', () => {
    for (let value = 1; value < 256; value++) expect(multiply(value, inverse(value))).toBe(1);
    expect(() => inverse(0)).toThrow(RangeError);
    expect(new Set(Array.from({ length: 255 }, (_, exponent) => power(exponent))).size).toBe(255);
    expect(multiply(power(-3), power(4))).toBe(generator);
  });
});

describe('P and Q', () => {
  /** Byte k of source i is (7 k + 3 (k >> 8) + 1 + 37 i) mod 256. Bytes 250 to 265 as ISA-L 2.30 (`pq_gen`) has them. */
  const vectors = [
    [2, '2bddeffdebe52d3b2527656b7d6f5d2b', '32d8f1cec3c4566b7c65aabf8881fe93'],
    [5, '27caed103346888b5e6134375a7da0c3', '4259141c98aeb9d0dfc29cdd55256c95'],
    [8, 'd8005890b8d0d0a8705830f880b87058', 'e6ab997f543602fe03309f75664c9f6b'],
  ] as const;

  it.each(vectors)('are those of RAID 6: %d+2', (data, p, q) => {
    const group = groupAt(data);
    for (const [slot, at] of group.data.entries()) {
      for (let k = 0; k < slotBytes; k++) bytes[at + k] = 7 * k + 3 * (k >> 8) + 1 + 37 * slot;
    }
    for (const kernel of kernels) {
      bytes.fill(0, group.p, group.q + slotBytes);
      kernel.second.pq(group.p, group.q, group.data, slotBytes);
      expect(Buffer.from(sample(group.p + 250, 16)).toString('hex')).toBe(p);
      expect(Buffer.from(sample(group.q + 250, 16)).toString('hex')).toBe(q);
    }
  });

  it('are the same in SIMD and byte by byte, and nothing else is touched', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: pqSourcesMax }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer(),
        (data, steps, seed) => {
          const group = groupAt(data);
          const areaBytes = group.q + 2 * slotBytes;
          const results = kernels.map((kernel) => {
            fill(seed, areaBytes);
            kernel.second.pq(group.p, group.q, group.data, steps * 64);
            return sample(0, areaBytes);
          });
          for (const result of results) expect(Buffer.compare(result, results[2]!)).toBe(0);
          fill(seed, areaBytes);
          const expected = sample(0, areaBytes);
          for (const at of [group.p, group.q]) expected.set(results[2]!.subarray(at, at + steps * 64), at);
          expect(Buffer.compare(results[2]!, expected)).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe.each(
  kernels.map((kernel, index) => ({ name: ['relaxed SIMD', 'strict SIMD', 'JavaScript'][index]!, kernel })),
)('$name', ({ kernel }) => {
  it('multiplies every byte by every coefficient', () => {
    for (let value = 0; value < 256; value++) bytes[value] = value;
    for (let coefficient = 0; coefficient < 256; coefficient++) {
      const expected = Uint8Array.from({ length: 256 }, (_, value) => multiply(coefficient, value));
      kernel.second.combine(1024, [0], [coefficient], 256);
      expect(Buffer.compare(sample(1024, 256), expected)).toBe(0);
      bytes.fill(0, 2048, 2304);
      kernel.second.addScaled(2048, 2048, 0, coefficient, 256);
      expect(Buffer.compare(sample(2048, 256), expected)).toBe(0);
    }
  });

  it('restores any one or two members of every width', () => {
    const restoredBytes = 64;
    for (const data of widths) {
      const group = groupAt(data);
      const at = (member: Member) => (typeof member === 'number' ? group.data[member]! : group[member]);
      const members = membersOf(data);
      fill(data, group.q + slotBytes);
      kernel.second.pq(group.p, group.q, group.data, restoredBytes);
      const kept = members.map((member) => sample(at(member), restoredBytes));
      for (const one of members) {
        for (const other of members) {
          const lost = one === other ? [one] : [one, other];
          for (const member of lost) bytes.fill(0xee, at(member), at(member) + restoredBytes);
          restoreMembers(kernel, group, lost, restoredBytes);
          const now = members.map((member) => sample(at(member), restoredBytes));
          expect(now, `${data}+2 without ${lost.join(' and ')}`).toEqual(kept);
        }
      }
    }
  });

  it('takes the change of one block into Q', () => {
    fc.assert(
      fc.property(fc.constantFrom(...widths), fc.nat(), fc.integer(), fc.boolean(), (data, pick, seed, inPlace) => {
        const group = groupAt(data);
        const [slot, delta, fresh, next] = [
          pick % data,
          group.q + slotBytes,
          group.q + 2 * slotBytes,
          group.q + 3 * slotBytes,
        ];
        fill(seed, next);
        kernel.second.pq(group.p, group.q, group.data, 128);
        kernel.xor(delta, [group.data[slot]!, fresh], 128);
        const updated = inPlace ? group.q : next;
        kernel.second.addScaled(updated, group.q, delta, power(slot), 128);
        const byDelta = sample(updated, 128);
        bytes.copyWithin(group.data[slot]!, fresh, fresh + 128);
        kernel.second.pq(group.p, group.q, group.data, 128);
        expect(Buffer.compare(byDelta, sample(group.q, 128))).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('adds sources in place', () => {
    fill(3, 4 * slotBytes);
    const expected = sample(0, 192).map((value, k) => multiply(3, value) ^ multiply(9, bytes[slotBytes + k]!));
    kernel.second.combine(0, [0, slotBytes], [3, 9], 192);
    expect(Buffer.compare(sample(0, 192), expected)).toBe(0);
  });

  it.each([
    [[], [], 64],
    [Array(9).fill(0), Array(9).fill(1), 64],
    [[0, 64], [1], 64],
    [[0], [256], 64],
    [[0], [-1], 64],
    [[0], [0.5], 64],
    [[0], [1], 0],
    [[0], [1], 65],
  ])('refuses sources %j with coefficients %j over %d bytes', (sources, coefficients, length) => {
    expect(() => kernel.second.combine(4096, sources, coefficients, length)).toThrow(RangeError);
  });

  it('refuses what pq and addScaled cannot cover', () => {
    expect(() => kernel.second.pq(0, 64, [], 64)).toThrow(RangeError);
    expect(() => kernel.second.pq(0, 64, [128], 63)).toThrow(RangeError);
    expect(() => kernel.second.addScaled(0, 0, 64, 256, 64)).toThrow(RangeError);
    expect(() => kernel.second.addScaled(0, 0, 64, 1, -64)).toThrow(RangeError);
  });
});

test.each<[Member[]]>([[[]], [[0, 1, 2]], [[0, 0]], [[4]], [[-1]], [[0.5]], [['p', 'q', 0]]])(
  'a group of 4+2 cannot be restored without %j',
  (lost) => {
    expect(() => planRestore(4, lost)).toThrow(RangeError);
  },
);
