import { z } from 'zod';

/** In the log and on the way half a character would become another one. */
const word = z
  .string()
  .max(1024)
  .refine((text) => text.isWellFormed(), 'is no text');
const count = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const stateid = z.object({ key: z.string().length(24), seqid: count });
const bytes64 = z
  .bigint()
  .min(0n)
  .max(2n ** 64n - 1n);
const range = z.object({ offset: bytes64, length: bytes64 });
const lockType = z.enum(['read', 'write']);
const share = z.int().min(0).max(3);

const claim = z.discriminatedUnion('type', [
  z.object({ type: z.literal('delegate-cur'), stateid }),
  z.object({ type: z.literal('previous'), delegation: z.enum(['read', 'write', 'none']) }),
  z.object({ type: z.literal('delegate-prev') }),
]);

/** What clients may ask of a head. Expiring clients is for heads. */
export const ClientOperation = z.discriminatedUnion('type', [
  z.object({ type: z.literal('setclientid'), name: word, verifier: word, principal: word, callback: word }),
  z.object({ type: z.literal('setclientid-confirm'), client: word, confirm: word, principal: word }),
  z.object({ type: z.literal('exchange-id'), name: word, verifier: word, principal: word, update: z.boolean() }),
  z.object({ type: z.literal('create-session'), client: word, sequence: count, principal: word, slots: count }),
  z.object({ type: z.literal('bind-connection'), session: word }),
  z.object({ type: z.literal('destroy-session'), session: word }),
  z.object({ type: z.literal('destroy-clientid'), client: word }),
  z.object({ type: z.literal('reclaim-complete'), client: word }),
  z.object({ type: z.literal('renew'), client: word }),
  z.object({
    type: z.literal('open'),
    client: word,
    owner: word,
    seqid: count,
    file: word,
    access: share,
    deny: share,
    claim: claim.optional(),
  }),
  z.object({ type: z.literal('delegation-return'), stateid }),
  z.object({ type: z.literal('free-stateid'), client: word, stateid }),
  z.object({ type: z.literal('test-stateid'), client: word, stateid }),
  z.object({ type: z.literal('change-file'), client: word, file: word }),
  z.object({
    type: z.literal('layout-get'),
    client: word,
    file: word,
    stateid,
    mode: lockType,
    range,
    minLength: bytes64,
  }),
  z.object({
    type: z.literal('layout-return'),
    client: word,
    file: word,
    stateid,
    mode: z.enum(['read', 'write', 'any']),
    range,
  }),
  z.object({ type: z.literal('layout-return-all'), client: word }),
  z.object({ type: z.literal('layout-commit'), client: word, file: word, stateid }),
  z.object({ type: z.literal('open-confirm'), stateid, seqid: count }),
  z.object({ type: z.literal('open-downgrade'), stateid, seqid: count, access: share, deny: share }),
  z.object({ type: z.literal('close'), stateid, seqid: count }),
  z.object({
    type: z.literal('lock-new'),
    open: stateid,
    openSeqid: count,
    owner: word,
    lockSeqid: count,
    lockType,
    range,
    reclaim: z.boolean().optional(),
  }),
  z.object({
    type: z.literal('lock'),
    stateid,
    seqid: count,
    lockType,
    range,
    reclaim: z.boolean().optional(),
  }),
  z.object({ type: z.literal('lock-test'), client: word, owner: word, file: word, lockType, range }),
  z.object({ type: z.literal('unlock'), stateid, seqid: count, range }),
  z.object({ type: z.literal('release-lock-owner'), client: word, owner: word }),
  z.object({ type: z.literal('io'), file: word, stateid, write: z.boolean() }),
]);
export type ClientOperation = z.output<typeof ClientOperation>;

/** The slot an operation of NFSv4.1 came by. */
export const ClientSlot = z.object({ session: word, slot: count, seqid: count, digest: word });
