import type { Subject } from 'rxjs/internal/Subject';
import type { DriverName, LinkDownReason } from '../interconnect/types.ts';
import type { MemberSlot } from '../member.ts';
import type { ClusterBlock } from '../memory/cluster-block.ts';
import type { Waker } from '../wake/waker.ts';
import type { RecordBatch } from './demultiplexer.ts';
import type { Peer } from './peer.ts';
import type { LinkFactory } from './standard-links.ts';
import type { FrameFate, PeerLoss, PortNumber, TrafficClass } from './types.ts';

/** What a peer tells the exchange. */
export interface PeerOwner {
  onReady(peer: Peer): void;
  onLost(peer: Peer, loss: PeerLoss): void;
  onUndelivered(peer: Peer, fate: FrameFate, port: PortNumber, bytes: Uint8Array, start: number, end: number): void;
  onWritable(peer: Peer, trafficClass: TrafficClass): void;
  onFailover(peer: Peer, from: string, to: string): void;
  onLinkDown(peer: Peer, driver: DriverName, reason: LinkDownReason): void;
  onLinkUp(peer: Peer, driver: DriverName): void;
  onError(error: Error): void;
}

export interface PeerPlace {
  readonly block: ClusterBlock;
  readonly waker: Waker;
  readonly self: MemberSlot;
  readonly incarnation: number;
  readonly makeLink: LinkFactory;
  readonly records: Subject<RecordBatch>;
  readonly owner: PeerOwner;
}
