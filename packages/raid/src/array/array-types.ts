import type { MemberName } from '@holdfast/runtime';
import type { Technique } from '../layout/technique.ts';
import type { DriveUse } from '../store/store-parts.ts';
import type { Reconciliation } from './events.ts';

/**
 * What becomes of an object while members are down:
 * - `accept`: it is stored without what would lie on them, and says so;
 * - `substitute`: what would lie on one that dies on the way lies on others, where there are more than a group has slots;
 *   otherwise as `accept`;
 * - `refuse`: then it is not stored at all.
 */
export type DegradedPolicy = 'accept' | 'substitute' | 'refuse';

export interface ChangeOptions {
  /** Aborts the change: the object is as it was. Once its metadata is being recorded it is too late. */
  readonly signal?: AbortSignal | undefined;
  /** Default `accept`. */
  readonly degraded?: DegradedPolicy | undefined;
}

export interface GetOptions {
  /** Ends the reading with its reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Each chunk is good only until the next is asked for: its memory is used again. For readers that are done with a chunk at
   * once, as a hash is: a long reading then leaves no garbage. Default false: each chunk is the reader's for good.
   */
  readonly reuseChunks?: boolean | undefined;
}

export interface PutOptions {
  /** Aborts the put: nothing of it is visible. Once its metadata is being recorded it is too late. */
  readonly signal?: AbortSignal | undefined;
  /** Compute the SHA-256 of the content as it passes and keep it with the object. Default false. */
  readonly sha256?: boolean | undefined;
  /** `none`, `mirror`, `N+1` or `N+2` with N from 1 to 8. Default: as the array was made. */
  readonly technique?: Technique | undefined;
  /** Default `accept`. */
  readonly degraded?: DegradedPolicy | undefined;
}

/** What a put did. */
export interface StoredObject {
  /** The object's id, 16 hexadecimal digits, never used again. */
  readonly gfid: string;
  readonly bytes: number;
  readonly groups: number;
  readonly technique: Technique;
  /** Members were down: their slots are missing, and so many fewer may be lost from now on. */
  readonly degraded: boolean;
  readonly sha256?: string | undefined;
}

/** An object that is there. */
export interface ObjectStat {
  readonly key: string;
  readonly gfid: string;
  /** The opening of the array that stored it, a part of its id: what is stored in its place has another id. */
  readonly generation: number;
  readonly bytes: number;
  readonly technique: Technique;
  /** Some of its slots are missing, or lie on a member that is down now. */
  readonly degraded: boolean;
  readonly storedAt: Date;
  readonly sha256?: string | undefined;
}

export interface ArrayStatus {
  readonly arrayId: string;
  readonly epoch: number;
  readonly data: number;
  readonly parity: number;
  /** A member is down, or has not caught up yet: a copy of something may be missing. */
  readonly degraded: boolean;
  /** False when more members are down than parity covers: what can be read still is. */
  readonly writable: boolean;
  /** What this opening had to put in order. */
  readonly reconciliation: Reconciliation;
  readonly members: readonly MemberStatus[];
}

export interface MemberStatus {
  readonly node: MemberName;
  readonly state: 'up' | 'down';
  /** It is up, and has not caught up yet with what was written while it was away. */
  readonly returning?: true | undefined;
  /** Why it is down. */
  readonly why?: string | undefined;
  readonly use?: DriveUse | undefined;
}
