/** The atomic unit of storage and of checksums. Equals the page size of the shared memory. */
export const blockBytes = 4096;

/** Data blocks of one group: 1 is a mirror. `RaidArray.create` refuses more. */
export const dataSlotsMax = 8;

/** Blocks of one slot of a whole group, 64 KiB: large enough that a drive sees long transfers. */
export const unitBlocksDefault = 16;
export const unitBlocksMax = 64;

/** Members of one array: a span is kept as one byte per member. */
export const arrayMembersMax = 64;

/** Bytes of a key in UTF-8. */
export const keyBytesMax = 1024;

/** Bytes of one object. A group number must fit 32 bits even with one block per group. */
export const objectBytesMax = 2 ** 44;

/** A block file grows by extents of this many blocks (16 MiB), each written with zeros and flushed before use. */
export const extentBlocksDefault = 4096;
export const extentBlocksMin = 64;
export const extentBlocksMax = 65_536;

/** Blocks one drive may have: addresses are 32 bits wide (16 TiB). */
export const driveBlocksMax = 2 ** 32 - 1;

/** A log grows by extents of this many bytes, zeroed and flushed before use. */
export const logExtentBytes = 1 << 20;

/** Pages of the longest log batch (256 KiB): the unit that is checksummed, chained and flushed as a whole. */
export const logBatchPagesMax = 64;

/** A log is rewritten when it is longer than this and more than twice as long as what is still true in it. */
export const logRewriteBytesMin = 4 << 20;

/** Bytes at the end of a log that only records that free space may use, so that a full drive can be emptied. */
export const logReserveBytes = 256 << 10;

/**
 * Bytes that both log files of a drive have beyond all that is true in them before more is taken in, and before what is
 * there is overwritten: the log can be written anew, and go on from there, when the file system has no space.
 */
export const logHeadroomBytes = 768 << 10;
export const logOverwriteHeadroomBytes = 640 << 10;

/** Blocks of a drive that nothing new takes: with them what is there is overwritten, removed and restored when it is full. */
export const keptBlocks = 32;

/** Of these, those that are left to parity, so that whoever waits for it goes on. */
export const keptForParity = 16;

/** Places that a role takes at a time on a drive that is full. */
export const placesWhenFull = 4;

/** Clients whose last write of a block is kept with it in a log written anew on a drive that is full. */
export const clientsWhenFullMax = 4;

/** How long a drive whose file system had no space is not asked to grow ahead of need. */
export const growAgainMs = 1000;

/** Bytes written to a block file before a flush is begun ahead of the next request for one. */
export const flushAheadBytes = 16 << 20;

/** Bytes of a write that is carried out at once, in the thread that asks: below some 64 KiB a hand-over costs more. */
export const inlineWriteBytesMax = 64 << 10;

/** Bytes of a transfer from which on it goes past the cache of the kernel. */
export const directBytesMin = 64 << 10;

/** Ends of entries, and others nobody waits for, that wait for a flush of somebody else; this many ask for one themselves. */
export const lazyRequestsMax = 64;

/** Turns of the loop that a flush waits for more who want it, as long as each of them brings some. */
export const gatherTurnsMax = 4;

/** How long those wait at most for a flush of somebody else whose write was answered before it. */
export const soonFlushMs = 5;

/** How long a message to another I/O manager that nobody waits for waits for one that somebody does, and how many may. */
export const laterMs = 2;
export const laterMessagesMax = 64;

/**
 * Single blocks that lie side by side and are read in one call: below `directBytesMin`, for they were written through the
 * cache of the kernel, and are most likely still there.
 */
export const blocksReadTogetherMax = 8;

/** Parts of one vectored read or write. Linux takes 1024. */
export const transferPartsMax = 64;

/** Epochs skipped by an opening that accepts drives which may be old: more than the others can have gone on by. */
export const acceptedEpochs = 1024;

/** Views of an array in its life: the upper part of an object id. 2^21 of them keep ids exact numbers. */
export const epochsMax = 2 ** 21 - 1;

/** Slots one request to an I/O manager may name. */
export const slotsPerRequestMax = 64;

/** Ids one request to let go of objects may name. */
export const gfidsPerRequestMax = 1024;

/** Records one page of a listing holds. */
export const recordsPerPageMax = 256;

/** Puts that run at a time; further ones wait in order. */
export const putsInFlightMax = 16;

/** Groups of a put or get that go out in one request to each member. */
export const groupsPerWindow = 16;

/** Windows of one put under way at a time. */
export const windowsPerPutMax = 3;

/** Windows of one get read ahead of its consumer. */
export const windowsPerGetMax = 3;

/** Pages that all puts of an array, and all its gets, may use at a time: 16 MiB each, less when the range is small. */
export const pagesPerDirectionMax = 4096;

/** How long a member may take to answer a read. Slots it has not read by then are restored from the others. */
export const readMs = 10_000;

/** How long one request to an I/O manager may take before it counts as unanswered. A flush may be long. */
export const requestMs = 120_000;

/** Writes of single blocks that wait at one I/O manager for their block, parity IOM or space; more are answered `busy`. */
export const writesWaitingMax = 4096;

/** Clients whose last write of a block is remembered with it. A retry that comes after so many others is a new write. */
export const clientsPerBlockMax = 16;

/** Objects of which something is gone that the report of a rebuild or scrub names; of more it has the number of groups. */
export const lostObjectsMax = 1000;

/** Calls for blocks of stopped members, and blocks of returning ones, that wait at one proxy; more calls are answered `busy`. */
export const proxyCallsMax = 4096;

