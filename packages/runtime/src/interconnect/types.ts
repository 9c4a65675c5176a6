import type { MessagePort } from 'node:worker_threads';

/** Interconnect drivers known today. The preferred one of a cluster comes first in its `interconnect` option. */
export const driverNames = ['ring', 'port'] as const;
export type DriverName = (typeof driverNames)[number];

/**
 * Why a link went down. `closed`: by this side's {@link InterconnectLink.close}. `killed`: on purpose, by a fault hook.
 * `stalled`: it did not move while the peer's heart beat. `peer`: the other end closed or replaced it. `corrupt`: a
 * record that cannot be right was found.
 */
export type LinkDownReason = 'closed' | 'killed' | 'stalled' | 'peer' | 'corrupt';

/**
 * One record as a link hands it over. `bytes[start..end)` belongs to the link and is valid only during the call;
 * `start` is a multiple of 8 from the beginning of `bytes.buffer`, and `words` spans the same buffer.
 */
export type RecordReceiver = (bytes: Uint8Array, words: Int32Array, start: number, end: number) => void;

/** Counted since the link was made. */
export interface LinkCounters {
  recordsSent: number;
  bytesSent: number;
  recordsReceived: number;
  bytesReceived: number;
  /** Offers refused for want of room. */
  refused: number;
  /** Times the link went down. */
  downs: number;
}

/**
 * What a link tells its owner, from the owner's own thread: out of `drain`, `poll`, `fail` or the event loop, never out
 * of `offer` or `publish`.
 */
export interface LinkOwner {
  /** Said once per time the link goes down. After it, and until `onUp`, nothing is delivered and `offer` is refused. */
  onDown(reason: LinkDownReason): void;
  /** The carrier asked for by {@link InterconnectLink.renew} is there, empty in both directions. */
  onUp(): void;
}

/** What a link needs from the place it is used in. Over a network only the cuts are left to fill in. */
export interface LinkSurroundings {
  /** Whether traffic of this pair is cut in the direction away from, or towards, this side. */
  sendCut(): boolean;
  receiveCut(): boolean;
  /** Wake the other side: there is something on this link for it. */
  signal(): void;
  /** Block until the other side signals or `ms` passed; whether it did. */
  wait(ms: number): boolean;
  /** Reach the other end of this link beside the link itself, to hand over a new carrier. */
  post(message: object, transfer: readonly MessagePort[]): void;
}

/**
 * One way to carry records between two members. A driver makes links and promises little, so that a later one over TCP
 * can promise the same: whole records, in order, each at most once, none after `onDown`; some may be lost when it goes
 * down. All the rest (retransmission, credit, failover) is the session's. No method blocks but {@link wait}.
 */
export interface InterconnectLink {
  readonly driver: DriverName;
  readonly up: boolean;
  readonly counters: Readonly<LinkCounters>;

  /**
   * Copy `bytes[start..end)` into the link; `words` spans the same buffer, `start` and `end` are multiples of 8, the
   * record is at most `recordBytesMax` long.
   * @returns false when there is no room, the link is down, or the direction is cut: nothing was taken.
   */
  offer(bytes: Uint8Array, words: Int32Array, start: number, end: number): boolean;

  /** Whether an offer of any size would be taken now. After false, the other side signals when it made room. */
  writable(): boolean;

  /** Make every offered record visible to the other side, and wake it when it sleeps. */
  publish(): void;

  /**
   * Hand at most `recordsMax` arrived records to `receive`, in order, synchronously; how many it were. Notices first
   * when the other end took the link down. A record whose `receive` throws counts as delivered.
   */
  drain(recordsMax: number, receive: RecordReceiver): number;

  /** Block this thread until something may have arrived or `ms` passed. Only for threads that may block. */
  wait(ms: number): boolean;

  /** Take the link down on both sides: nothing in flight is delivered any more. `onDown` is called on both. */
  fail(reason: LinkDownReason): void;

  /**
   * Ask for a new carrier for a link that is down. What the old one still held is dropped on both sides, and memory that
   * the peer may write is used again only after the peer itself said that it stopped. `onUp` follows once the other side
   * asked as well, perhaps much later.
   */
  renew(): void;

  /** Look after the link although nothing arrived: called on every heartbeat and on every signal. */
  poll(): void;

  /** Something arrived from the other end's {@link LinkSurroundings.post}. */
  onPost(message: unknown): void;

  /** Give everything back. What was published before can still be read by the other side. Nothing is called afterwards. */
  close(): void;
}
