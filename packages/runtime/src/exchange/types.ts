import type { DriverName, LinkDownReason } from '../interconnect/types.ts';
import type { MemberSlot } from '../member.ts';

/** Traffic classes of a session. Order is promised within a class, never between classes. */
export const trafficClasses = ['control', 'coherence', 'bulk', 'background'] as const;
export type TrafficClass = 0 | 1 | 2 | 3;
export const controlClass: TrafficClass = 0;
export const coherenceClass: TrafficClass = 1;
export const bulkClass: TrafficClass = 2;
export const backgroundClass: TrafficClass = 3;

/** Well-known consumers of frames. Channels opened at run time take numbers from {@link firstDynamicPort}. */
export type PortNumber = number;
export const servicePort: PortNumber = 1;
export const streamPort: PortNumber = 2;
/** Where the two ends of a channel find each other. */
export const channelPort: PortNumber = 3;
/** Protocol messages of coherent objects. */
export const coherencePort: PortNumber = 4;
export const firstDynamicPort: PortNumber = 16;

/**
 * One frame as a consumer sees it. `bytes`, `start` and `end` are valid only during the call: the memory belongs to
 * the link. Copy what must outlive it.
 */
export type FrameHandler = (from: MemberSlot, bytes: Uint8Array, start: number, end: number) => void;

/** Why a peer's session ended. `restarted`: a new incarnation took its place. */
export type PeerLoss = 'dead' | 'restarted' | 'closed' | 'fenced';

/**
 * What is known of a frame whose session ended before it was acknowledged: it was never given to a link (`not-sent`), or
 * it was, and may have been delivered (`unknown`).
 */
export type FrameFate = 'not-sent' | 'unknown';

export interface PeerListener {
  /** The session is open and every port of both sides exists: frames may flow. */
  onReady?(peer: MemberSlot): void;
  /** The session ended; nothing more will be delivered from that incarnation. Called once per session. */
  onLost?(peer: MemberSlot, loss: PeerLoss): void;
  /**
   * A frame that this side had committed and the peer never acknowledged, reported when its session ends, before `onLost`:
   * every such frame once, in order within its class. `bytes[start..end)` is valid only during the call.
   */
  onUndelivered?(
    peer: MemberSlot,
    fate: FrameFate,
    port: PortNumber,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
  /** A `begin` that was refused for want of room would succeed now. */
  onWritable?(peer: MemberSlot, trafficClass: TrafficClass): void;
  /** A link went down; the session goes on over another, if there is one. */
  onLinkDown?(peer: MemberSlot, driver: DriverName, reason: LinkDownReason): void;
  /** A link that was down carries again. */
  onLinkUp?(peer: MemberSlot, driver: DriverName): void;
  /** A link of the session changed state. Only clients that ask hear of failover. */
  onFailover?(peer: MemberSlot, from: string, to: string): void;
}

/** Where `begin` put the frame: write at most `bytesMax` bytes into `bytes` from `start`. Reused: do not keep it. */
export interface FrameSpace {
  bytes: Uint8Array;
  view: DataView;
  start: number;
  end: number;
}

/**
 * All that one thread needs to talk to the others: sessions over links, with frames packed into records.
 *
 * Frames are written straight into the record that the session will keep until it is acknowledged, so that a small
 * message is encoded once and copied once per link. Records are published at the end of the current turn, when they
 * are full, or by {@link flush}.
 */
export interface Exchange {
  readonly self: MemberSlot;

  /** Whether a session with `peer` is open. */
  ready(peer: MemberSlot): boolean;

  /**
   * Open a session with `peer` if there is none; resolves when ready.
   * @throws NodeDownError (HF_NODE_DOWN, not-sent) when the peer leaves the view first
   */
  connect(peer: MemberSlot, signal?: AbortSignal): Promise<void>;

  /**
   * Room for a frame of up to `bytesMax` bytes, or undefined when the class's window towards `peer` is full (then
   * `onWritable` follows) or there is no session. Must be followed by {@link commit} in the same turn.
   */
  begin(peer: MemberSlot, trafficClass: TrafficClass, port: PortNumber, bytesMax: number): FrameSpace | undefined;

  /** End the frame begun last: it is `bytes` long. */
  commit(bytes: number): void;

  /** Publish everything written so far and ring the doorbells that need ringing. */
  flush(): void;

  /** Receive the frames of a port. One handler a port; returns the function that removes it. */
  consume(port: PortNumber, handler: FrameHandler): () => void;

  listen(listener: PeerListener): () => void;

  /** Whether this thread is inside a consumer of frames: nothing else is delivered until it returns. */
  readonly delivering: boolean;

  /** Handle everything that has arrived, synchronously; the number of frames delivered. For blocked threads. */
  drain(): number;

  /** Sleep until something arrives or `ms` passed; true when something arrived. Only for threads that may block. */
  wait(ms: number): boolean;
}
