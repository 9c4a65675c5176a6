import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printable } from '../../src/tree/name.ts';

test('plain names are shown as they are, in any script', () => {
  for (const name of ['src/index.ts', 'naïve café', '日本語', 'a b', '🦀']) {
    expect(printable(Buffer.from(name))).toBe(name);
  }
});

test('control characters, text direction marks and stray bytes are escaped', () => {
  expect(printable(Buffer.from('a\u001b[2Jb'))).toBe('a\\x1b[2Jb');
  expect(printable(Buffer.from('a\u202eb'))).toBe('a\\xe2\\x80\\xaeb');
  expect(printable(Buffer.from([0x61, 0xc3, 0x28, 0xff]))).toBe('a\\xc3(\\xff');
  expect(printable(Buffer.from('back\\slash'))).toBe('back\\\\slash');
});

test('two different names are never shown alike', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), fc.uint8Array({ maxLength: 24 }), (a, b) => {
      fc.pre(!Buffer.from(a).equals(b));
      expect(printable(a)).not.toBe(printable(b));
    }),
    { numRuns: 2000 },
  );
});
