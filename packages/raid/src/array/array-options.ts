import { z } from 'zod';
import { GeometryError } from '../errors.ts';
import {
  dataSlotsMax,
  extentBlocksDefault,
  extentBlocksMax,
  extentBlocksMin,
  unitBlocksDefault,
  unitBlocksMax,
} from '../limits.ts';

const directory = z.string().min(1).optional();

const createSchema = z.strictObject({
  /** The drives are the folders `n0`, `n1`, ... here. Default: the folder `raid` in each node's own storage. */
  directory,
  /** Data slots of a group, 1 to 8; 1 is a mirror. Default 3. */
  data: z.int().min(1).max(dataSlotsMax).default(3),
  /**
   * Members the array can lose, 1 or 2, and parity slots of a group where a put does not ask for another technique. Default
   * 1. The array needs as many nodes as data and parity together.
   */
  parity: z.literal([1, 2]).default(1),
  /** Blocks of 4 KiB in a slot of a whole group, 1 to 64. Default 16 (64 KiB). */
  unitBlocks: z.int().min(1).max(unitBlocksMax).default(unitBlocksDefault),
  /** Blocks by which a drive's file grows, a multiple of 32 from 64 to 65,536. Default 4096 (16 MiB). */
  extentBlocks: z.int().min(extentBlocksMin).max(extentBlocksMax).multipleOf(32).default(extentBlocksDefault),
});
export type CreateOptions = z.input<typeof createSchema>;

const openSchema = z.strictObject({
  directory,
  /** Nodes whose drives are left alone, as if they were missing: the array opens degraded. */
  without: z.array(z.string()).default([]),
  /** Nodes that have no drive any more and are to get a new, empty one; `rebuild` fills it. */
  replace: z.array(z.string()).default([]),
  /** Nodes that become members of the array, with a new, empty drive. Only while all others are up and up to date. */
  grow: z.array(z.string()).default([]),
  /** Open although what is missing may be newer than what is there. Default false. */
  acceptOld: z.boolean().default(false),
});
export type OpenOptions = z.input<typeof openSchema>;

/** @throws GeometryError (HF_GEOMETRY) */
export const parseCreate = (options: CreateOptions) => parse(createSchema, options, 'CreateOptions');
/** @throws GeometryError (HF_GEOMETRY) */
export const parseOpen = (options: OpenOptions) => parse(openSchema, options, 'OpenOptions');

function parse<Schema extends z.ZodType>(schema: Schema, options: unknown, type: string): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new GeometryError(`Array option ${issue?.path.join('.')}: ${issue?.message}.`, `See ${type}.`);
}
