import type { z } from 'zod';
import { CodecError } from './errors.ts';

/** What a literal or an enum may hold. */
type Constant = string | number | bigint | boolean | null | undefined;

/** How values of a schema lie in a message. Two schemas with the same wire type read each other's messages. */
export type WireType =
  | { readonly kind: 'undefined' | 'number' | 'boolean' | 'bigint' | 'string' | 'date' | 'bytes' | 'general' }
  | { readonly kind: 'constant'; readonly values: readonly Constant[] }
  | { readonly kind: 'optional' | 'nullable' | 'array' | 'set' | 'record'; readonly inner: WireType }
  | { readonly kind: 'map'; readonly key: WireType; readonly inner: WireType }
  | { readonly kind: 'tuple'; readonly items: readonly WireType[]; readonly rest: WireType | undefined }
  | { readonly kind: 'object'; readonly fields: readonly WireField[]; readonly rest: WireType | undefined }
  | { readonly kind: 'choice'; readonly options: readonly WireType[] }
  | { readonly kind: 'tagged'; readonly tag: string; readonly options: readonly TaggedOption[] };

interface WireField {
  readonly name: string;
  /** The field may be missing, or there and undefined; a message tells the two apart. */
  readonly optional: boolean;
  readonly type: WireType;
}

export interface TaggedOption {
  readonly tags: readonly Constant[];
  readonly type: WireType;
}

/** Values travel as a handler or caller hands them over (`input`), or as the schema made them (`output`). */
export type Side = 'input' | 'output';

const general: WireType = { kind: 'general' };

type Definition = z.core.$ZodTypes['_zod']['def'];

/** The wire type of a schema; whatever it says too little about is `general`. */
export function wireType(schema: z.core.$ZodType, side: Side): WireType {
  return new WireTypes(side).of(schema);
}

class WireTypes {
  readonly #side: Side;
  /** Schemas being looked at: meeting one again means that it contains itself. */
  readonly #open = new Set<z.core.$ZodType>();

  constructor(side: Side) {
    this.#side = side;
  }

  of(schema: z.core.$ZodType): WireType {
    if (this.#open.has(schema)) return general;
    this.#open.add(schema);
    try {
      return this.#of(schema);
    } finally {
      this.#open.delete(schema);
    }
  }

  #of(schema: z.core.$ZodType): WireType {
    const definition = (schema as z.core.$ZodTypes)._zod.def;
    if ('coerce' in definition && definition.coerce && this.#side === 'input') return general;
    switch (definition.type) {
      case 'string':
      case 'template_literal':
        return { kind: 'string' };
      case 'number':
      case 'nan':
        return { kind: 'number' };
      case 'boolean':
      case 'success':
        return definition.type === 'success' && this.#side === 'input' ? general : { kind: 'boolean' };
      case 'bigint':
      case 'date':
      case 'undefined':
        return { kind: definition.type };
      case 'void':
        return { kind: 'undefined' };
      case 'null':
        return { kind: 'constant', values: [null] };
      case 'literal':
        return constants(definition.values);
      case 'enum':
        return constants(enumValues(definition.entries));
      case 'custom':
        return schema._zod.bag.Class === Uint8Array ? { kind: 'bytes' } : general;
      case 'object':
        return this.#object(definition);
      case 'array':
        return { kind: 'array', inner: this.of(definition.element) };
      case 'set':
        return { kind: 'set', inner: this.of(definition.valueType) };
      case 'map':
        return { kind: 'map', key: this.of(definition.keyType), inner: this.of(definition.valueType) };
      case 'record':
        return { kind: 'record', inner: this.of(definition.valueType) };
      case 'tuple':
        return {
          kind: 'tuple',
          items: definition.items.map((item) => this.of(item)),
          rest: definition.rest === null ? undefined : this.of(definition.rest),
        };
      case 'union':
        return 'discriminator' in definition
          ? this.#tagged(definition as z.core.$ZodDiscriminatedUnionDef)
          : this.#choice(definition.options);
      default:
        return this.#wrapper(definition);
    }
  }

  /** Schemas around others, and those nothing is known about. */
  #wrapper(definition: Definition): WireType {
    switch (definition.type) {
      case 'optional':
        return optional(this.of(definition.innerType));
      case 'nullable':
        return { kind: 'nullable', inner: this.of(definition.innerType) };
      case 'default':
      case 'prefault':
        return this.#side === 'input' ? optional(this.of(definition.innerType)) : this.of(definition.innerType);
      case 'catch':
        return this.#side === 'input' ? general : this.of(definition.innerType);
      case 'nonoptional':
      case 'readonly':
        return this.of(definition.innerType);
      case 'pipe':
        return this.of(this.#side === 'input' ? definition.in : definition.out);
      default:
        return general;
    }
  }

  #object(definition: z.core.$ZodObjectDef): WireType {
    const fields: WireField[] = [];
    for (const [name, schema] of Object.entries(definition.shape)) {
      if (name === '__proto__') {
        throw new CodecError('A schema has a field named __proto__.', 'Give the field another name.');
      }
      const type = this.of(schema);
      const unwrapped = type.kind === 'optional' ? type.inner : type;
      fields.push({ name, optional: mayBeUndefined(type), type: unwrapped });
    }
    const catchall = definition.catchall;
    const closed = catchall === undefined || catchall._zod.def.type === 'never';
    return { kind: 'object', fields, rest: closed ? undefined : this.of(catchall) };
  }

