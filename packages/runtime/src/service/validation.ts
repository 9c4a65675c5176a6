import type { z } from 'zod';
import { SchemaError, type SchemaIssue } from './errors.ts';

/**
 * The value as its schema hands it on; a member without a schema hands on what it is given.
 * @throws SchemaError (HF_SCHEMA) with every issue.
 */
export function validate(schema: z.ZodType | undefined, value: unknown, what: string): unknown {
  if (schema === undefined) return value;
  const result = safeParse(schema, value, what);
  if (result.success) return result.data;
  throw new SchemaError(what, result.error.issues.map(issueOf));
}

function safeParse(schema: z.ZodType, value: unknown, what: string): z.ZodSafeParseResult<unknown> {
  try {
    return schema.safeParse(value);
  } catch (error) {
    if (!(error instanceof Error) || error.constructor.name !== '$ZodAsyncError') throw error;
    const message = 'its schema checks or transforms asynchronously';
    throw new SchemaError(what, [{ code: 'asynchronous', path: [], message }], {
      hint: 'Calls keep their order, so schemas must be synchronous: do asynchronous checks in the handler.',
    });
  }
}

function issueOf(issue: z.core.$ZodIssue): SchemaIssue {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  return { code: issue.code ?? 'custom', path: path as (string | number)[], message: issue.message };
}
