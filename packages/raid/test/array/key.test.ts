import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyFromBytes, keyToBytes } from '../../src/array/key.ts';

it('carries every name without NUL there and back, valid UTF-8 or not', () => {
  const names = fc.uint8Array({ minLength: 1, maxLength: 64, min: 1 });
  fc.assert(
    fc.property(names, (bytes) => {
      expect(Buffer.compare(keyToBytes(keyFromBytes(bytes)), bytes)).toBe(0);
    }),
    { numRuns: 5000 },
  );
});

it('leaves valid UTF-8 as it is, and escapes the other bytes one by one', () => {
  for (const key of ['a', 'häßlich', '\u{1f600}/x', '\ufeffbom', 'a\\b']) {
    expect(keyFromBytes(Buffer.from(key))).toBe(key);
    expect(keyToBytes(key)).toEqual(Buffer.from(key));
  }
  expect(keyFromBytes(Uint8Array.of(0x61, 0xff, 0x62, 0xc3))).toBe('a\udcffb\udcc3');
  expect(keyFromBytes(Uint8Array.of(0xed, 0xb3, 0xbf))).toBe('\udced\udcb3\udcbf');
});

it.each([
  ['', /empty/],
  ['a\0b', /NUL/],
  ['\ud800', /surrogate/],
  ['\udc00', /surrogate/],
  ['\udfff', /surrogate/],
  ['x'.repeat(1025), /1024/],
  ['ä'.repeat(513), /1024/],
  [42 as unknown as string, /string/],
])('refuses %j', (key, why) => {
  expect(() => keyToBytes(key)).toThrow(
    expect.objectContaining({ code: 'HF_BAD_KEY', message: expect.stringMatching(why) }),
  );
});
