import type { z } from 'zod';
import { CodecError } from './errors.ts';
import { readGeneral, writeGeneral } from './general.ts';
import { type Decode, type Encode, generate } from './generate.ts';
import { rewrites } from './rewrites.ts';
import { type Side, type WireType, wireType } from './wire-type.ts';

/** A schema's encoder and decoder. Neither validates: they keep the shape, the schema keeps its own rules. */
export interface Codec {
  readonly encode: Encode;
  readonly decode: Decode;
  /**
   * The schema hands on what it was given, as plain data it made itself: encoding its result runs no code of the
   * caller's and says the same as encoding what the caller gave.
   */
  readonly plain: boolean;
}

const compiled = { input: new WeakMap<object, Codec>(), output: new WeakMap<object, Codec>() };

/** The codec of one side of a schema, made at its first use; a member without a schema says nothing. */
export function codecOf(schema: z.core.$ZodType | undefined, side: Side): Codec {
  if (schema === undefined) return nothing;
  const known = compiled[side].get(schema);
  if (known !== undefined) return known;
  const type = wireType(schema, side);
  const codec: Codec = { ...compile(type), plain: !hasGeneral(type) && !rewrites(schema) };
  compiled[side].set(schema, codec);
  return codec;
}

const nothing: Codec = {
  encode: (_to, value) => {
    if (value !== undefined) throw new CodecError('A value was given where the definition has none.');
  },
  decode: () => undefined,
  plain: true,
};

/** Where a process forbids code from strings, every value goes by the general serialiser: slower, on both sides. */
function compile(type: WireType): { encode: Encode; decode: Decode } {
  if (type.kind === 'general' || !codeGenerationAllowed) return { encode: writeGeneral, decode: readGeneral };
  return generate(type);
}

const codeGenerationAllowed = mayGenerateCode();

function mayGenerateCode(): boolean {
  try {
    return new Function('return true')() === true;
  } catch {
    return false;
  }
}

function hasGeneral(type: WireType): boolean {
  switch (type.kind) {
    case 'general':
      return true;
    case 'optional':
    case 'nullable':
    case 'array':
    case 'set':
    case 'record':
      return hasGeneral(type.inner);
    case 'map':
      return hasGeneral(type.key) || hasGeneral(type.inner);
    case 'tuple':
      return type.items.some(hasGeneral) || (type.rest !== undefined && hasGeneral(type.rest));
    case 'object':
      return type.fields.some((field) => hasGeneral(field.type)) || (type.rest !== undefined && hasGeneral(type.rest));
    case 'choice':
      return type.options.some(hasGeneral);
    case 'tagged':
      return type.options.some((option) => hasGeneral(option.type));
    default:
      return false;
  }
}
