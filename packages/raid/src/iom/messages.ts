import { z } from 'zod';
import {
  arrayMembersMax,
  dataSlotsMax,
  epochsMax,
  extentBlocksMax,
  extentBlocksMin,
  gfidsPerRequestMax,
  keyBytesMax,
  objectBytesMax,
  recordsPerPageMax,
  slotsPerRequestMax,
  unitBlocksMax,
} from '../limits.ts';

const word = z.int().min(0).max(0xffffffff);
const count = z.int().min(0);
const gfid = z.int().min(0);
const epoch = z.int().min(0).max(epochsMax);
const member = z
  .int()
  .min(0)
  .max(arrayMembersMax - 1);
const members = z.array(member).max(arrayMembersMax);
const key = z.string().max(keyBytesMax);
const id = z.string().regex(/^[0-9a-f]{32}$/);

/** Where an I/O manager keeps its drive, and what it is to find or make there. */
export const IdentityMessage = z.object({
  arrayId: id,
  driveId: id,
  member,
  members,
  data: z.int().min(1).max(dataSlotsMax),
  parity: z.literal(1),
  unitBlocks: z.int().min(1).max(unitBlocksMax),
  extentBlocks: z.int().min(extentBlocksMin).max(extentBlocksMax),
});

export const ViewMessage = z.object({ epoch, live: members });

/** What a drive says of itself when it is opened. */
export const DriveReport = z.object({
  identity: IdentityMessage,
  view: ViewMessage,
  damagedSlots: count,
  lostBatches: count,
});
export type DriveReport = z.output<typeof DriveReport>;

/** A slot and the run of the sender's pages that holds it, or is to. */
const SlotMessage = z.object({
  group: word,
  slot: z.int().min(0).max(dataSlotsMax),
  blocks: z.int().min(1).max(unitBlocksMax),
  page: count,
  generation: z.int(),
});
export type SlotMessage = z.output<typeof SlotMessage>;
const slots = z.array(SlotMessage).max(slotsPerRequestMax);

/** `harden`: answer when the slots, and everything stored here before, are durable. Otherwise when they are written. */
export const StoreRequest = z.object({ epoch, gfid, slots, harden: z.boolean() });
export type StoreRequest = z.output<typeof StoreRequest>;

export const FetchRequest = z.object({ epoch, gfid, slots });
export type FetchRequest = z.output<typeof FetchRequest>;

/** One outcome for each slot asked for. */
export const FetchAnswer = z.array(z.enum(['ok', 'missing', 'damaged', 'unreadable']));

export const ObjectMessage = z.object({
  type: z.literal('object'),
  gfid,
  key,
  bytes: z.int().min(0).max(objectBytesMax),
  geometry: z.object({
    data: z.int().min(1).max(dataSlotsMax),
    parity: z.literal(1),
    unitBlocks: z.int().min(1).max(unitBlocksMax),
  }),
  span: members,
  absent: members,
  homes: members,
  epoch,
  storedAtMs: count,
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

export const PutObjectRequest = z.object({ epoch, object: ObjectMessage });
export const LetGoRequest = z.object({ epoch, gfids: z.array(gfid).max(gfidsPerRequestMax) });

export const ListRequest = z.object({
  prefix: key,
  after: z.object({ key, gfid }).optional(),
  limit: z.int().min(1).max(recordsPerPageMax),
});
export const GfidsRequest = z.object({ after: gfid, limit: z.int().min(1).max(gfidsPerRequestMax) });

export const DriveUse = z.object({ blocksUsed: count, blocksAllocated: count, objects: count, logBytes: count });

/**
 * Steps an I/O manager can be held at.
 * - `block-written`: the blocks of a store are in the file, and no flush was asked for yet
 * - `hardened`: the blocks of a store are durable, and the sender does not know it
 * - `object-recorded`: the metadata of an object is durable here, and the sender does not know it
 */
export const Step = z.enum(['block-written', 'hardened', 'object-recorded']);
export type Step = z.output<typeof Step>;

/** `after`: how many times the step is let pass before it is held. `gfid`: only for this object. */
export const HoldRequest = z.object({ step: Step, after: count, gfid: gfid.optional() });
export type HoldRequest = z.output<typeof HoldRequest>;
export const HeldAnswer = z.object({ gfid, group: word.optional() }).optional();
