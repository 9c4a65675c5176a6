/** Entries (files, directories, links, skipped) of one source tree. A larger tree is refused, not cut. */
export const treeEntriesMax = 4_000_000;

/** `lstat` calls in flight while a tree is walked: the size of libuv's default thread pool, four times over. */
export const lstatsInFlight = 16;

/** Bytes asked of one read of a source file. */
export const readChunkBytes = 256 * 1024;

/** Time between two drawings of a progress bar. */
export const progressIntervalMs = 100;

/** Time between two lines of progress where there is no terminal. */
export const progressLineMs = 10_000;

/** Files streamed, read back or hashed at the same time. */
export const filesInFlight = 16;

/** After this long without a byte moving the demo gives up: a disk or mount hangs. */
export const stallMs = 30_000;

/** Times {@link stallMs} that a cluster may take to start, open a store or close. */
export const startPatience = 10;

/** Free space a demo leaves untouched beside what it needs. */
export const spaceReserveBytes = 64 * 1024 * 1024;

/** One line of the control protocol. Garbage without a line end is cut off here. */
export const controlLineBytesMax = 256 * 1024;

/** Bytes of an object in one line of the control protocol, before base64. */
export const controlChunkBytes = 96 * 1024;

/** Connections a serving process answers at once; further ones are hung up on. */
export const controlConnectionsMax = 32;

/** A connection on which nothing moves for this long is closed. */
export const controlIdleMs = 30_000;

/** A rebuild or a scrub says this often how far it is: well below {@link controlIdleMs}. */
export const mendingStepMs = 1000;

/** Bytes of an object's key. */
export const objectKeyBytesMax = 512;

/** Time a run that failed gives its cluster to come up, where it was starting, and to end. */
export const abandonTimeoutMs = 20_000;

/** Time that cleaning up may take, and that something may keep the process alive after its work is done. */
export const leaveTimeoutMs = 5_000;

/** Files that are tried, one after the other, for a kill in the middle of their store. */
export const killAttemptsMax = 32;

/** How long a cluster may take to start: 64 threads on a busy machine are slow, not broken. */
export const clusterBootMs = 180_000;

/** Files of the demo's shared index; further ones are stored like all, and not indexed. */
export const indexFilesMax = 4096;

/** Nodes of a demo that share an index: in larger clusters members are not all connected from the start. */
export const indexNodesMax = 8;

/** Entries of the index that a node is asked for at a time. */
export const indexFindKeys = 256;

/** How long a call on the index of a served store may take. */
export const indexCallMs = 5_000;

/**
 * Threads that `--jobs` of `explore` and `sim` takes, and those it takes unless told otherwise, one a core: each holds the
 * states of one exploration, or the code that makes runs.
 */
export const verifyThreadsMax = 64;
export const verifyThreadsPreferredMax = 8;

/** Blocks of the object that the demo overwrites while it stores files: each node has some. */
export const ledgerBlocks = 256;

/** Overwrites of it under way at a time, and the pause after each: storing files is to go on beside them. */
export const ledgerLanes = 4;
export const ledgerPauseMs = 20;

/** How long a node that is about to be killed may take to come to the middle of an overwrite. */
export const overwriteCatchMs = 5_000;

/** Files of a tree that are stored or compared at a time, each over a connection of its own. */
export const treeFilesInFlight = 4;

/** Overwrites that a process of the demo is answered before it is killed. */
export const doomedAnswers = 200;

/** How long it may take to be answered the first: on a busy machine opening the store is most of it. It is killed then as well. */
export const doomedBootMs = 120_000;

/** How long it may take for the others: it is killed then with those it has. */
export const doomedOverwritingMs = 10_000;
