import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hashBytesMin,
  openParity,
  type ParityKernel,
  scalarParity,
  simdParity,
  xorSourcesMax,
} from '../../src/parity/parity-kernel.ts';

const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
const bytes = new Uint8Array(memory.buffer);
const view = new DataView(memory.buffer);
const simd = simdParity(memory);
const scalar = scalarParity(memory);
const sourceAreaBytes = 1 << 16;

/** A stream of bytes that depends on the seed only (xorshift32). */
function fill(seed: number, length: number): void {
  let state = seed === 0 ? 0x9e3779b9 : seed | 0;
  for (let at = 0; at < length; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    view.setInt32(at, state, true);
  }
}

const sample = (start: number, length: number) => Uint8Array.from(bytes.subarray(start, start + length));

describe('exclusive or', () => {
  it('gives the same bytes in SIMD, in JavaScript and byte by byte, and touches nothing else', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: xorSourcesMax }),
        fc.integer({ min: 1, max: 64 }),
        fc.integer(),
        fc.boolean(),
        (sourceCount, steps, seed, intoFirstSource) => {
          const length = steps * 64;
          const sources = Array.from({ length: sourceCount }, (_, index) => index * 4096);
          const destination = intoFirstSource ? 0 : sourceCount * 4096 + 64;
          fill(seed, sourceAreaBytes);
          const before = sample(0, sourceAreaBytes);
          const expected = new Uint8Array(length);
          for (const source of sources) for (let i = 0; i < length; i++) expected[i]! ^= before[source + i]!;
          for (const kernel of [simd, scalar]) {
            bytes.set(before, 0);
            kernel.xor(destination, sources, length);
            expect(Buffer.compare(sample(destination, length), expected)).toBe(0);
            bytes.set(before.subarray(destination, destination + length), destination);
            expect(Buffer.compare(sample(0, sourceAreaBytes), before)).toBe(0);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('restores any source from the others and the parity', () => {
    fill(7, sourceAreaBytes);
    const members = [0, 4096, 8192, 12_288];
    simd.xor(16_384, members, 4096);
    for (const lost of members) {
      const kept = sample(lost, 4096);
      simd.xor(20_480, [...members.filter((member) => member !== lost), 16_384], 4096);
      expect(sample(20_480, 4096)).toEqual(kept);
    }
  });

  it.each([
    [[0], 64],
    [Array.from({ length: xorSourcesMax + 1 }, () => 0), 64],
    [[0, 64], 0],
    [[0, 64], 63],
    [[0, 64], -64],
  ])('refuses %j over %d bytes', (sources, length) => {
    for (const kernel of [simd, scalar]) expect(() => kernel.xor(4096, sources, length)).toThrow(RangeError);
  });
});

describe('block checksum', () => {
  /** Byte i of the input is (7 i + 3 (i >> 8) + 1) mod 256. The values were made with the reference implementation. */
  const vectors: readonly (readonly [length: number, hash: bigint])[] = [
    [256, 0xc03402b5dce3dbfan],
    [320, 0x8f9908d1ec85ad74n],
    [1024, 0x1c8707d3200b2979n],
    [1088, 0x6d8896c0e17de43dn],
    [4096, 0x14d1e63b86c1322dn],
    [65536, 0x6866de79c62ad5ddn],
  ];

  const pattern = (length: number) => {
    for (let i = 0; i < length; i++) bytes[i] = (7 * i + 3 * (i >> 8) + 1) & 0xff;
  };
  const hash = (kernel: ParityKernel, length: number) => {
    const result = memory.buffer.byteLength - 8;
    kernel.hashBlocks(0, length, 1, result);
    return view.getBigUint64(result, true);
  };

  it.each(vectors)('is XXH3-64: %d bytes', (length, expected) => {
    pattern(length);
    expect(hash(simd, length)).toBe(expected);
    expect(hash(scalar, length)).toBe(expected);
  });

  it('is the same in SIMD and in JavaScript for every length and content', () => {
    fc.assert(
      fc.property(fc.integer({ min: hashBytesMin / 64, max: 130 }), fc.integer(), (stripes, seed) => {
        fill(seed, stripes * 64);
        expect(hash(simd, stripes * 64)).toBe(hash(scalar, stripes * 64));
      }),
      { numRuns: 300 },
    );
  });

  it('covers blocks side by side, each on its own', () => {
    fill(11, 16 * 4096);
    simd.hashBlocks(0, 4096, 16, 100_000);
    for (let block = 0; block < 16; block++) {
      simd.hashBlocks(block * 4096, 4096, 1, 200_000);
      expect(view.getBigUint64(100_000 + block * 8, true)).toBe(view.getBigUint64(200_000, true));
    }
  });

  it('changes with every single bit of a block', () => {
    fill(5, 4096);
    const original = hash(simd, 4096);
    const seen = new Set([original]);
    for (let bit = 0; bit < 4096 * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      seen.add(hash(simd, 4096));
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    expect(seen.size).toBe(4096 * 8 + 1);
  });

  it.each([
    [192, 1],
    [300, 1],
    [4096, 0],
  ])('refuses %d bytes in %d blocks', (blockBytes, blocks) => {
    for (const kernel of [simd, scalar]) {
      expect(() => kernel.hashBlocks(0, blockBytes, blocks, 8192)).toThrow(RangeError);
    }
  });
});

it('opens the SIMD form where the engine has it', () => {
  expect(openParity(memory).kind).toBe('simd');
});
