import type { z } from 'zod';
import { SchemaError, type SchemaIssue } from './errors.ts';

/** Compiling a schema pays from about this many values on: it costs as much as thousands of interpreted checks save. */
const hotValues = 512;

/** Holds values of one place against their schema; a member without a schema hands on what it is given. */
export class Validator {
  readonly #label: string;
  #schema: z.ZodType | undefined;
  #values = 0;

  /** @param label what the values are, as errors name them. */
  constructor(schema: z.ZodType | undefined, label: string) {
    this.#schema = schema;
    this.#label = label;
  }

  /**
   * The value as the schema hands it on.
   * @throws SchemaError (HF_SCHEMA) with every issue.
   */
  check(value: unknown): unknown {
    const schema = this.#schema;
    if (schema === undefined) return value;
    this.#values += 1;
    if (this.#values === hotValues) void this.#compile(schema);
    const result = this.#parse(schema, value);
    if (result.success) return result.data;
    throw new SchemaError(this.#label, result.error.issues.map(issueOf));
  }

  /** Not loaded before: a thread without a hot schema does without. */
  async #compile(schema: z.ZodType): Promise<void> {
    const { compile } = await import('zod/v4/core');
    this.#schema = compile(schema);
  }

  #parse(schema: z.ZodType, value: unknown): z.ZodSafeParseResult<unknown> {
    try {
      return schema.safeParse(value);
    } catch (error) {
      if (!(error instanceof Error) || error.constructor.name !== '$ZodAsyncError') throw error;
      const message = 'its schema checks or transforms asynchronously';
      throw new SchemaError(this.#label, [{ code: 'asynchronous', path: [], message }], {
        hint: 'Calls keep their order, so schemas must be synchronous: do asynchronous checks in the handler.',
      });
    }
  }
}

function issueOf(issue: z.core.$ZodIssue): SchemaIssue {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  return { code: issue.code ?? 'custom', path: path as (string | number)[], message: issue.message };
}
