/** Parts one local event may pass through before the stack counts as looping. */
export const inputsPerActionMax = 256;

/** States one exploration may store unless the caller says otherwise. */
export const statesMaxDefault = 50_000_000;

/** Seconds one exploration may take unless the caller says otherwise. */
export const explorationSecondsMaxDefault = 600;

/** Memory of the state store of one exploration unless the caller says otherwise. */
export const explorationBytesMaxDefault = 2 ** 31;

/** Bytes of one page of stored states; the longest encoding of a state. */
export const statePageBytes = 2 ** 20;

/** Slots of the fingerprint table before anything is stored. */
export const fingerprintSlotsInitial = 2 ** 12;

/** Writes without a flush at a crash: each may survive or not, so this bounds the branches of a crash. */
export const unflushedWritesMax = 8;
