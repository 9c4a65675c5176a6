import { hash } from 'node:crypto';
import type { z } from 'zod';
import { type Side, wireType } from '../codec/wire-type.ts';
import type { DeclaredService } from './define-service.ts';

const hashes = new WeakMap<object, string>();

/**
 * What caller and host must agree on, as 32 hexadecimal digits: the name, and of each member its place, name, kind and
 * how its values lie in a message. Rules a schema adds to the shape (a minimum, a refinement) may differ.
 */
export function schemaHash(definition: DeclaredService): string {
  const known = hashes.get(definition);
  if (known !== undefined) return known;
  const members = Object.entries(definition.members).map(([name, member]) => [
    name,
    member.kind,
    wireText(member.in, 'input'),
    wireText(member.out, 'output'),
  ]);
  const digest = hash('sha256', JSON.stringify([definition.name, members])).slice(0, 32);
  hashes.set(definition, digest);
  return digest;
}

/** Canonical: field order is the order on the wire, and every constant says its type. */
export function wireText(schema: z.core.$ZodType | undefined, side: Side): string {
  if (schema === undefined) return 'nothing';
  return JSON.stringify(wireType(schema, side), (key, value: unknown) =>
    key === 'values' || key === 'tags' ? (value as readonly unknown[]).map(constantText) : value,
  );
}

function constantText(value: unknown): string {
  return `${typeof value}:${Object.is(value, -0) ? '-0' : String(value)}`;
}
