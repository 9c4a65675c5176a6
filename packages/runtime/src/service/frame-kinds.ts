/** The first byte of a frame on the service and stream ports says what it is. */
export const voidFrame = 0;
/** Part of a message larger than a frame: kind, flags, bytes of the whole message as u32, then bytes of it. */
export const pieceFrame = 1;
export const pieceHeaderBytes = 6;
export const firstPiece = 1;
export const lastPiece = 2;

/**
 * A call: kind, flags, member as u16, deployment id, slot and generation of the call at its caller, remaining
 * milliseconds (0: no limit), each u32; the chain when flagged; the input.
 */
export const callFrame = 2;
export const callHeaderBytes = 20;
export const chainFlag = 1;
/** The caller is not interested any more: kind, slot, generation, reason as u8. */
export const cancelFrame = 3;
export const cancelFrameBytes = 10;
export const cancelAborted = 0;
export const cancelTimedOut = 1;
/** An output: kind, slot, generation, the output. */
export const resultFrame = 4;
/** Something thrown: kind, slot, generation, the description. */
export const failureFrame = 5;

/**
 * On the stream port. An opening: kind, flags, member as u16, deployment id, slot and generation of the stream at its
 * consumer, credit, each u32; the input.
 */
export const openFrame = 2;
export const openHeaderBytes = 20;
/** More credit: kind, slot, generation, values as u32. */
export const creditFrame = 3;
export const creditFrameBytes = 13;
/** The consumer has enough: kind, slot, generation. */
export const stopFrame = 4;
/** One value: kind, slot, generation, the value. */
export const valueFrame = 5;
/** No more values: kind, slot, generation. */
export const completeFrame = 6;
/** Something thrown: kind, slot, generation, the description. */
export const errorFrame = 7;
/** Kind, slot and generation, with which most frames begin. */
export const addressBytes = 9;
