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
