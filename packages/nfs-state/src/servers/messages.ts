import { z } from 'zod';
import {
  clientNameCharsMax,
  fileBytesMax,
  fileIdCharsMax,
  grantsPerPageMax,
  ownerBytesMax,
  runBytesMax,
  runsPerCallMax,
  stripeUnitsMax,
  verifierCharsMax,
} from '../limits.ts';
import { blockBytes } from '../objects/object-port.ts';

const count = z.int().min(0);
const file = z.string().max(fileIdCharsMax);
const client = z.string().min(1).max(clientNameCharsMax);
const place = z.int().min(0).max(fileBytesMax);
const verifier = z.string().max(verifierCharsMax);

/** Bytes of a file and where they lie: from byte `at` of the sender's page `page` on, over pages side by side. */
export const RunMessage = z.object({
  offset: place,
  bytes: z.int().min(1).max(runBytesMax),
  page: count,
  at: z
    .int()
    .min(0)
    .max(blockBytes - 1),
  generation: z.int(),
});
export type RunMessage = z.output<typeof RunMessage>;
const runs = z.array(RunMessage).min(1).max(runsPerCallMax);

export const Attributes = z.object({ sizeBytes: place, change: count, modifiedMs: count });

/**
 * Why a server did not do what it was asked. `transient`: another time it may. `fenced`: it takes nothing of this layout or
 * lease any more. `permanent`: it never will. `code` names the error.
 */
export const Refusal = z.object({
  status: z.literal('refused'),
  why: z.enum(['transient', 'fenced', 'permanent']),
  code: z.string(),
});
export type Refusal = z.output<typeof Refusal>;

const done = z.object({ status: z.literal('done') });
const written = z.object({ status: z.literal('done'), verifier });

/** `layout`: the generation it is done under. */
export const DataWrite = z.object({ client, file, layout: count, runs });
export type DataWrite = z.output<typeof DataWrite>;
export const DataWritten = z.union([written, Refusal]);
export type DataWritten = z.output<typeof DataWritten>;

export const DataCommit = z.object({ file });
export const DataRead = z.object({ client, file, layout: count, runs });
export type DataRead = z.output<typeof DataRead>;
export const DataDone = z.union([done, Refusal]);
export type DataDone = z.output<typeof DataDone>;

/** The metadata server lets a client write to a file under a layout, or under none any more. */
export const LayoutGrant = z.object({ client, file, layout: count });
export type LayoutGrant = z.output<typeof LayoutGrant>;

/** Whose layouts a data server knows, from so many on: the metadata server that begins asks. */
export const GrantsQuestion = z.object({ from: count });
export const GrantsPage = z.array(z.object({ client, file })).max(grantsPerPageMax);
export type GrantsPage = z.output<typeof GrantsPage>;

export const FileWrite = z.object({ client, lease: count, file, runs });
export type FileWrite = z.output<typeof FileWrite>;
const changed = z.object({ status: z.literal('done'), verifier, changeBefore: count, attributes: Attributes });
export const FileChanged = z.union([changed, Refusal]);
export type FileChanged = z.output<typeof FileChanged>;

export const FileQuestion = z.object({ file });
export const AttributesAnswer = Attributes.optional();

export const FileRead = z.object({ file, runs });
export type FileRead = z.output<typeof FileRead>;
/** The bytes read into each run: fewer than asked for at the end of the file. */
export const FileBytes = z.union([z.object({ status: z.literal('done'), bytes: z.array(count) }), Refusal]);
export type FileBytes = z.output<typeof FileBytes>;

const OpIdMessage = z.object({ owner: z.string().min(1).max(ownerBytesMax), sequence: z.int().min(1) });
const Operation = z.discriminatedUnion('type', [
  z.object({ type: z.literal('create') }),
  z.object({ type: z.literal('resize'), sizeBytes: place }),
  z.object({ type: z.literal('layout-commit'), endBytes: place }),
  z.object({ type: z.literal('remove') }),
]);
/** `lease`: that of the client, or it is refused as fenced. */
export const Change = z.object({ client, lease: count, id: OpIdMessage, file, operation: Operation });
export type Change = z.output<typeof Change>;
export const ChangeAnswer = z.union([
  z.object({ status: z.literal('ok'), changeBefore: count, attributes: Attributes }),
  z.object({ status: z.enum(['exists', 'absent', 'removed', 'superseded']) }),
  Refusal,
]);
export type ChangeAnswer = z.output<typeof ChangeAnswer>;

export const LayoutGet = z.object({ client, lease: count, file });
export type LayoutGet = z.output<typeof LayoutGet>;
/** `servers`: the data server, numbered from 1, of each run of `unitPages` pages; then from the beginning again. */
export const LayoutAnswer = z.union([
  z.object({
    status: z.literal('granted'),
    layout: count,
    unitPages: z.int().min(1),
    servers: z.array(z.int().min(1)).min(1).max(stripeUnitsMax),
  }),
  z.object({ status: z.literal('refused'), why: z.enum(['later', 'unavailable']) }),
]);
export type LayoutAnswer = z.output<typeof LayoutAnswer>;

export const LockMessage = z.object({
  client,
  lease: count,
  owner: z.string().min(1).max(ownerBytesMax),
  file,
  type: z.enum(['read', 'write']),
  offset: place,
  /** 0: to the end of the file, however far it grows. */
  bytes: place,
});
export type LockMessage = z.output<typeof LockMessage>;
export const LockAnswer = z.object({ status: z.enum(['granted', 'denied', 'fenced']) });
export type LockAnswer = z.output<typeof LockAnswer>;

/** `lease`: the one the client had last, 0 before the first. */
export const Hello = z.object({ client, lease: count });
export type Hello = z.output<typeof Hello>;
export const ClientQuestion = z.object({ client });

export const FileOpening = z.object({ client, lease: count, file });
export type FileOpening = z.output<typeof FileOpening>;
/** `attributes` is missing where there is no such file. */
export const OpenAnswer = z.union([
  z.object({ status: z.literal('done'), attributes: Attributes.optional() }),
  Refusal,
]);
export type OpenAnswer = z.output<typeof OpenAnswer>;

/** What the metadata server says to a client of its own accord. The first word is always its lease. */
export const ServerWord = z.union([
  z.object({ type: z.literal('lease'), lease: count }),
  z.object({ type: z.literal('recall'), file }),
]);
export type ServerWord = z.output<typeof ServerWord>;
