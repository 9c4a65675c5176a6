/** Nodes of one cluster. `Cluster.start` refuses more. */
export const nodesMax = 64;

/** Workers an app may attach beside the nodes. `attach` refuses more. */
export const attachedMax = 7;

/** Bytes of a key of the coordination store, as UTF-8. */
export const coordKeyBytesMax = 1024;

/** Bytes of a value of the coordination store. It holds facts about the cluster, not its data. */
export const coordValueBytesMax = 256 * 1024;

/** Comparisons plus operations of one transaction of the coordination store; etcd's default. */
export const coordTransactionOpsMax = 128;

/** Entries one `range` answers at most; `more` says that there are others. */
export const coordRangeEntriesMax = 1000;

/** Revisions of history a watch can start from. Older ones are compacted away. */
export const coordHistoryRevisionsMax = 10_000;

/** Time to live a lease may have. */
export const coordLeaseMsMin = 10;
export const coordLeaseMsMax = 24 * 60 * 60 * 1000;

/** Watches open on one coordination store. */
export const coordWatchesMax = 1024;

/** The machine-wide shared memory, when nobody asked for another size. Untouched pages cost nothing. */
export const arenaDefaultBytes = 1024 ** 3;

/** The most one WebAssembly memory can hold. */
export const arenaMaxBytes = 4 * 1024 ** 3;

/** Extents of the arena are multiples of this. */
export const extentGranuleBytes = 64 * 1024;

/** One frame on a channel. Larger messages travel as pages, or are cut by their channel. */
export const frameBytesMax = 64 * 1024;

/** One record on a link: a frame of the largest size with its headers, or many small ones. */
export const recordBytesMax = frameBytesMax + 64;

/** One direction of a shared-memory ring, headers apart. A power of two, at least four largest records. */
export const ringBytesDefault = 512 * 1024;

/** Ring memory of one cluster. Pairs opened beyond it talk over their other links. */
export const ringCapBytes = 128 * 1024 * 1024;

/** Times a reader looks again at a group of words that is being written, before the read counts as failed. */
export const seqlockTriesMax = 64;

/** Characters of the name of a service, of a member of a service, or of a channel. */
export const definitionNameCharsMax = 128;

/** Members of one service: their number travels as 16 bits, and a contract of that size should be two. */
export const serviceMembersMax = 1024;

/** One call's input or output, encoded. Larger data belongs in pages. Beyond one frame it is cut and put together. */
export const messageBytesMax = 8 * 1024 * 1024;

/** Calls one thread may have in flight, over all services. */
export const callsInFlightMax = 65_536;

/** Calls a deployed service may have accepted and not yet answered, unless its deployment says otherwise. */
export const mailboxCallsDefault = 16_384;

/** Frames that may wait for room in one session's window, or for the session to open. */
export const framesWaitingMax = 65_536;

/** Bytes of those frames. */
export const framesWaitingBytesMax = 64 * 1024 * 1024;

/** How long a call may take, unless its caller says otherwise. */
export const callTimeoutMsDefault = 30_000;

/** The longest time-out a call may ask for: 24 days, what a timer of Node can hold. */
export const callTimeoutMsMax = 2 ** 31 - 1;

/** Time-outs of calls are kept to this: never early, late by one tick at most while the event loop is not blocked. */
export const timerTickMs = 8;

/** Serial members one call may pass through, each waiting for the next. */
export const callChainMax = 32;

/** Values a stream's producer may send ahead of its consumer: the default, and the most a definition may ask for. */
export const streamCreditDefault = 64;
export const streamCreditMax = 65_536;

/** Streams one thread may have open as a consumer, and one member as a producer towards one peer. */
export const streamsOpenMax = 16_384;

/** Elements an array, a set, a map or a record may have in a message. */
export const codecItemsMax = 1 << 22;

/** Levels of causes and aggregated errors that travel with an error, and how many errors on one level. */
export const errorDepthMax = 8;
export const errorAggregateMax = 64;

/** Bytes of a stack, and of one own property of an error, that travel with it. */
export const errorStackBytesMax = 8 * 1024;
export const errorPropertyBytesMax = 64 * 1024;
