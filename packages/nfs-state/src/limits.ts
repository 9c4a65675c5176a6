/** Places of the queue of pages to be written that may be used up before the rest is moved to the front. */
export const readyQueueSlackPages = 4096;

/** How much one state holds. Heads that grant at the same moment may pass a bound by one each. */
export interface StateBounds {
  /** Clients, confirmed or not. */
  readonly clientsMax: number;
  /** Files a client has open, by owner. */
  readonly opensPerClientMax: number;
  /** Open-owners and lock-owners of a client that are remembered, each kind for itself. */
  readonly ownersPerClientMax: number;
  /** A client that has so many is delegated nothing more. */
  readonly delegationsPerClientMax: number;
  /** Files of which a client has layouts; one more is told to try later. */
  readonly layoutsPerClientMax: number;
  /** Byte ranges locked in one file by all owners together. */
  readonly rangesPerFileMax: number;
  readonly sessionsPerClientMax: number;
  /** Slots of a session: a client that asks for more gets these. */
  readonly slotsMax: number;
}

/**
 * Ids and stateids of clients whose leases ran out that are remembered, so that who shows one is told EXPIRED. The oldest are
 * forgotten, and are then as those that never were.
 */
export const expiredNamesMax = 16_384;

/** What a state holds unless its head says otherwise. One more is told RESOURCE, and nothing is lost. */
export const stateBoundsDefault: StateBounds = {
  clientsMax: 100_000,
  opensPerClientMax: 100_000,
  ownersPerClientMax: 100_000,
  delegationsPerClientMax: 10_000,
  layoutsPerClientMax: 10_000,
  rangesPerFileMax: 65_536,
  sessionsPerClientMax: 64,
  slotsMax: 64,
};

/** Bytes of the largest file: an object's. */
export const fileBytesMax = 2 ** 44;

/** Characters of the id of a file. */
export const fileIdCharsMax = 64;

/** Bytes of the name of an owner of operations. */
export const ownerBytesMax = 40;

/** Calls that wait for one file at its server. One more is HF_FILE_BUSY. */
export const callsPerFileMax = 4096;

/** Files whose attributes a server keeps in memory. Beyond that those not used longest are read again when needed. */
export const attributesKeptMax = 16_384;

/** Epochs of metadata servers that change attributes tell apart: the upper part of the number. */
export const changeEpochsMax = 2 ** 21;

/** Characters of a client's name, and of a verifier. */
export const clientNameCharsMax = 24;
export const verifierCharsMax = 64;

/** Runs of bytes that one call to a server names, and bytes of one of them. */
export const runsPerCallMax = 256;
export const runBytesMax = 1 << 20;

/** Units of a file whose data servers a layout names; it goes on from the beginning after these. */
export const stripeUnitsMax = 256;

/** Layouts a data server knows. One more is refused, and its file goes through the metadata server. */
export const layoutsPerDataServerMax = 65_536;

/** Layouts that a data server names in one answer. */
export const grantsPerPageMax = 1024;

/** How long clients have to give a layout back that the metadata server recalls. Then it is taken from them. */
export const recallMs = 5000;

/** How long a client that stopped listening has to come back, also to another metadata server. Then its lease ends. */
export const returnMs = 5000;

/** How long a metadata server waits before it looks again who serves, when the coordination store did not say. */
export const servingRetryMs = 100;

/** How often the metadata server that serves tells the coordination store, and others look whether it did. */
export const placeTouchMs = 1000;

/** How often a metadata server renews the leases of clients that listen. */
export const renewMs = 1000;

/** How often something is asked of the heads' state anew that was changed meanwhile. */
export const stateTriesMax = 16;

/** Words for a client that has not heard the last ones. One more ends its lease. */
export const wordsWaitingMax = 4096;

/** How long a data server that did not answer is left alone before it is told again that a layout is over. */
export const fenceRetryMs = 100;

/** Bytes from the beginning of a file whose places a layout is made of. */
export const layoutLookBytes = 16 << 20;

/** How long a data server may take to hear of a layout. Who takes longer gets nothing written under it. */
export const grantMs = 1000;

/** Pages a cache holds unless told otherwise (64 MiB), and the fewest it works with. */
export const cachePagesDefault = 16_384;
export const cachePagesMin = 64;

/** Pages taken from the pool at a time, side by side where there is room. */
export const slabPages = 256;

/** Share of a cache that may be dirty before pages are pushed out without being asked for. */
export const dirtyShareMax = 0.5;

/** Calls that wait for room in a cache. One more is HF_CACHE_FULL. */
export const roomWaitersMax = 4096;

/** Pages written side by side that are pushed out together while the application goes on writing. */
export const gatherPages = 256;

