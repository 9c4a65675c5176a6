import { z } from 'zod';
import {
  arrayMembersMax,
  blockBytes,
  blocksPerRequestMax,
  dataSlotsMax,
  epochsMax,
  extentBlocksMax,
  extentBlocksMin,
  gfidsPerRequestMax,
  heldBlocksMax,
  keyBytesMax,
  objectBytesMax,
  recordsPerPageMax,
  reservedRangesMax,
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
const lossesMax = z.literal([1, 2]);
const id = z.string().regex(/^[0-9a-f]{32}$/);

/** Where an I/O manager keeps its drive, and what it is to find or make there. */
export const IdentityMessage = z.object({
  arrayId: id,
  driveId: id,
  member,
  members,
  data: z.int().min(1).max(dataSlotsMax),
  parity: lossesMax,
  unitBlocks: z.int().min(1).max(unitBlocksMax),
  extentBlocks: z.int().min(extentBlocksMin).max(extentBlocksMax),
});

export const ViewMessage = z.object({
  epoch,
  live: members,
  members: members.optional(),
  returning: members.optional(),
});

/** What a drive says of itself when it is opened. */
export const DriveReport = z.object({
  identity: IdentityMessage,
  view: ViewMessage,
  damagedSlots: count,
  lostBatches: count,
  empty: z.boolean(),
  workedBy: count,
});
export type DriveReport = z.output<typeof DriveReport>;

/** A slot and the run of the sender's pages that holds it, or is to. */
const SlotMessage = z.object({
  group: word,
  slot: z
    .int()
    .min(0)
    .max(dataSlotsMax + 1),
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
    parity: z.literal([0, 1, 2]),
    unitBlocks: z.int().min(1).max(unitBlocksMax),
  }),
  span: members,
  absent: members,
  homes: members,
  moved: members.optional(),
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

/** Numbers of blocks, clients and requests are exact, below 2^53. */
const exact = z.int().min(0);
const ownPage = { page: count, generation: z.int() };
const toughness = z.literal([0, 1, 2]);

/** One block, or part of it, to be written from a page of the sender: `start` and `bytes` within block and page alike. */
const BlockWriteMessage = z
  .object({
    lblk: exact,
    group: exact,
    slot: z
      .int()
      .min(0)
      .max(dataSlotsMax - 1),
    /** The parity IOMs of the group, P before Q. */
    parities: z.array(member).max(2),
    request: exact,
    start: z
      .int()
      .min(0)
      .max(blockBytes - 1),
    bytes: z.int().min(1).max(blockBytes),
    ...ownPage,
    /** For one who writes in the place of a member, in a row with two parities: the block before, in a page of the sender. */
    old: z.object({ ...ownPage, seq: exact }).optional(),
  })
  .refine(({ start, bytes }) => start + bytes <= blockBytes, 'ends behind its block');

export const WriteBlocksRequest = z.object({
  epoch,
  gfid,
  client: exact,
  /** The claim of the sender on the object; 0: none. */
  claim: exact,
  toughness,
  writes: z.array(BlockWriteMessage).max(blocksPerRequestMax),
});
export type WriteBlocksRequest = z.output<typeof WriteBlocksRequest>;
/**
 * Of each write: done, or not begun, because too many wait, because somebody claimed the object since, because the drive
 * is full, because the block cannot be read where it lies, or because the block is to be written by another member.
 */
export const WriteBlocksAnswer = z.array(z.enum(['done', 'busy', 'claimed', 'full', 'damaged', 'elsewhere']));
export type WriteBlocksAnswer = z.output<typeof WriteBlocksAnswer>;

/** `token` 0 only asks. */
export const ClaimRequest = z.object({ epoch, gfid, token: exact });
export type ClaimRequest = z.output<typeof ClaimRequest>;

/** The content a block had, restored from its group: written where the block lies, if that is what should be there. */
export const MendRequest = z.object({ epoch, gfid, lblk: exact, ...ownPage });
export type MendRequest = z.output<typeof MendRequest>;

export const ReadBlocksRequest = z.object({
  epoch,
  gfid,
  client: exact,
  atLeast: toughness,
  blocks: z.array(z.object({ lblk: exact, ...ownPage })).max(blocksPerRequestMax),
});
export type ReadBlocksRequest = z.output<typeof ReadBlocksRequest>;
/**
 * A hole was never written, and counts as zeros; its page is left as it was. What is stale changed while the member was
 * away. `seq`: the update that is there.
 */
const ReadOutcome = z.enum(['ok', 'hole', 'damaged', 'stale']);
export type ReadOutcome = z.output<typeof ReadOutcome>;
export const ReadBlocksAnswer = z.array(z.object({ outcome: ReadOutcome, seq: exact }));
export type ReadBlocksAnswer = z.output<typeof ReadBlocksAnswer>;

export const ReadParityRequest = z.object({
  epoch,
  gfid,
  groups: z.array(z.object({ group: exact, ...ownPage })).max(blocksPerRequestMax),
});
export type ReadParityRequest = z.output<typeof ReadParityRequest>;
/** `vv`: the update of each member that is merged in. */
export const ReadParityAnswer = z.array(z.object({ outcome: ReadOutcome, vv: z.array(exact) }));
export type ReadParityAnswer = z.output<typeof ReadParityAnswer>;

/** Blocks from `fromBlock` to before `toBlock`. */
export const BlockRangeRequest = z.object({ epoch, gfid, fromBlock: exact, toBlock: exact });
export type BlockRangeRequest = z.output<typeof BlockRangeRequest>;

/**
 * `endBlock`: behind the last data block that is here, or on a member that is away, as parity here knows. `awayBlocks`: blocks
 * of such members that were ever written. `changes`: writes of the object that began here in this life, and one for its start.
 */
export const BlockUseAnswer = z.object({
  dataBlocks: count,
  awayBlocks: count,
  parityBlocks: count,
  endBlock: exact,
  changes: exact,
});
export type BlockUseAnswer = z.output<typeof BlockUseAnswer>;

/** Data blocks of the one range, and parity blocks of the rows of the other. */
export const HeldRequest = BlockRangeRequest.extend({ fromGroup: exact, toGroup: exact });
export type HeldRequest = z.output<typeof HeldRequest>;

/** What was written of them and not given back: ascending, the first of each. */
export const HeldBlocksAnswer = z.object({
  blocks: z.array(exact).max(heldBlocksMax),
  groups: z.array(exact).max(heldBlocksMax),
});
export type HeldBlocksAnswer = z.output<typeof HeldBlocksAnswer>;

/** What a caller must know to find its way. */
export const ArrayViewAnswer = z.object({
  arrayId: id,
  epoch,
  live: members,
  returning: members,
  members,
  data: z.int().min(1).max(dataSlotsMax),
  parity: lossesMax,
  unitBlocks: z.int().min(1).max(unitBlocksMax),
});
export type ArrayViewAnswer = z.output<typeof ArrayViewAnswer>;

export const ClaimsRequest = z.object({ epoch, after: gfid, limit: z.int().min(1).max(gfidsPerRequestMax) });
export type ClaimsRequest = z.output<typeof ClaimsRequest>;
/** The highest claim on each object that is known here. */
export const ClaimsAnswer = z.array(z.object({ gfid, claim: exact }));
export type ClaimsAnswer = z.output<typeof ClaimsAnswer>;

const BlockRanges = z
  .array(z.object({ from: exact, to: exact }).refine(({ from, to }) => from < to, 'is empty'))
  .max(reservedRangesMax)
  .refine((ranges) => ranges.every(({ from }, at) => from >= (ranges[at - 1]?.to ?? 0)), 'overlap');

/** Ranges of an object whose writes are not to fail for space, in place of those of a lower version; without: only asks. */
export const ReserveRequest = z.object({
  epoch,
  gfid,
  reserve: z.object({ version: exact.min(1), ranges: BlockRanges }).optional(),
});
export type ReserveRequest = z.output<typeof ReserveRequest>;
/** What is reserved there, and where it has no room for that: `full`, and nothing has changed. */
export const ReserveAnswer = z.object({ version: exact, ranges: BlockRanges, full: z.boolean() });
export type ReserveAnswer = z.output<typeof ReserveAnswer>;

export const ReservesRequest = z.object({ epoch, after: gfid, limit: z.int().min(1).max(gfidsPerRequestMax) });
export type ReservesRequest = z.output<typeof ReservesRequest>;
/** What is reserved of each object, as is known there. */
export const ReservesAnswer = z.array(z.object({ gfid, version: exact, ranges: BlockRanges }));
export type ReservesAnswer = z.output<typeof ReservesAnswer>;

/** How objects that are written in ranges lie on their members. */
export const LayOutRequest = z.object({
  epoch,
  layouts: z
    .array(
      z.object({
        gfid,
        data: z.int().min(1).max(dataSlotsMax),
        parity: z.literal([0, 1, 2]),
        unitBlocks: z.int().min(1).max(unitBlocksMax),
        span: members,
        /** Who does not know it yet has lost what it held of it. */
        lost: z.boolean().optional(),
      }),
    )
    .max(gfidsPerRequestMax),
});
export type LayOutRequest = z.output<typeof LayOutRequest>;

export const GroupRequest = z.object({ epoch, gfid, group: exact });
export type GroupRequest = z.output<typeof GroupRequest>;

export const MemberRequest = z.object({ epoch, member });
export type MemberRequest = z.output<typeof MemberRequest>;

/** Blocks and groups that a member has to catch up on, as one I/O manager knows; blocks moved for such, by it. */
export const BehindAnswer = z.object({ blocks: count, groups: count, blocksMoved: count });

export const DriveUse = z.object({
  blocksUsed: count,
  blocksAllocated: count,
  objects: count,
  logBytes: count,
  whyBuffered: z.string().optional(),
});

export const TraceRequest = z.object({ gfid });

/** A step of a journaled write, under its name in the kernel; `id`: the entry; `atMs`: of the machine's steady clock. */
export const TracedStep = z.object({ role: z.enum(['data', 'parity']), step: z.string(), id: exact, atMs: z.number() });
export type TracedStep = z.output<typeof TracedStep>;

/**
 * Steps an I/O manager can be held at.
 * - `delta-sent`: the difference an overwrite makes is on its way to the parity, and its block not flushed yet
 * - `block-written`: the blocks of a store are in the file, and no flush was asked for yet
 * - `hardened`: the blocks of a store are durable, and the sender does not know it
 * - `object-recorded`: the metadata of an object is durable here, and the sender does not know it
 */
export const Step = z.enum(['delta-sent', 'block-written', 'hardened', 'object-recorded']);
export type Step = z.output<typeof Step>;

/** `after`: how many times the step is let pass before it is held. `gfid`: only for this object. */
export const HoldRequest = z.object({ step: Step, after: count, gfid: gfid.optional() });
export type HoldRequest = z.output<typeof HoldRequest>;
export const HeldAnswer = z.object({ gfid, group: word.optional() }).optional();
