import type { Operation, SessionId } from './state-types.ts';

/** A request as its slot sees it. */
export interface SlotRequest {
  readonly session: SessionId;
  readonly slot: number;
  readonly seqid: number;
  /** Tells one request from another. */
  readonly digest: string;
}

/** An operation as it comes to a head. */
export interface Request {
  readonly operation: Operation;
  /** NFSv4.1: its place in a session. */
  readonly slot?: SlotRequest;
  /** Whether somebody still waits for it, looked at whenever it is decided. Not of requests that came over a wire. */
  readonly isWanted?: () => boolean;
}
