import fc from 'fast-check';
import { z } from 'zod';

/** A schema and the values that fit it. */
export interface Shape {
  readonly schema: z.ZodType;
  readonly values: fc.Arbitrary<unknown>;
}

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map((units) => String.fromCharCode(...units)),
);

const wholeNumber = fc.oneof(
  fc.integer({ min: -40, max: 300 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(-0, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, 32767, 32768, -32769, 223, 224, -16, -17),
);

const leaves: readonly Shape[] = [
  { schema: z.string(), values: text },
  { schema: z.int(), values: wholeNumber },
  { schema: z.number(), values: fc.oneof(wholeNumber, fc.double({ noNaN: true, noDefaultInfinity: true })) },
  { schema: z.boolean(), values: fc.boolean() },
  { schema: z.bigint(), values: fc.oneof(fc.bigInt(), fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n })) },
  { schema: z.null(), values: fc.constant(null) },
  { schema: z.undefined(), values: fc.constant(undefined) },
  { schema: z.date(), values: fc.date({ noInvalidDate: true }) },
  { schema: z.instanceof(Uint8Array), values: fc.uint8Array({ maxLength: 300 }) },
  { schema: z.literal('only'), values: fc.constant('only') },
  { schema: z.literal([1, 'one', 1n, null, true]), values: fc.constantFrom(1, 'one', 1n, null, true) },
  { schema: z.enum(['red', 'green', 'blue']), values: fc.constantFrom('red', 'green', 'blue') },
  { schema: z.nan(), values: fc.constant(Number.NaN) },
];

const fieldNames = fc.uniqueArray(
  fc.oneof(
    fc.string({ minLength: 1, maxLength: 8 }),
    fc.constantFrom('constructor', 'toString', 'hasOwnProperty', "it's", '"]);', '0', '`$`', '\u2028'),
  ),
  { maxLength: 5 },
);

const leaf = fc.constantFrom(...leaves);

/** Schemas up to a depth, each with an arbitrary of its values. */
export function shapes(depth: number): fc.Arbitrary<Shape> {
  if (depth === 0) return leaf;
  const inner = shapes(depth - 1);
  return fc.oneof(
    leaf,
    inner.map(arrayOf),
    inner.map(nullableOf),
    inner.map(optionalOf),
    inner.map(recordOf),
    fc.tuple(inner, inner).map(([key, value]) => mapOf(key, value)),
    inner.map(setOf),
    fc.array(inner, { maxLength: 3 }).map(tupleOf),
    fieldNames.chain((names) => fc.tuple(fc.constant(names), fc.array(inner, fixed(names.length)))).map(objectOf),
    fc.array(inner, { minLength: 1, maxLength: 3 }).map(taggedOf),
    inner.map(unionOf),
  );
}

function fixed(length: number): fc.ArrayConstraints {
  return { minLength: length, maxLength: length };
}

function arrayOf({ schema, values }: Shape): Shape {
  return { schema: z.array(schema), values: fc.array(values, { maxLength: 5 }) };
}

function nullableOf({ schema, values }: Shape): Shape {
  return { schema: schema.nullable(), values: fc.option(values) };
}

function optionalOf({ schema, values }: Shape): Shape {
  return { schema: schema.optional(), values: fc.option(values, { nil: undefined }) };
}

function recordOf({ schema, values }: Shape): Shape {
  const keys = text.filter((key) => key !== '__proto__');
  return {
    schema: z.record(z.string(), schema),
    values: fc.dictionary(keys, values, { maxKeys: 4, noNullPrototype: true }),
  };
}

function mapOf(key: Shape, value: Shape): Shape {
  const entries = fc.array(fc.tuple(key.values, value.values), { maxLength: 4 });
  return { schema: z.map(key.schema, value.schema), values: entries.map((list) => new Map(list)) };
}

function setOf({ schema, values }: Shape): Shape {
  return { schema: z.set(schema), values: fc.array(values, { maxLength: 4 }).map((list) => new Set(list)) };
}

function tupleOf(items: readonly Shape[]): Shape {
  const schema = z.tuple(items.map((item) => item.schema) as [z.ZodType, ...z.ZodType[]]);
  return { schema, values: fc.tuple(...items.map((item) => item.values)) };
}

function objectOf([names, fields]: [readonly string[], readonly Shape[]]): Shape {
  const schema = z.object(Object.fromEntries(names.map((name, index) => [name, fields[index]!.schema])));
  const values = fc.record(Object.fromEntries(names.map((name, index) => [name, fields[index]!.values])), {
    // zod takes what every object inherits for a field that is there, so these are always given.
    requiredKeys: names.filter(
      (name, index) => name in Object.prototype || fields[index]!.schema.def.type !== 'optional',
    ),
    noNullPrototype: true,
  });
  return { schema, values };
}

function taggedOf(options: readonly Shape[]): Shape {
  const schemas = options.map(({ schema }, index) => z.object({ kind: z.literal(`k${index}`), body: schema }));
  const values = options.map(({ values }, index) =>
    fc.record({ kind: fc.constant(`k${index}`), body: values }, { noNullPrototype: true }),
  );
  return { schema: z.discriminatedUnion('kind', schemas as never), values: fc.oneof(...values) };
}

/** A union of things that look different: a list of something, a truth value, or a name. */
function unionOf({ schema, values }: Shape): Shape {
  const list = arrayOf({ schema, values });
  return {
    schema: z.union([z.boolean(), list.schema, z.string()]),
    values: fc.oneof(fc.boolean(), list.values, text),
  };
}