  #tagged(definition: z.core.$ZodDiscriminatedUnionDef): WireType {
    const options: TaggedOption[] = [];
    for (const schema of definition.options) {
      const tags = schema._zod.propValues?.[definition.discriminator];
      const type = this.of(schema);
      if (tags === undefined || type.kind !== 'object' || definition.unionFallback) return general;
      options.push({ tags: [...tags] as Constant[], type });
    }
    return { kind: 'tagged', tag: definition.discriminator, options };
  }

  /** A union whose options are told apart by what a value is, without looking inside. */
  #choice(schemas: readonly z.core.$ZodType[]): WireType {
    const options = schemas.map((schema) => this.of(schema));
    const seen = new Set<string>();
    for (const option of options) {
      const forms = formsOf(option);
      if (forms === undefined) return general;
      for (const form of forms) {
        if (seen.has(form)) return general;
        seen.add(form);
      }
    }
    return { kind: 'choice', options };
  }
}

/** How a running program tells values apart at first sight. */
export type Form =
  | 'undefined'
  | 'null'
  | 'number'
  | 'boolean'
  | 'bigint'
  | 'string'
  | 'date'
  | 'bytes'
  | 'array'
  | 'set'
  | 'map'
  | 'object';

/** Every form a value of this type can have; undefined when that is not known. */
export function formsOf(type: WireType): readonly Form[] | undefined {
  switch (type.kind) {
    case 'general':
      return undefined;
    case 'constant':
      return [...new Set(type.values.map((value) => (value === null ? 'null' : (typeof value as Form))))];
    case 'optional':
    case 'nullable': {
      const forms = formsOf(type.inner);
      const own: Form = type.kind === 'optional' ? 'undefined' : 'null';
      return forms === undefined ? undefined : [...new Set([...forms, own])];
    }
    case 'tuple':
      return ['array'];
    case 'record':
    case 'tagged':
      return ['object'];
    case 'choice': {
      const forms = type.options.map(formsOf);
      return forms.some((form) => form === undefined) ? undefined : forms.flatMap((form) => form ?? []);
    }
    default:
      return [type.kind];
  }
}

function mayBeUndefined(type: WireType): boolean {
  return formsOf(type)?.includes('undefined') ?? true;
}

function optional(inner: WireType): WireType {
  return inner.kind === 'optional' ? inner : { kind: 'optional', inner };
}

function constants(values: readonly unknown[]): WireType {
  return values.every(isConstant) ? { kind: 'constant', values: [...new Set(values)] } : general;
}

function isConstant(value: unknown): value is Constant {
  return value === null || ['string', 'number', 'bigint', 'boolean', 'undefined'].includes(typeof value);
}

/** TypeScript's numeric enums also map their numbers back to names; those entries are no values. */
function enumValues(entries: Readonly<Record<string, string | number>>): readonly (string | number)[] {
  const numbers = Object.values(entries).filter((value) => typeof value === 'number');
  return Object.entries(entries)
    .filter(([name]) => !numbers.includes(Number(name)))
    .map(([, value]) => value);
}

/** Bytes a value takes at least. Elements of none are padded, so that no count can promise more than its bytes. */
export function bytesMin(type: WireType): number {
  switch (type.kind) {
    case 'undefined':
      return 0;
    case 'constant':
      return type.values.length === 1 ? 0 : 1;
    case 'date':
      return 8;
    case 'object': {
      const fields = type.fields.map((field) => (field.optional ? 1 : bytesMin(field.type)));
      return fields.reduce((sum, bytes) => sum + bytes, type.rest === undefined ? 0 : 1);
    }
    default:
      return 1;
  }
}