/** Pages of one WRITE call, and of one READ call. */
export const pagesPerCallMax = 64;

/** Bytes within one page that are dirty apart from each other. One range more has to wait until the page is clean. */
export const dirtyRangesMax = 16;

/** Pages read ahead of somebody who reads in order: first, doubled each time, and at most. */
export const readAheadPagesMin = 8;
export const readAheadPagesMax = 256;

/** Files a cache knows of. Beyond that those that are closed go, those not used longest first. */
export const cachedFilesMax = 65_536;

/** How long a server that did not answer is left alone: first, doubled each time, and at most. */
export const lostServerMs = 10;
export const lostServerMsMax = 1000;

/** How long somebody who was denied a lock waits before asking again: first, doubled each time, and at most. */
export const lockAgainMs = 2;
export const lockAgainMsMax = 100;

/** Changes of a file by this client that it tells from those of others at a time. */
export const ownChangesMax = 4096;

/** The bounds of the page-sync kernel in a cache. */
export const pageSyncBounds = {
  layoutErrorsMax: 3,
  commitRetriesMax: 3,
  writesMax: 64,
  commitPages: 8192,
  suspendMs: 100,
  restMs: 10,
} as const;

/** How long a read waits that the metadata server asked to come again. */
export const readAgainMs = 10;

/** Objects of an array that a server keeps open. Beyond that those not used longest are looked up again. */
export const objectsOpenMax = 65_536;

/** Bytes of one batch of the heads' log, and of one of its segments. A larger record is refused. */
export const batchBytesMax = 4 << 20;
export const segmentBytesMax = 32 << 20;

/**
 * Bytes of the records of one batch before they are deflated, as far as can be said without encoding them: deflated they fit
 * {@link batchBytesMax} whatever they are. More wait for the next batch; a request whose record alone has more is told RESOURCE.
 */
export const batchContentBytesMax = batchBytesMax - (64 << 10);

/** Bytes of a record besides what it touches and changes: numbers, and the names of its fields. */
export const recordOverheadBytes = 128;

/** Bytes of a batch or a snapshot before they are deflated. What claims to be more is not one. */
export const unpackedBytesMax = 512 << 20;

/** How often a text is cut at a colon or slash to be kept in few bytes: names of clients may be of nothing else. */
export const compactCutsMax = 4;

/** How deep a value may be nested that is kept in few bytes, and the lists of field names that are remembered to write it. */
export const compactDepthMax = 64;
export const compactShapesMax = 4096;

/** Bytes of the log that are read at a time. */
export const logReadBytes = 256 << 10;

/** Objects of a log, beyond which the next appender saves a snapshot and frees what is before it. */
export const logPiecesMax = 32;

/** Keys of the heads in the coordination store begin so. */
export const coordName = 'holdfast-nfs-state';

/** Times a change of the log's manifest is tried when others change it too. */
export const manifestTriesMax = 16;

/** Records that one append makes durable together. More wait for the next one. */
export const batchRecordsMax = 256;

/** How long an appender waits at most for those it has just answered to ask again: as long as its last batch took, and so long. */
export const gatherMsMax = 10;

/** Keys of which an appender remembers the last record. Beyond it what was decided before is decided again. */
export const touchedKeysMax = 100_000;

/** Records between two snapshots of the state. */
export const snapshotRecordsDefault = 20_000;

/** How long a head may serve after it was last in touch, how often it gets in touch, and what others wait beyond it. */
export const rightMs = 5000;
export const touchMs = 250;
export const rightMarginMs = 1000;

/** How long a head that gave its place up leaves it to others. */
export const standAsideMs = 200;

/** How long a head waits before it asks the storage again that failed: first, doubled each time, and at most. */
export const storageRetryMs = 50;
export const storageRetryMsMax = 2000;

/** How long a request may wait at a head before its client is told to come again (DELAY), unless told otherwise. */
export const requestWaitMsDefault = 10_000;
export const requestWaitMsMin = 100;

/** How long a client looks for a head that is there, and how long it rests once it has asked all of them. */
export const headSearchMs = 10_000;
export const headSearchRestMs = 20;

/** What a head sends others from memory waits so long to be sent with more of it, and so much at most; more is dropped. */
export const outboxMs = 5;
export const outboxEntriesMax = 4096;

/** Bytes of a piece of a message between heads: it is one frame of their channel. */
export const messagePieceBytes = 48 * 1024;

/** How long a client keeps what it has without being heard of, unless told otherwise; and the shortest it may be. */
export const leaseMsDefault = 90_000;
export const leaseMsMin = 1000;

/** Ticks by which a head counts a lease. */
export const ticksPerLease = 8;

/** A head that did nothing for this share of a lease begins all leases anew. */
export const leasePauseShare = 0.25;
