import type { DriverName } from '../interconnect/types.ts';
import type { WireEnds } from '../interconnect/wires.ts';
import type { MemberSlot } from '../member.ts';
import type { ClusterBlock } from '../memory/cluster-block.ts';
import type { RecordBatch } from './demultiplexer.ts';
import type { Exchange, PeerLoss } from './types.ts';

export interface ExchangeOptions {
  /** The cluster's block; it knows its arena. */
  readonly block: ClusterBlock;
  readonly self: MemberSlot;
  /** Of this member, persisted before use: above every earlier one of the slot. */
  readonly incarnation: number;
  /**
   * `event` (default): a ref'd doorbell port wakes the event loop. `blocking`: the thread sits in `Atomics.wait` slices of
   * at least a millisecond between turns of its loop; fewer microseconds per call, no use for other input and output.
   */
  readonly loop?: 'event' | 'blocking';
  /** Asks the broker for wires to a peer; `attachWires` follows. Default: wires only come unasked. */
  readonly requestWires?: (peer: MemberSlot) => void;
  /** A consumer or listener threw, or a protocol broke. Default: the error is thrown outside, as an uncaught exception. */
  readonly onError?: (error: Error) => void;
}

export interface LinkDiagnostics {
  readonly driver: DriverName;
  readonly state: string;
  readonly epoch: number;
  readonly recordsSent: number;
  readonly bytesSent: number;
  readonly recordsReceived: number;
  readonly bytesReceived: number;
  readonly refused: number;
  readonly downs: number;
}

export interface PeerDiagnostics {
  readonly peer: MemberSlot;
  readonly incarnation: number;
  readonly ready: boolean;
  /** How far the connection has come. */
  readonly stage: string;
  readonly links: readonly LinkDiagnostics[];
  /** Bytes accepted and not yet acknowledged, all classes. */
  readonly retainedBytes: number;
  readonly framesSent: number;
  readonly framesReceived: number;
  /** Times this member woke the peer: rang its doorbell, or notified it while it was blocked. */
  readonly wakeUps: number;
  readonly failovers: number;
}

/** What the thread's own host (node or main) may do beyond {@link Exchange}. */
export interface MemberExchange extends Exchange {
  readonly incarnation: number;

  /**
   * Take this side's ends of the wires to `incarnation` of `peer`; the connection opens by itself when both sides have
   * theirs. Wires that were there before are closed: their session has ended, or ends now with `restarted`.
   */
  attachWires(peer: MemberSlot, incarnation: number, wires: WireEnds): void;

  /**
   * The view no longer holds `incarnation` of `peer`: end its session now, close its wires, hand `reason` to the
   * listeners. When it returns this thread touches nothing of that incarnation any more. A later incarnation is left alone.
   */
  dropPeer(peer: MemberSlot, incarnation: number, reason: PeerLoss): void;

  /** Kill one link for real: the port is closed, the ring's generation replaced. The session fails over. For tests. */
  killLink(peer: MemberSlot, driver: DriverName): void;

  /** Frames that came for ports without a consumer, and were dropped. */
  readonly unclaimedFrames: number;

  diagnostics(): PeerDiagnostics[];

  /**
   * See every record that arrives; the function that ends it. For traces and counters: one call a record, nothing while
   * nobody observes. The batch is valid only during the call.
   */
  observe(observer: (batch: RecordBatch) => void): () => void;

  /** Orderly: publish everything, close every session, wait for the peers' word at most `drainMs`. Then {@link close}. */
  drainAndClose(): Promise<void>;

  /** End every session here and now, close ports, clear timers, remove listeners. Idempotent. */
  close(): void;
}
