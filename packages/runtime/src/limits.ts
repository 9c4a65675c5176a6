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

/** Leases one member may hold. */
export const coordLeasesMax = 4096;

/** View epochs the supervisor uses up in the coordination store at a time. */
export const epochsReserved = 256;

/** Epochs left below which it asks for more. While it gets none, no node starts: every member can still die once. */
export const epochsLeftMin = 128;

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
export const recordBytesMax = frameBytesMax + 128;

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

/** Time-outs of calls are kept to this: never early, late by two ticks at most while the event loop is not blocked. */
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

/** Silence after which a heartbeat is reported as stalled, unless the cluster says otherwise. */
export const stallMsDefault = 1000;

/** The least silence that may be reported or punished: an idle member's heart beats every `idleHeartbeatMsMin`. */
export const stallMsMin = 250;

/** How long a thread may take to end before it is fenced, unless the cluster says otherwise. */
export const terminateMsDefault = 5000;

/** How long a node may take from the start of its thread until its channels are ready. */
export const bootMsDefault = 30_000;

/** How long `drain` lets running calls finish. */
export const drainMsDefault = 10_000;

/** How long an admin call (deploy, pause, diagnostics) waits for a node or for the supervisor. */
export const controlMsDefault = 30_000;

/** What each node of a deploy adds to the time it may take: they load on the same cores. */
export const deployNodeMs = 1000;

/** How long `diagnostics` waits for a node before it reports the node as not responding. */
export const diagnoseMs = 1000;

/** Pages of each member's range, unless the cluster says otherwise: 32 MiB, untouched until used. */
export const pagesPerNodeDefault = 8192;

/** Pages of all members together, when the cluster does not say: large clusters get smaller ranges. 512 MiB. */
export const pagesPerClusterDefault = 131_072;

/** Members up to which all wires are made at the start; beyond, a pair gets them when it first talks. */
export const meshMembersMax = 8;

/** Events one thread may publish between two turns of its loop. What is above is counted, not kept. */
export const eventsPerTurnMax = 1024;

/** Events an `events()` iterator may be behind before the oldest are dropped and counted. */
export const eventsBehindMax = 4096;

/** Services deployed on one cluster at a time, over all nodes. */
export const deploymentsMax = 4096;

/** What one side of a port link may have under way that the other has not drained: ports have no back-pressure. */
export const portCreditBytes = 1024 * 1024;

/** Records that travel in one post of a port link. */
export const portPackBytes = 128 * 1024;

/** Packs from this length on are transferred instead of cloned. */
export const portTransferBytes = 16 * 1024;

/** How long a deploy waits until every member knows of it. A blocked member learns it when it runs again. */
export const directoryMs = 1000;

/** A record is sent when the next frame would take it beyond this, if the turn does not end before. */
export const recordTargetBytes = 16 * 1024;

/** Records kept for retransmission, of one class towards one peer: at first, and at most. Beyond it senders wait. */
export const retransmitBytesInitial = 32 * 1024;
export const retransmitBytesMax = 4 * 1024 * 1024;

/** Numbers of ports, `1` to this. */
export const portNumberMax = 32_767;

/** Records of each class (control, coherence, bulk, background) that may be under way towards one peer. */
export const sessionWindowsRecords = [256, 1024, 1024, 256] as const;

/** Delivered records that force an acknowledgement, and how long one may wait for a frame to ride on. */
export const acknowledgeEveryRecords = 16;
export const acknowledgeMs = 5;

/** Unacknowledged records are sent again after this, while the peer's heart beats. */
export const retransmitMs = 250;

/** How long a session is kept that no link carries. */
export const retentionMs = 10_000;

/** Bound of an orderly close, and the period of its unanswered frames. */
export const drainMs = 2000;
export const closeRepeatMs = 50;

/** A failed link rests this long, twice as long after each further failure, until it stayed up for `linkSteadyMs`. */
export const probeMs = 10;
export const probeMsMax = 320;
export const linkSteadyMs = 200;
export const linkFlapsMax = 6;

/** Period of a member's heartbeat, which also looks at every link and runs the timers of the protocols. */
export const heartbeatMs = 10;

/** Heartbeats without traffic after which a member beats slowly, until something stirs it. */
export const quietTicksMax = 20;
/**
 * A slow heart beats `idleBeatsPerStall` times in the shortest silence that counts, within these bounds; the supervisor
 * looks at the heartbeats as often. Each wake-up of a sleeping thread costs some 0.2 ms of CPU on a virtual machine.
 */
export const idleHeartbeatMsMin = 100;
export const idleHeartbeatMsMax = 250;
export const idleBeatsPerStall = 4;

/** How often an idle member looks at every link, in case a wake-up was lost. */
export const idleLookMs = 500;

/** How long `close` gives services to dispose of what they hold. */
export const closeGraceMs = 2000;

/** Clients of the connection manager, whose needs are collected in one piece before a connection opens. */
export const connectionClientsMax = 8;

/** Back-off of a failed attempt to open a connection, and how long a stage waits before it asks again. */
export const connectionRetryMs = 10;
export const connectionRetryMsMax = 500;
export const connectionRetriesMax = 16;
/** Attempts that may fail in a row before a sign of the peer no longer cuts a back-off short. */
export const connectionHurriesMax = 3;
export const connectionWaitMs = 100;
/** How often an open connection looks at the peer's status page. */
export const connectionKeepMs = 1000;

/** Beats of a peer without progress on a link after which the link is suspect, or, if it is the only one, failed. */
export const stallBeats = 2;
export const soleLinkStallBeats = 100;

/**
 * A member whose own heartbeat came this much later than due was stalled itself, and suspects nobody for it. Less than
 * the `stallBeats` of a peer take: a ring that nobody read may have been too full for its acknowledgements.
 */
export const lateHeartbeatMs = 8;

/** Late heartbeats for which a link that makes no progress is excused; after that it is judged all the same. */
export const lateTicksExcusedMax = 25;

/** Records one turn of the event loop takes from one peer before it yields. */
export const recordsPerTurnMax = 64;

/** Turns of a synchronous drain before it returns to its caller. */
export const drainTurnsMax = 64;

/** Consumed records whose credit is given back at a time. Small against every window. */
export const creditEveryRecords = 16;

/** Records a blocking member handles before its event loop turns, and hops it gives promises to answer each batch. */
export const blockRecordsMax = 64;
export const blockHopsMax = 8;

/** How long a blocking member sleeps at a time: while something may wait for its event loop, and at most. */
export const blockSliceMsMin = 1;
export const blockSliceMsMax = 16;

/** How long a service that is being undeployed may take to finish the calls it has. */
export const undeployMs = 5_000;

/** Jobs of the compute lane that may wait or run. */
export const laneJobsMax = 1024;

/** A thread of the compute lane without work ends after this. */
export const laneIdleMs = 5000;

/** Channels one thread may have at a time, over all peers; and offers of one peer that may wait for their counterpart. */
export const channelsMax = 4096;
export const channelOffersMax = 1024;

/** Messages of one channel whose senders wait for room. */
export const channelSendsWaitingMax = 4096;

/** Messages kept for a channel that nobody listens to yet. */
export const channelUnheardMax = 4096;

/** The least heap a node may be limited to. Below it V8 cannot make a thread, and aborts the process instead. */
export const oldGenerationMbMin = 16;
export const codeRangeMbMin = 8;
