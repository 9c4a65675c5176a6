import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NotPlainDataError } from '../../src/index.ts';
import { canonicalText, plainCopy, readableText } from '../../src/world/plain-data.ts';

const plain = fc.object({
  withBigInt: true,
  maxDepth: 3,
  values: [fc.integer(), fc.string(), fc.boolean(), fc.constant(null)],
});

const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, reversed(field)]),
  );
};

describe('plain data', () => {
  it('has one text, whatever order its fields were written in', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(canonicalText(reversed(value))).toBe(canonicalText(value));
      }),
    );
  });

  it('has different texts where it differs', () => {
    const texts = [
      0,
      '0',
      null,
      undefined,
      false,
      [],
      {},
      [0],
      ['0'],
      { a: 0 },
      { b: 0 },
      { a: [0] },
      0n,
      new Uint8Array(1),
    ].map(canonicalText);
    expect(new Set(texts).size).toBe(texts.length);
    expect(canonicalText({ a: 1, b: 2 })).not.toBe(canonicalText({ 'a":1,"b': 2 }));
    expect(canonicalText({ a: 1, b: undefined })).toBe(canonicalText({ a: 1 }));
    expect(canonicalText(-0)).toBe(canonicalText(0));
  });

  it('is copied without sharing anything', () => {
    fc.assert(
      fc.property(plain, (value) => {
        const copy = plainCopy(value);
        expect(canonicalText(copy)).toBe(canonicalText(value));
        expect(copy).not.toBe(value);
      }),
      { examples: [[{ '': { ['__proto__']: null } }]] },
    );
    const bytes = Uint8Array.of(1, 2);
    const copy = plainCopy({ bytes }) as { bytes: Uint8Array };
    bytes[0] = 9;
    expect([...copy.bytes]).toEqual([1, 2]);
  });

  it.each([new Map(), new Date(0), () => {}, Symbol('x'), [new Set()]])('is not %o', (value) => {
    expect(() => canonicalText(value)).toThrow(NotPlainDataError);
  });

  it('reads well in a trace', () => {
    expect(readableText({ type: 'grant', ticket: 2, to: [1, 2], why: undefined })).toBe('grant ticket=2 to=[1 2]');
  });
});
