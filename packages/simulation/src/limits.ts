/** Parts one local event may pass through before the stack counts as looping. */
export const inputsPerActionMax = 256;

/** States one exploration may store unless the caller says otherwise. */
export const statesMaxDefault = 50_000_000;

/** Seconds one exploration may take unless the caller says otherwise: as long as a whole suite should. */
export const explorationSecondsMaxDefault = 1800;

/** Memory of the state store of one exploration unless the caller says otherwise: two of them, and their pools, in 8 GiB. */
export const explorationBytesMaxDefault = 3 * 2 ** 30;

/** States, seconds and memory of one exploration of a suite's long configurations, unless the caller says otherwise. */
export const longStatesMaxDefault = 2 ** 28;
export const longExplorationSecondsMaxDefault = 3600;
export const longExplorationBytesMaxDefault = 2 ** 33;

/** Bytes of one page of stored states; the longest encoding of a state. */
export const statePageBytes = 2 ** 20;

/** Slots of the fingerprint table before anything is stored. */
export const fingerprintSlotsInitial = 2 ** 12;

/** Steps that a reduction wants taken soon, one after the other. More count as not ending. */
export const soonStepsMax = 256;

/** Timers one part may have armed at once in an explored world. */
export const armedTimersMax = 64;

/** Durable blocks of one explored disk on which a misdirected write may land. */
export const strayBlocksMax = 64;

/** Writes without a flush at a crash: each may survive or not, so this bounds the branches of a crash. */
export const unflushedWritesMax = 8;

/** Numbers a stream of choices holds before it grows. */
export const choiceListInitial = 64;

/** Steps of a draw between the shortest and the longest time a message, call or disk operation may take. */
export const delaySteps = 256;

/** Virtual time between two looks at whether a node, link or disk should fail. */
export const faultTickMs = 2;

/** Longest fault that ends by itself: a cut, a clog, a pause, a broken link, a restart. */
export const faultMsMax = 200;

/** Times as long that a clogged link or a slow disk operation takes. */
export const slowFactor = 100;

/** Virtual time within which an end notices that its link went down or up. */
export const noticeMsMax = 4;

/** Times as late that a late timer ends. */
export const lateTimerFactor = 8;

/** Events of one run: more count as not converging. */
export const runEventsMax = 2_000_000;

/** Events between two looks at whether a run has converged. */
export const convergenceCheckEvents = 16;

/** Events between two states that go into the digest. */
export const digestStateEvents = 64;

/** Runs tried to make a failing run smaller, and the time for it. */
export const shrinkRunsMax = 3000;
export const shrinkSecondsMax = 60;

/** Choices left below which shrinking tries pairs of them, and places a choice is moved in such a pair. */
export const shrinkPairsMax = 24;
export const shrinkShiftMax = 8;

/** Lines kept of the story of a failing run: the last ones. */
export const storyLinesMax = 400;

/** Half-made orders looked at for one object before its history counts as undecided, unless the caller says otherwise. */
export const orderingsMaxDefault = 20_000_000;

/** Undecided runs that a report names, the first ones; all are counted. */
export const undecidedRunsMax = 16;

/** Calls around the violation of a history, and violated objects, that a report names at most. */
export const explainedCallsMax = 24;
export const explainedObjectsMax = 8;
