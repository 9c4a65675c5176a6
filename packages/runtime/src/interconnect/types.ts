/** Interconnect drivers known today. The preferred one of a cluster comes first in its `interconnect` option. */
export const driverNames = ['ring', 'port'] as const;
export type DriverName = (typeof driverNames)[number];

/**
 * Why a link went down. `closed`: by this side's {@link InterconnectLink.close}. `killed`: by a fault hook. `peer`: the
 * other end closed or replaced it. `corrupt`: a record that cannot be right was found. `fenced`: by the session.
 */
export type LinkDownReason = 'closed' | 'killed' | 'peer' | 'corrupt' | 'fenced';

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

/** What a link tells its owner. Called from the owner's own thread, never from inside `offer`, `publish` or `drain`. */
export interface LinkOwner {
  /** There may be something to drain. */
  onReadable(): void;
  /** Said once per time the link goes down. After it, and until `onUp`, nothing is delivered and `offer` is refused. */
  onDown(reason: LinkDownReason): void;
  /** The carrier is there again, empty in both directions, after {@link InterconnectLink.renew}. */
  onUp(): void;
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
   * Copy `bytes[start..end)` (a multiple of 8 bytes long, at most `recordBytesMax`) into the link.
   * @returns false when there is no room, the link is down, or the direction is cut: nothing was taken. `onReadable`
   * of the owner follows when there is room again.
   */
  offer(bytes: Uint8Array, start: number, end: number): boolean;

  /** Whether an offer that was refused for want of room has a chance now. */
  writable(): boolean;

  /** Make every offered record visible to the other side, and wake it when it sleeps. */
  publish(): void;

  /** Whether {@link drain} would deliver something. Cheap: looked at on every turn. */
  readable(): boolean;

  /** Hand at most `recordsMax` arrived records to `receive`, in order, synchronously; how many it were. */
  drain(recordsMax: number, receive: RecordReceiver): number;

  /** Block this thread until the link may be readable or `ms` passed; whether it is. Only for threads that may block. */
  wait(ms: number): boolean;

  /** Take the link down on both sides: nothing in flight is delivered any more. `onDown` is called on both. */
  fail(reason: LinkDownReason): void;

  /**
   * Ask for a new carrier for a link that is down. What the old one still held is dropped on both sides, and memory the
   * peer may write is used again only after the peer itself said that it stopped. `onUp` follows, perhaps much later.
   */
  renew(): void;

  /** Look after the link when nothing arrives: called on every heartbeat. Notices lost wake-ups and finishes `renew`. */
  poll(): void;

  /** Give everything back. Nothing is called afterwards. */
  close(): void;
}
