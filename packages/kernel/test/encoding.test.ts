import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decoder, Encoder, EncodingError } from '../src/index.ts';

type Token =
  | { kind: 'uint' | 'int'; value: number }
  | { kind: 'flag'; value: boolean }
  | { kind: 'list'; value: number[] };

const natural = fc.oneof(fc.nat(300), fc.maxSafeNat());
const token: fc.Arbitrary<Token> = fc.oneof(
  natural.map((value) => ({ kind: 'uint' as const, value })),
  fc
    .oneof(fc.integer(), fc.integer({ min: 1 - 2 ** 52, max: 2 ** 52 - 1 }))
    .map((value) => ({ kind: 'int' as const, value })),
  fc.boolean().map((value) => ({ kind: 'flag' as const, value })),
  fc.array(natural, { maxLength: 8 }).map((value) => ({ kind: 'list' as const, value })),
);

function write(tokens: readonly Token[], into: Encoder): void {
  for (const { kind, value } of tokens) {
    if (kind === 'flag') into.flag(value);
    else if (kind === 'list') into.list(value, (item, to) => to.uint(item));
    else into[kind](value);
  }
}

function read(tokens: readonly Token[], from: Decoder): unknown[] {
  return tokens.map(({ kind }) => {
    if (kind === 'flag') return from.flag();
    return kind === 'list' ? from.list((each) => each.uint()) : from[kind]();
  });
}

describe('Encoder and Decoder', () => {
  it('give back what was written, whatever it was', () => {
    fc.assert(
      fc.property(fc.array(token), (tokens) => {
        const encoder = new Encoder();
        write(tokens, encoder);
        const decoder = new Decoder(encoder.view());
        expect(read(tokens, decoder)).toEqual(tokens.map(({ value }) => (value === 0 ? 0 : value)));
        expect(decoder.atEnd).toBe(true);
      }),
    );
  });

  it('write different bytes for different values', () => {
    fc.assert(
      fc.property(natural, natural, (a, b) => {
        const [first, second] = [a, b].map((value) => {
          const encoder = new Encoder();
          encoder.uint(value);
          return encoder.view().join();
        });
        expect(first === second).toBe(a === b);
      }),
    );
  });

  it('start over after a reset without a trace of what was there', () => {
    const encoder = new Encoder();
    encoder.list([1, 2, 3], (item, to) => to.uint(item));
    encoder.reset();
    encoder.uint(5);
    expect([...encoder.view()]).toEqual([5]);
    expect(encoder.length).toBe(1);
  });

  it('use one byte for numbers below 128', () => {
    const encoder = new Encoder();
    for (let value = 0; value < 128; value++) encoder.uint(value);
    expect(encoder.length).toBe(128);
  });

  it('decode a range of a larger buffer and nothing beyond it', () => {
    const decoder = new Decoder(Uint8Array.of(9, 1, 2, 9), 1, 3);
    expect([decoder.uint(), decoder.uint(), decoder.atEnd]).toEqual([1, 2, true]);
    expect(() => decoder.uint()).toThrow(EncodingError);
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuse %s as a natural number', (value) => {
    expect(() => new Encoder().uint(value)).toThrow(EncodingError);
  });

  it.each([0.5, Number.NaN, Number.NEGATIVE_INFINITY, 2 ** 52 + 0.5, -(2 ** 53)])(
    'refuse %s as an integer',
    (value) => {
      expect(() => new Encoder().int(value)).toThrow(EncodingError);
    },
  );

  it.each([
    ['a number that does not end', [0x80]],
    ['nothing', []],
    ['a number beyond 2^53', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ])('refuse to decode %s', (_, bytes) => {
    expect(() => new Decoder(Uint8Array.from(bytes)).uint()).toThrow(EncodingError);
  });

  it('refuse a flag that is neither 0 nor 1', () => {
    expect(() => new Decoder(Uint8Array.of(2)).flag()).toThrow(EncodingError);
  });

  it('refuse a list longer than the bytes that are left', () => {
    const decoder = new Decoder(Uint8Array.of(3, 1, 2));
    expect(() => decoder.list((from) => from.uint())).toThrow(EncodingError);
  });
});
