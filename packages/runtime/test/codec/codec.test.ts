import { inspect, isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { codecOf } from '../../src/codec/codec.ts';
import { CodecError, MessageTooLargeError } from '../../src/codec/errors.ts';
import { Reader } from '../../src/codec/reader.ts';
import type { Side } from '../../src/codec/wire-type.ts';
import { wireType } from '../../src/codec/wire-type.ts';
import { Writer } from '../../src/codec/writer.ts';
import { messageBytesMax } from '../../src/limits.ts';
import { shapes } from './schemas.ts';

function encode(schema: z.ZodType, value: unknown, side: Side = 'input'): Uint8Array {
  const writer = new Writer();
  codecOf(schema, side).encode(writer, value);
  return writer.written().slice();
}

function decode(schema: z.ZodType, bytes: Uint8Array, side: Side = 'input'): unknown {
  const reader = new Reader();
  reader.open(bytes, 0, bytes.length);
  const value = codecOf(schema, side).decode(reader);
  reader.finish();
  return value;
}

function roundTrip(schema: z.ZodType, value: unknown, side: Side = 'input'): unknown {
  return decode(schema, encode(schema, value, side), side);
}

describe('a compiled codec', () => {
  it('gives back exactly what it was given, for any schema and value', () => {
    fc.assert(
      fc.property(
        shapes(3).chain(({ schema, values }) => fc.tuple(fc.constant(schema), values)),
        ([schema, value]) => {
          const parsed = schema.parse(value);
          expectSame(roundTrip(schema, parsed), parsed);
          expectSame(roundTrip(schema, parsed, 'output'), parsed);
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('gives the same bytes from lent memory that is too small as from its own', () => {
    fc.assert(
      fc.property(
        shapes(2).chain(({ schema, values }) => fc.tuple(fc.constant(schema), values)),
        fc.nat({ max: 40 }),
        ([schema, value], lent) => {
          const parsed = schema.parse(value);
          const writer = new Writer();
          const memory = new Uint8Array(lent + 6);
          writer.lend(memory, new DataView(memory.buffer), 3, lent + 3);
          codecOf(schema, 'input').encode(writer, parsed);
          expect(writer.written()).toEqual(encode(schema, parsed));
          expect([...memory.subarray(0, 3), ...memory.subarray(lent + 3)]).toEqual([0, 0, 0, 0, 0, 0]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('answers hostile bytes with HF_CODEC or a value, and nothing else', () => {
    fc.assert(
      fc.property(shapes(3), fc.uint8Array({ maxLength: 60 }), ({ schema }, bytes) => {
        expectTypedRefusal(() => decode(schema, bytes));
      }),
      { numRuns: 4000 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('never reads beyond its message, however a good one is cut or changed', () => {
    fc.assert(
      fc.property(
        shapes(3).chain(({ schema, values }) => fc.tuple(fc.constant(schema), values)),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        ([schema, value], cut, place, change) => {
          const bytes = encode(schema, schema.parse(value));
          if (bytes.length === 0) return;
          const shorter = bytes.subarray(0, cut % bytes.length);
          expect(() => decode(schema, shorter)).toThrow(CodecError);
          bytes[place % bytes.length]! ^= change;
          expectTypedRefusal(() => decode(schema, bytes));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('makes no more elements than a message has bytes', () => {
    const schema = z.array(z.array(z.literal('x')));
    const huge = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1, 1);
    expect(() => decode(schema, huge)).toThrow(CodecError);
    expect(roundTrip(schema, [['x', 'x'], []])).toEqual([['x', 'x'], []]);
  });

  it('refuses keys that would change a prototype, when reading and when compiled', () => {
    const writer = new Writer();
    codecOf(z.record(z.string(), z.int()), 'input').encode(writer, { __proto___: 7 });
    const bytes = writer.written().slice();
    bytes[1] = 9 << 1;
    const renamed = Uint8Array.of(...bytes.subarray(0, 11), ...bytes.subarray(12));
    expect(() => decode(z.record(z.string(), z.int()), renamed)).toThrow(/__proto__/);
    const ownProto = JSON.parse('{"__proto__": 1, "a": 2}') as Record<string, number>;
    expect(roundTrip(z.record(z.string(), z.int()), ownProto)).toEqual({ a: 2 });
    expect(() => codecOf(z.object(JSON.parse('{"__proto__": 1}') as never), 'input')).toThrow(CodecError);
  });

  it('tells a missing field from an undefined one', () => {
    const schema = z.object({ a: z.int().optional(), b: z.string() });
    expect(roundTrip(schema, { b: 'x' })).toStrictEqual({ b: 'x' });
    expect(roundTrip(schema, { a: undefined, b: 'x' })).toStrictEqual({ a: undefined, b: 'x' });
  });

  it('keeps fields a loose schema does not list', () => {
    const schema = z.looseObject({ a: z.int() });
    expect(roundTrip(schema, { a: 1, more: { deep: [new Date(5)] } })).toEqual({ a: 1, more: { deep: [new Date(5)] } });
    expect(roundTrip(z.object({ a: z.int() }).catchall(z.bigint()), { a: 1, z: 2n })).toEqual({ a: 1, z: 2n });
  });

  it('takes the side of a schema a value is on', () => {
    const length = z.string().transform((text) => text.length);
    expect(roundTrip(length, 'four', 'input')).toBe('four');
    expect(wireType(length, 'output').kind).toBe('general');
    expect(roundTrip(length, 4, 'output')).toBe(4);
    const counted = z.int().default(3);
    expect(roundTrip(counted, undefined, 'input')).toBeUndefined();
    expect(wireType(counted, 'output')).toEqual({ kind: 'number' });
    expect(wireType(z.coerce.number(), 'input').kind).toBe('general');
    expect(wireType(z.coerce.number(), 'output').kind).toBe('number');
    const instant = z.codec(z.string(), z.date(), { decode: (s) => new Date(s), encode: (d) => d.toISOString() });
    expect(wireType(instant, 'input').kind).toBe('string');
    expect(wireType(instant, 'output').kind).toBe('date');
  });

  it('hands recursive, lazy, unknown and ambiguous schemas to the general serialiser', () => {
    const tree = z.object({
      name: z.string(),
      get children() {
        return z.array(tree);
      },
    });
    const value = { name: 'a', children: [{ name: 'b', children: [{ name: 'c', children: [] }] }] };
    expect(roundTrip(tree, value)).toEqual(value);
    expect(roundTrip(z.json(), { a: [1, 'x', null] })).toEqual({ a: [1, 'x', null] });
    const either = z.union([z.object({ a: z.int() }), z.object({ b: z.int() })]);
    expect(wireType(either, 'input').kind).toBe('general');
    expect(roundTrip(either, { b: 2 })).toEqual({ b: 2 });
    const cyclic: Record<string, unknown> = { name: 'me' };
    cyclic.self = cyclic;
    const copy = roundTrip(z.any(), cyclic) as typeof cyclic;
    expect(copy.self).toBe(copy);
  });

  it('knows which schemas hand on what they were given', () => {
    const plain = [z.object({ a: z.int().min(1), b: z.array(z.string()) }), z.instanceof(Uint8Array), z.email()];
    const rewriting = [
      z.string().trim(),
      z.object({ a: z.int().default(1) }),
      z.array(z.string().transform(Number)),
      z.coerce.number(),
      z.string().refine(() => true),
      z.any(),
    ];
    for (const schema of plain) expect(codecOf(schema, 'input').plain).toBe(true);
    for (const schema of rewriting) expect(codecOf(schema, 'input').plain).toBe(false);
  });

  it('refuses values that lie about their type, at every place', () => {
    const wrong: [z.ZodType, unknown][] = [
      [z.string(), 7],
      [z.int(), '7'],
      [z.boolean(), 1],
      [z.bigint(), 1],
      [z.date(), 5],
      [z.instanceof(Uint8Array), [1]],
      [z.array(z.int()), { length: 1 }],
      [z.set(z.int()), new Map()],
      [z.map(z.int(), z.int()), {}],
      [z.tuple([z.int()]), [1, 2]],
      [z.object({ a: z.int() }), null],
      [z.literal('a'), 'b'],
      [z.union([z.int(), z.string()]), true],
      [z.discriminatedUnion('k', [z.object({ k: z.literal(1) })]), { k: 2 }],
      [z.undefined(), 0],
      [z.any(), () => 1],
      [z.any(), Symbol('s')],
    ];
    for (const [schema, value] of wrong) expect(() => encode(schema, value)).toThrow(CodecError);
    expect(() => codecOf(undefined, 'input').encode(new Writer(), 1)).toThrow(CodecError);
  });

  it('refuses bytes whose buffer was transferred away, and takes empty ones', () => {
    const gone = new Uint8Array(8);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expect(() => encode(z.instanceof(Uint8Array), gone)).toThrow(/detached/);
    expect(roundTrip(z.instanceof(Uint8Array), new Uint8Array(0))).toEqual(new Uint8Array(0));
  });

  it('hands out bytes of its own, not of the message', () => {
    const bytes = encode(z.instanceof(Uint8Array), Uint8Array.of(1, 2, 3));
    const value = decode(z.instanceof(Uint8Array), bytes) as Uint8Array;
    bytes.fill(9);
    expect(value).toEqual(Uint8Array.of(1, 2, 3));
    const general = encode(z.any(), { b: Uint8Array.of(1, 2) });
    const object = decode(z.any(), general) as { b: Uint8Array };
    general.fill(9);
    expect(object.b).toEqual(Uint8Array.of(1, 2));
  });

  it('reads from shared memory', () => {
    const schema = z.object({ s: z.string(), w: z.string(), b: z.instanceof(Uint8Array), n: z.number(), g: z.any() });
    const value = {
      s: 'x'.repeat(100),
      w: '\u20ac'.repeat(60),
      b: Uint8Array.of(7),
      n: 0.5,
      g: { t: 'long '.repeat(20) },
    };
    const bytes = encode(schema, value);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + 8), 4, bytes.length);
    shared.set(bytes);
    expect(decode(schema, shared)).toEqual(value);
  });

  it('goes on after a value that could not be written or read', () => {
    expect(() => encode(z.any(), { a: () => 1 })).toThrow(CodecError);
    expect(() => decode(z.any(), Uint8Array.of(2, 0xc1, 0xc1))).toThrow(CodecError);
    expect(roundTrip(z.any(), { a: [1] })).toEqual({ a: [1] });
  });

  it('refuses messages over the limit, whatever makes them large', () => {
    expect(() => encode(z.string(), 'x'.repeat(messageBytesMax))).toThrow(MessageTooLargeError);
    expect(() => encode(z.instanceof(Uint8Array), new Uint8Array(messageBytesMax))).toThrow(MessageTooLargeError);
    expect(() => encode(z.any(), { a: new Uint8Array(messageBytesMax) })).toThrow(MessageTooLargeError);
    expect(() => encode(z.array(z.string()), Array(9).fill('y'.repeat(messageBytesMax / 8)))).toThrow(
      MessageTooLargeError,
    );
    const nearly = 'z'.repeat(messageBytesMax - 8);
    expect(roundTrip(z.string(), nearly)).toBe(nearly);
  });
});

function expectTypedRefusal(attempt: () => unknown): void {
  try {
    attempt();
  } catch (error) {
    expect(error).toBeInstanceOf(CodecError);
  }
}

/** Node's comparison knows -0, missing fields, prototypes, and fields named constructor. */
function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect.fail(`${inspect(actual)} is not ${inspect(expected)}`);
}
