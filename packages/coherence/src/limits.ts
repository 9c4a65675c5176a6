/** Bytes of a key of a container, encoded. Every message about an object carries it. */
export const keyBytesMax = 1024;

/** Bytes of a value, encoded, unless its container says otherwise. */
export const valueBytesDefault = 1024 * 1024;

/** Bytes of a value a container may ask for: what one message carries, less the largest key and header. */
export const valueBytesMax = 8 * 1024 * 1024 - 4096;

/** How long a call on a container may take, unless its caller says otherwise. */
export const callMsDefault = 30_000;

/** How long the load of an object may take, unless its container says otherwise. */
export const loadMsDefault = 10_000;

/** How long the store of an object may take, unless its container says otherwise. */
export const storeMsDefault = 10_000;

/** How long opening a container waits for the nodes that are up. */
export const openMsDefault = 10_000;

/** Calls of one member that may wait, over all its containers. Those beyond fail with HF_MAILBOX_FULL. */
export const callsWaitingMax = 65_536;

/**
 * Calls a member begins before its event loop turns once: calls that find what they want here never leave the run to
 * completion they are made in, and whatever others want of this member would wait for its end.
 */
export const callsPerTurnMax = 256;

/** Times a request is passed on before it goes ahead of all others at the next owner. */
export const forwardsMaxDefault = 16;

/** Ids of requests count up to this and start again. */
export const requestIdsMax = 2 ** 32;

/** Characters of the name of a container. */
export const containerNameCharsMax = 128;

/** Messages kept that belong to a view this member has not heard of yet. */
export const framesEarlyMax = 65_536;

/** Keys of one `grabAll`, `getMany` or `prefetch`. */
export const keysPerCallMax = 4096;

/** Leases of one async context that are remembered for certain; what holds more should use explicit holders. */
export const leasesPerContextMax = 1024;

/** How long a member that owns nothing waits before it offers an object again that nobody took. */
export const giveBackMs = 10;

/**
 * How long a call waits for a lease of its own async context to end, before it fails with HF_LEASE_HELD: work started
 * beside the holder is in the same context, and deserves to wait.
 */
export const ownLeaseMs = 1000;

/** Nodes of a scenario. More are malformed. */
export const scenarioNodesMax = 64;

/** Bytes of a scenario file. A larger one is malformed. */
export const scenarioBytesMax = 4 * 1024 * 1024;

/** Characters of one line of a scenario. A longer one is malformed. */
export const scenarioLineCharsMax = 64 * 1024;

/** Characters of a name: of a call, a key, a kind of message. A longer one is malformed. */
export const scenarioNameCharsMax = 256;

/** Steps of a scenario with every turn of every repeat counted. More are malformed: nothing runs. */
export const scenarioStepsMax = 100_000;

/** Repeats inside repeats. More are malformed. */
export const scenarioRepeatDepthMax = 8;

/** Objects of a scenario. More are malformed. */
export const scenarioKeysMax = 64;

/** States a report may hold: steps times nodes times keys. More are malformed: nothing runs. */
export const scenarioStatesMax = 500_000;

/** Messages one step delivers. A step that is not at its end then fails. */
export const scenarioDeliveriesMax = 10_000;

/** Deliveries of one step that a report lists; the rest is counted. */
export const scenarioDeliveriesListed = 100;

/** Events of one object that one member records for a trace, and objects of a container. What comes later is not recorded. */
export const traceEventsMax = 10_000;
export const traceKeysMax = 64;

/** How long `inspect` waits for the answer of a member. */
export const questionMs = 1000;

/**
 * Objects of a container on a member that stay as they are, ready to be used. Of more than these, the ones that nobody
 * looked at for a round are packed. A round begins `restRoundMs` after the last one ended, and looks at `restLooksMax`
 * objects every `restStepMs`.
 */
export const awakeObjectsMin = 1024;
export const restRoundMs = 2000;
export const restLooksMax = 1024;
export const restStepMs = 20;

/**
 * Where more than `wakesManyShare` of what a round packed was wanted again, the time to the next round doubles, up to
 * `restRoundMsMax`; where less than `wakesFewShare` was, it halves, down to `restRoundMs`.
 */
export const restRoundMsMax = 64_000;
export const wakesManyShare = 0.5;
export const wakesFewShare = 0.125;

/** Bytes of a value, or of what the kernel knows of an object, that are packed. Beyond, packing saves little. */
export const packedValueBytesMax = 1024;

/** Objects that one round of eviction looks at; the next value that comes starts the next round. */
export const evictionLooksMax = 256;

/** Objects that a member offers to others at a time to stay within its budget. */
export const evictionsUnderWayMax = 16;

/** How long a blocking call sleeps at a time, so that its own time-out is noticed. */
export const blockSliceMs = 16;

/** Calls of one node that a recorded history holds; a load that needs more is refused. */
export const recordedCallsPerNodeMax = 2 ** 24;

/** Time between two looks at how far the recording of a history is. */
export const historyLookMs = 20;

/** Objects that one message of a change of view reports on. */
export const reportsPerMessage = 1024;

/** Views put off until a change is over: each adds a member, or says that one will leave. More are a bug of the host. */
export const viewsComingMax = 1024;

/**
 * Views a member remembers for sets it has nothing of yet: nobody gets further past the first view of a set without it. A
 * set that began before them is one that it joins.
 */
export const viewsKeptMax = viewsComingMax + 1;

/** Objects that `flushSet` gives up at a time. */
export const flushesUnderWayMax = 64;

/** Short values, up to `sharedBytesMax`, lie side by side in buffers of `slabBytes`. */
export const slabBytes = 8192;
export const sharedBytesMax = 512;

/** Pages of one value of a container of pages. */
export const pagesPerValueMax = 256;

/**
 * Pages under way to one member before the sender looks which of them were adopted; then again at twice those that were
 * not. They are bounded by the window of the session, and by the pages of the sender.
 */
export const offersLookedAtMin = 256;

/**
 * Half-made orders looked at for the history of one object in each of the many runs that make a failing simulation small,
 * a quarter of a second at most: a history that needs more counts as undecided there, and its run as not failing.
 */
export const shrinkOrderingsMax = 200_000;
