import { z } from 'zod';

/**
 * The control protocol: one JSON document per line, in both directions, one request at a time on a connection.
 *
 * A request is answered by any number of `item` lines and one `ok` line. The bytes of `put` follow its request as
 * `data` lines up to an `end` line; those of `get` come as items. Whoever cannot be understood is told so and hung up on.
 */
export const protocolVersion = 1;

/** What a key may be the array says. */
const key = z.string();
/** Which there are the array says. */
const technique = z.string().min(1).max(16);
const node = z.string().regex(/^n\d{1,2}$/, 'nodes are named n0 to n63');
const head = { v: z.literal(protocolVersion), id: z.int().nonnegative() };

export const ControlRequest = z.discriminatedUnion('verb', [
  z.strictObject({ ...head, verb: z.literal('status') }),
  z.strictObject({ ...head, verb: z.literal('ls'), prefix: z.string().min(1).optional() }),
  z.strictObject({ ...head, verb: z.literal('put'), key, technique: technique.optional() }),
  z.strictObject({ ...head, verb: z.literal('change'), key, technique }),
  z.strictObject({ ...head, verb: z.literal('get'), key }),
  z.strictObject({ ...head, verb: z.literal('rm'), key }),
  z.strictObject({ ...head, verb: z.literal('inspect'), key }),
  z.strictObject({ ...head, verb: z.literal('kill'), node }),
  z.strictObject({ ...head, verb: z.literal('revive'), node }),
  z.strictObject({ ...head, verb: z.literal('replace'), node }),
  z.strictObject({ ...head, verb: z.literal('rebuild'), node }),
  z.strictObject({ ...head, verb: z.literal('rehome') }),
  z.strictObject({ ...head, verb: z.literal('scrub') }),
  z.strictObject({
    ...head,
    verb: z.literal('trace'),
    toughness: z.literal([0, 1, 2]),
    technique: z.enum(['parity', 'mirror']),
  }),
]);
export type ControlRequest = z.infer<typeof ControlRequest>;

export const PutLine = z.union([z.strictObject({ data: z.base64() }), z.strictObject({ end: z.literal(true) })]);

export const ControlFailure = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string(),
});
export type ControlFailure = z.infer<typeof ControlFailure>;

export const ControlReply = z.union([
  z.strictObject({ id: z.int(), item: z.json() }),
  z.strictObject({ id: z.int(), ok: z.literal(true), result: z.json() }),
  /** `id` is null when the request could not be read. */
  z.strictObject({ id: z.int().nullable(), ok: z.literal(false), error: ControlFailure }),
]);
export type ControlReply = z.infer<typeof ControlReply>;
