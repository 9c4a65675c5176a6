import type { ClientId, FileId, LockType, OwnerName, SessionId, Stateid, StateKey } from './state-names.ts';

/** Offset and length as they came; a length of all ones reaches to the end of the file. */
export interface AskedRange {
  readonly offset: bigint;
  readonly length: bigint;
}

export type Operation =
  | {
      readonly type: 'setclientid';
      readonly name: string;
      readonly verifier: string;
      readonly principal: string;
      readonly callback: string;
    }
  | {
      readonly type: 'setclientid-confirm';
      readonly client: ClientId;
      readonly confirm: string;
      readonly principal: string;
    }
  | {
      readonly type: 'exchange-id';
      readonly name: string;
      readonly verifier: string;
      readonly principal: string;
      /** EXCHGID4_FLAG_UPD_CONFIRMED_REC_A: change what is known of a confirmed client. */
      readonly update: boolean;
    }
  | {
      readonly type: 'create-session';
      readonly client: ClientId;
      readonly sequence: number;
      readonly principal: string;
      readonly slots: number;
    }
  /** BIND_CONN_TO_SESSION: whether there is such a session; connections are the wire's. */
  | { readonly type: 'bind-connection'; readonly session: SessionId }
  | { readonly type: 'destroy-session'; readonly session: SessionId }
  | { readonly type: 'destroy-clientid'; readonly client: ClientId }
  | { readonly type: 'reclaim-complete'; readonly client: ClientId }
  | { readonly type: 'renew'; readonly client: ClientId }
  | {
      readonly type: 'open';
      readonly client: ClientId;
      readonly owner: OwnerName;
      readonly seqid: number;
      readonly file: FileId;
      readonly access: number;
      readonly deny: number;
      /** CLAIM_NULL and CLAIM_FH where omitted. */
      readonly claim?: Claim | undefined;
    }
  | { readonly type: 'delegation-return'; readonly stateid: Stateid }
  /** The client did not return it for a lease after it was asked. */
  | { readonly type: 'delegation-revoke'; readonly key: StateKey }
  /** NFSv4.1: FREE_STATEID and TEST_STATEID. */
  | { readonly type: 'free-stateid'; readonly client: ClientId; readonly stateid: Stateid }
  | { readonly type: 'test-stateid'; readonly client: ClientId; readonly stateid: Stateid }
  /** NFSv4.1, under a stateid of an open, of locks, of a delegation, or of the layout the client has. */
  | {
      readonly type: 'layout-get';
      readonly client: ClientId;
      readonly file: FileId;
      readonly stateid: Stateid;
      readonly mode: LockType;
      readonly range: AskedRange;
      /** What the client cannot do without. */
      readonly minLength: bigint;
    }
  | {
      readonly type: 'layout-return';
      readonly client: ClientId;
      readonly file: FileId;
      readonly stateid: Stateid;
      readonly mode: LockType | 'any';
      readonly range: AskedRange;
    }
  /** LAYOUTRETURN4_ALL. */
  | { readonly type: 'layout-return-all'; readonly client: ClientId }
  /** Whether what was written under it may be made known; the file itself is changed elsewhere. */
  | { readonly type: 'layout-commit'; readonly client: ClientId; readonly file: FileId; readonly stateid: Stateid }
  /** A data server asks whether the client may. */
  | {
      readonly type: 'layout-io';
      readonly client: ClientId;
      readonly file: FileId;
      readonly write: boolean;
      readonly range: AskedRange;
    }
  /**
   * All layouts of a file are needed back, but those of one client. DELAY until they are. `takes`: whoever asks revokes what
   * is not returned, and no head does.
   */
  | {
      readonly type: 'layout-recall';
      readonly file: FileId;
      readonly except: ClientId | undefined;
      readonly takes?: boolean;
    }
  /** The client did not return it for a lease after it was asked, and no data server serves it any more. */
  | { readonly type: 'layout-revoke'; readonly key: StateKey }
  /** A change of the file itself that no open covers: its name, its size, its attributes. */
  | { readonly type: 'change-file'; readonly client: ClientId; readonly file: FileId }
  | { readonly type: 'open-confirm'; readonly stateid: Stateid; readonly seqid: number }
  | {
      readonly type: 'open-downgrade';
      readonly stateid: Stateid;
      readonly seqid: number;
      readonly access: number;
      readonly deny: number;
    }
  | { readonly type: 'close'; readonly stateid: Stateid; readonly seqid: number }
  /** The first lock of a lock-owner on a file, under an open. */
  | {
      readonly type: 'lock-new';
      readonly open: Stateid;
      readonly openSeqid: number;
      readonly owner: OwnerName;
      readonly lockSeqid: number;
      readonly lockType: LockType;
      readonly range: AskedRange;
      /** Held before the server lost its state. */
      readonly reclaim?: boolean | undefined;
    }
  | {
      readonly type: 'lock';
      readonly stateid: Stateid;
      readonly seqid: number;
      readonly lockType: LockType;
      readonly range: AskedRange;
      readonly reclaim?: boolean | undefined;
    }
  | {
      readonly type: 'lock-test';
      readonly client: ClientId;
      readonly owner: OwnerName;
      readonly file: FileId;
      readonly lockType: LockType;
      readonly range: AskedRange;
    }
  | { readonly type: 'unlock'; readonly stateid: Stateid; readonly seqid: number; readonly range: AskedRange }
  | { readonly type: 'release-lock-owner'; readonly client: ClientId; readonly owner: OwnerName }
  /** READ or WRITE of a file under a stateid: may it be done? */
  | { readonly type: 'io'; readonly file: FileId; readonly stateid: Stateid; readonly write: boolean }
  /** The lease ran out, and every head agreed: as long as nothing was heard of the client and no head came since. */
  | { readonly type: 'expire'; readonly client: ClientId; readonly kept: number; readonly restarts: number }
  /** The client was heard of by a head that had said its lease ran out. */
  | { readonly type: 'keep'; readonly client: ClientId }
  | { readonly type: 'restart-leases' }
  /** Clients have had a lease to reclaim. */
  | { readonly type: 'end-grace' };

/** On what an OPEN rests (RFC 8881, 18.16.3). */
export type Claim =
  /** The client holds a delegation and has opened the file on its own. */
  | { readonly type: 'delegate-cur'; readonly stateid: Stateid }
  /** Reclaimed from before the server lost its state: with the delegation the client had, if any. */
  | { readonly type: 'previous'; readonly delegation: LockType | 'none' }
  /** From before the client started again. */
  | { readonly type: 'delegate-prev' };
