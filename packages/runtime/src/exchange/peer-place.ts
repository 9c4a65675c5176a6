import type { Subject } from 'rxjs/internal/Subject';
import type { MemberSlot } from '../member.ts';
import type { ClusterBlock } from '../memory/cluster-block.ts';
import type { Waker } from '../wake/waker.ts';
import type { RecordBatch } from './demultiplexer.ts';
import type { LinkFactory } from './standard-links.ts';

/** What the peers of a member have in common. */
export interface PeerPlace {
  readonly block: ClusterBlock;
  readonly waker: Waker;
  readonly self: MemberSlot;
  readonly incarnation: number;
  readonly makeLink: LinkFactory;
  readonly records: Subject<RecordBatch>;
}
