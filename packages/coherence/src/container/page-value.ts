import { pageBytes } from '@holdfast/runtime/service';
import { z } from 'zod';
import { ContainerDefinitionError } from '../errors.ts';
import { pagesPerValueMax } from '../limits.ts';

const counts = new WeakMap<z.ZodType, number>();

/**
 * The value of a container of pages: bytes that fill `count` pages of 4 KiB of the shared memory, no more and no less.
 * Leases are views on the pages themselves, a draft is a page of its own, and a page that moves to another node does so by
 * a word that names its owner, without being copied.
 * @throws ContainerDefinitionError (HF_CONTAINER)
 */
export function pages(count = 1): z.ZodType<Uint8Array> {
  if (!Number.isInteger(count) || count < 1 || count > pagesPerValueMax) {
    throw new ContainerDefinitionError(
      `A value cannot be ${String(count)} pages.`,
      `Use 1 to ${pagesPerValueMax}, or several keys.`,
    );
  }
  const bytes = count * pageBytes;
  // The length of a view on a detached buffer is 0, and so is one on a buffer that shrank below it.
  const schema = z.custom<Uint8Array>(
    (value) => value instanceof Uint8Array && value.length === bytes,
    `Expected a Uint8Array of ${bytes} bytes, and its buffer neither detached nor shrunk`,
  );
  counts.set(schema, count);
  return schema;
}

/** How many pages a value takes; 0 where values are no pages. */
export const pagesOf = (schema: z.ZodType): number => counts.get(schema) ?? 0;
