import type { z } from 'zod';

/** Schemas whose result is what they were given, rebuilt, as long as nothing inside them rewrites. */
const transparent = new Set([
  'string',
  'template_literal',
  'number',
  'nan',
  'boolean',
  'bigint',
  'date',
  'undefined',
  'void',
  'null',
  'literal',
  'enum',
  'object',
  'array',
  'set',
  'map',
  'record',
  'tuple',
  'union',
  'optional',
  'nullable',
  'nonoptional',
  'readonly',
]);

/**
 * Whether parsing with this schema can answer with something else than it was given: transforms, defaults, coercion,
 * trims, checks written by the user. Anything not known to be harmless counts.
 */
export function rewrites(schema: z.core.$ZodType, seen: Set<z.core.$ZodType> = new Set()): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  const definition = schema._zod.def as z.core.$ZodTypeDef & Record<string, unknown>;
  if (definition.type === 'custom') return schema._zod.bag.Class !== Uint8Array || hasOwnChecks(definition);
  if (!transparent.has(definition.type) || definition.coerce === true || definition.normalize === true) return true;
  return hasOwnChecks(definition) || partsOf(definition).some((part) => rewrites(part, seen));
}

/** `overwrite` changes a value by design; a check written by the user may. */
function hasOwnChecks(definition: z.core.$ZodTypeDef): boolean {
  return (definition.checks ?? []).some((check) => ['overwrite', 'custom'].includes(check._zod.def.check));
}

function partsOf(definition: Record<string, unknown>): z.core.$ZodType[] {
  const named = ['element', 'innerType', 'keyType', 'valueType', 'rest', 'catchall'].map((key) => definition[key]);
  const listed = ['items', 'options'].flatMap((key) => (definition[key] as unknown[] | undefined) ?? []);
  const shaped = Object.values((definition.shape as Record<string, unknown> | undefined) ?? {});
  return [...named, ...listed, ...shaped].filter(isSchema);
}

function isSchema(value: unknown): value is z.core.$ZodType {
  return typeof value === 'object' && value !== null && '_zod' in value;
}