/** Blocks of which a parity IOM remembers who wrote them last; with more, those written longest ago are forgotten. */
export const knownBlocksMax = 65_536;

/** Groups whose parity is computed anew at a time, at one parity IOM; those that a write waits for come first. */
export const encodesInFlightMax = 16;

/** Blocks of a returning member that are restored at a time; a call for another block goes before those nobody asks for. */
export const restoresInFlightMax = 16;

/** Rows with a promise of a place that a parity IOM has before it looks which of them have their place by now. */
export const promisedRowsSwept = 64;

/** How often a message that needs space on a full drive is looked at again while nothing under way gives any back. */
export const spacePollMs = 20;

/** Blocks that one call may reserve, 16 GiB, and ranges of one object that are reserved. */
export const reservedBlocksMax = 2 ** 22;
export const reservedRangesMax = 256;

/** Updates of blocks under way at one I/O manager in its data role; further writes wait in order. */
export const updatesOpenMax = 4096;

/** Pages of blocks that were read or written last, kept by an I/O manager so that overwriting them reads nothing. */
export const cachedBlocksMax = 1024;

/** Bytes of one frame between two I/O managers: what a channel of the runtime carries at once. Longer messages go in parts. */
export const linkFrameBytesMax = 64 << 10;

/**
 * Bytes of a message between two I/O managers, all its parts together: some 4 million marked blocks or stale groups. A member
 * that has more to say stops its drive, and comes back with a new one.
 */
export const linkMessageBytesMax = 64 << 20;

/** Blocks, or groups, of a member with a new drive that a kernel is told of at a time: each is an effect of that step. */
export const blanksPerStepMax = 4096;

/** Addresses the free map hands to a role at a time, ahead of need. */
export const addressesAhead = 64;

/** Blocks one request for a range of an object may name. */
export const blocksPerRequestMax = 64;

/** Bytes of the log that a write leaves to the ends of entries and to the parity role. */
export const journalSpareBytes = 512 << 10;

/** How often a block is looked up anew because it was overwritten while it was read. */
export const readAttemptsMax = 16;

/** Bits of a change number below the epoch: 8.7 * 10^12 writes of one object under one view, and 21 bits for the epoch. */
export const changesPerEpochBits = 43;

/** Objects one I/O manager can make in one life: its part of the lower half of an object id. */
export const gfidsPerLifeMax = 2 ** 25;

/** Objects one opening can store as wholes: the other part. */
export const gfidsPerOpeningMax = 2 ** 31;

/** Views that a write or read of blocks may go through before it gives up. */
export const reroutesMax = 8;

/** How often a write of blocks is sent anew: because a member is lost, or because views change while it is on its way. */
export const writeAttemptsMax = 500;

/** Blocks of one read or write of a range that are under way at a time. */
export const blocksPerWindow = 512;

/** Callers of objects have random numbers below this: the largest range there is for them. */
export const clientsMax = 2 ** 48 - 1;

/** How often a node looks for a new view of the array while a member is gone and the view still counts it. */
export const viewPollMs = 10;

/** How often one request may be refused as of an older view. */
export const viewRefreshesMax = 100;

/** How often the blocks of a row are read anew because one was written meanwhile, and the longest pause before that. */
export const rowAttemptsMax = 200;
export const rowPauseMs = 20;

/** How often a caller claims an object anew because another one claimed it at the same time. */
export const claimAttemptsMax = 16;

/** A claim is above the one before by a random number below this, so that two at the same time are not the same. */
export const claimStepMax = 2 ** 16;

/** How often the array asks how far a member is that catches up, at most. */
export const behindPollMs = 20;

/** How long the I/O manager of a restarted node may take to be there, and how often it is looked for. */
export const reviveWaitMs = 10_000;
export const revivePollMs = 20;

/** How often a scrub looks at a row anew that is being written, or caught up with. */
export const scrubAttemptsMax = 50;

/** How long after its end a link between two members that are both up is begun anew. */
export const linkRetryMs = 20;

/** How long closing an array waits for journaled writes that were answered to end. */
export const settleWritesMs = 5_000;

/** Names of an array: all of them are in the memory of each thread that uses them. */
export const namesMax = 1_000_000;

/** Objects whose name was removed and that are not yet gone; a remove beyond that is refused until a sweep has run. */
export const doomedObjectsMax = 65_536;

/** Writers of names whose last operation is kept: one that did not hear the end of its own asks whether it is there. */
export const namesWritersMax = 64;

/** The log of names is written anew when it is longer than this and more than twice what is still true in it. */
export const namesLogBytesMin = 1 << 20;

/** Blocks from one area of the log of names to the other, 64 GiB: more than all names of the greatest length take. */
export const namesAreaBlocks = 2 ** 24;

/** Blocks of the log of names that are read or written at a time. */
export const namesWindowBlocks = 64;

/** How often a change of names is begun anew because another writer was quicker, and the longest pause before that. */
export const namesAttemptsMax = 64;
export const namesPauseMs = 50;

/** Changes and readings of names that wait for their turn in one thread; more are refused with HF_NAMES_BUSY. */
export const namesWaitingMax = 4096;

/** Steps of journaled writes that an I/O manager notes for one trace; further ones are left out. */
export const traceStepsMax = 1024;

/** Blocks of an object that one answer about what is held names. */
export const heldBlocksMax = 4096;

/** Blocks that become zeros at a time where a range is trimmed: a drive that is full has room for so many in its reserve. */
export const trimWindowBlocks = 32;

/**
 * Objects removed while a member catches up that a member remembers. One beyond may leave a returning member waiting for a
 * block of it, until the array is opened again.
 */
export const removedKnownMax = 65_536;
