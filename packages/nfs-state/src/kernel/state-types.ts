/**
 * What NFSv4.0 and 4.1 servers remember of their clients (RFC 7530, sections 9 and 16; RFC 8881, sections 2.10, 8, 9 and
 * 18), as plain data, and how it changes.
 *
 * Nothing is changed by an operation itself: it is *planned* against the state, which gives a reply and deltas, and the
 * deltas are applied wherever the state is kept. So a head may make them durable before anybody sees them.
 */

import type { KeyList } from './key-list.ts';
import type { AskedRange, Operation } from './operation-types.ts';
import type { ClientId, FileId, LockType, OwnerName, SessionId, Stateid, StateKey } from './state-names.ts';

export type { AskedRange, Claim, Operation } from './operation-types.ts';
export type { ClientId, FileId, LockType, OwnerName, SessionId, Stateid, StateKey } from './state-names.ts';

/** Bits of share access and deny (RFC 7530, 16.16): 1 read, 2 write. */
export const shareRead = 1;
export const shareWrite = 2;
export const shareBoth = 3;

/** Ends of byte ranges are below this; a lock up to it reaches to the end of the file, wherever that will be. */
export const endOfFile = 2n ** 64n;

export interface ByteRange {
  readonly start: bigint;
  /** One above the last byte. */
  readonly end: bigint;
}

export interface LockedRange extends ByteRange {
  readonly type: LockType;
}

/** NFSv4.0 counts the requests of owners; NFSv4.1 those of the slots of sessions. */
export type MinorVersion = 0 | 1;

export interface Client {
  readonly id: ClientId;
  readonly minor: MinorVersion;
  /** The string the client calls itself by. */
  readonly name: string;
  /** Changes when the client starts again. */
  readonly verifier: string;
  readonly principal: string;
  readonly callback: string;
  /** NFSv4.0: what the client shows to confirm. */
  readonly confirm: string;
  /** NFSv4.1: its last CREATE_SESSION, and the answer; 0 before the first. */
  readonly created: number;
  readonly createdReply: Reply | undefined;
  /** NFSv4.1: it said that it has reclaimed all it will (RECLAIM_COMPLETE). */
  readonly reclaimed: boolean;
  /** How often heads that had said its lease ran out heard of it after all. */
  readonly kept: number;
}

/** Names a head, its life, and what it knew since: another one once it forgot what was not in the log. */
export type HeadMemory = string;

/** One place for a request of a session at a time (RFC 8881, 2.10.6). */
export interface Slot {
  /** Sequence number of the last request, 0 before the first. */
  readonly seqid: number;
  /** Tells one request from another of the same number. */
  readonly digest: string;
  /** Its answer, as the head encoded it; undefined where the client did not ask for it to be kept. */
  readonly reply: string | undefined;
  /** It changed nothing: sent again, it is carried out again. */
  readonly looked?: true;
}

export interface Session {
  readonly id: SessionId;
  readonly client: ClientId;
  /** The memory of the head that made it, as long as no other one served it: that one knows every request. */
  readonly servedBy: HeadMemory | undefined;
  readonly slots: readonly Slot[];
}

/** An answer kept for a request that may come again (RFC 7530, 9.1.9). */
export interface KeptReply {
  readonly operation: Operation['type'];
  readonly reply: Reply;
  /** CLOSE: what was closed, so that the same CLOSE finds its owner. */
  readonly closed?: StateKey;
}

/** An open-owner or a lock-owner: its requests have sequence numbers, and the last answer is kept. */
export interface Owner {
  readonly seqid: number;
  /** Open-owners: the client showed that it is no leftover of an earlier one. */
  readonly confirmed: boolean;
  readonly kept: KeptReply | undefined;
}

export interface Open {
  readonly key: StateKey;
  readonly client: ClientId;
  readonly owner: OwnerName;
  readonly file: FileId;
  readonly seqid: number;
  readonly access: number;
  readonly deny: number;
  /** Every pair of access and deny that was opened, as `4 * access + deny`: what a downgrade may go back to. */
  readonly pairs: readonly number[];
}

export interface Locks {
  readonly key: StateKey;
  readonly client: ClientId;
  readonly owner: OwnerName;
  readonly file: FileId;
  /** The open they were taken under. */
  readonly open: StateKey;
  readonly seqid: number;
  /** In order, apart, and neighbours of one type are one. */
  readonly ranges: readonly LockedRange[];
}

/** What a client may do with a file without asking, until it is asked back (RFC 8881, 10.4). */
export interface Delegation {
  readonly key: StateKey;
  readonly client: ClientId;
  readonly file: FileId;
  /** `write` stands for reading too. */
  readonly type: LockType;
  /** The client was asked to return it. */
  readonly recalled: boolean;
}

/** What a client may read and write at the data servers itself: one for all it has of a file (RFC 8881, 12.5.2). */
export interface Layout {
  readonly key: StateKey;
  readonly client: ClientId;
  readonly file: FileId;
  /** Grows with every grant, return and recall. */
  readonly seqid: number;
  /** In order and apart; `write` stands for reading too. */
  readonly ranges: readonly LockedRange[];
  /** Since when it is asked back: seqids before that were sent before the client heard of it. */
  readonly recalledAt: number | undefined;
  /** Whoever asked it back takes it too where it is not returned, because they must cut the client off first. */
  readonly isTakenByAsker?: boolean;
}

export interface NfsState {
  /** Confirmed clients by id, and unconfirmed ones by name: at most one of each for a name. */
  readonly clients: Map<ClientId, Client>;
  readonly unconfirmed: Map<string, Client>;
  /** By {@link ownerKey}. */
  readonly openOwners: Map<string, Owner>;
  readonly lockOwners: Map<string, Owner>;
  readonly opens: Map<StateKey, Open>;
  readonly locks: Map<StateKey, Locks>;
  readonly sessions: Map<SessionId, Session>;
  readonly delegations: Map<StateKey, Delegation>;
  readonly layouts: Map<StateKey, Layout>;
  /** What NFSv4.1 clients were taken and have not freed, and whose it was. */
  readonly revoked: Map<StateKey, ClientId>;
  /** Clients of NFSv4.0 whose leases ran out and were taken, by id, and their stateids, by key: the latest that there is room for. */
  readonly expired: Set<ClientId | StateKey>;
  /** How often heads began to serve, and leases with them. */
  restarts: number;
  /** Raised when all state was lost: what is of an earlier one is stale. */
  epoch: number;
  /** While a grace period runs: the names of clients that may reclaim what they had. */
  grace: readonly string[] | 'all' | undefined;
  /** The owners whose last request closed a stateid; follows from the owners. */
  readonly closed: Map<StateKey, string>;
  /** Confirmed clients by the names they call themselves, and what each has; follow from the above. */
  readonly names: Map<string, ClientId>;
  readonly holdings: Map<ClientId, Holdings>;
  /** What there is of a file; follows from opens and locks. */
  readonly files: Map<FileId, FileState>;
}

/** What a client has: the keys of its opens, and of its owners. */
export interface Holdings {
  readonly opens: Set<StateKey>;
  readonly openOwners: Set<string>;
  readonly lockOwners: Set<string>;
  readonly sessions: Set<SessionId>;
  readonly delegations: Set<StateKey>;
  readonly layouts: Set<StateKey>;
  readonly revoked: Set<StateKey>;
}

export interface FileState {
  readonly id: FileId;
  opens: KeyList;
  locks: KeyList;
  delegations: KeyList;
  layouts: KeyList;
}

/** The deltas of one operation are applied together or not at all. */
export type Delta =
  | { readonly type: 'client-unconfirmed'; readonly client: Client }
  /** It never confirmed, and others need its room or it said that it goes. */
  | { readonly type: 'unconfirmed-gone'; readonly name: string }
  /** The client is confirmed, and takes the place of any other of its name. */
  | { readonly type: 'client-confirmed'; readonly client: Client }
  /** The client and all it had are gone; `expired`: because its lease ran out, so that it is told so. */
  | { readonly type: 'client-gone'; readonly client: ClientId; readonly expired?: true }
  /** What went so before, the oldest first: of snapshots. */
  | { readonly type: 'expired'; readonly names: readonly (ClientId | StateKey)[] }
  | { readonly type: 'open-owner'; readonly client: ClientId; readonly owner: OwnerName; readonly is: Owner }
  | { readonly type: 'lock-owner'; readonly client: ClientId; readonly owner: OwnerName; readonly is: Owner }
  | { readonly type: 'lock-owner-gone'; readonly client: ClientId; readonly owner: OwnerName }
  | { readonly type: 'open'; readonly open: Open }
  /** The open is closed, with the locks taken under it. */
  | { readonly type: 'close'; readonly key: StateKey }
  | { readonly type: 'locks'; readonly locks: Locks }
  /** A stateid of locks that holds no bytes. */
  | { readonly type: 'locks-gone'; readonly key: StateKey }
  /** Granted, or asked back. */
  | { readonly type: 'delegation'; readonly delegation: Delegation }
  | { readonly type: 'delegation-gone'; readonly key: StateKey }
  /** It was taken: clients of NFSv4.1 are told so until they free it. */
  | { readonly type: 'revoked'; readonly key: StateKey; readonly client: ClientId }
  | { readonly type: 'revoked-freed'; readonly key: StateKey }
  | { readonly type: 'layout'; readonly layout: Layout }
  | { readonly type: 'layout-gone'; readonly key: StateKey }
  | { readonly type: 'session'; readonly session: Session }
  | { readonly type: 'session-gone'; readonly session: SessionId }
  /** Another head than the one that made it begins to serve it: from now on nobody knows all of its requests. */
  | { readonly type: 'session-shared'; readonly session: SessionId }
  | { readonly type: 'slot'; readonly session: SessionId; readonly slot: number; readonly is: Slot }
  /** The step of a request that changed nothing; losing it costs nothing. */
  | { readonly type: 'slot-step'; readonly session: SessionId; readonly slot: number; readonly is: Slot }
  /** A head heard of the client: its lease begins anew at the others, which the state itself does not say. */
  | { readonly type: 'renewed'; readonly client: ClientId }
  /** The client was heard of by a head that had said its lease ran out: an expiry agreed on before must fail. */
  | { readonly type: 'client-kept'; readonly client: ClientId; readonly kept: number }
  /** All state was lost, and a grace period begins, or ends where nobody may reclaim. */
  | { readonly type: 'grace'; readonly epoch: number; readonly clients: readonly string[] | 'all' | undefined }
  /** A head began to serve, which heads that agreed on an expiry did not ask. */
  | { readonly type: 'leases-restarted'; readonly restarts: number };

/** Statuses of RFC 7530, 13.1, without their prefix NFS4ERR_. */
export type Status =
  | 'OK'
  | 'BADIOMODE'
  | 'BADLAYOUT'
  | 'BADSESSION'
  | 'BADSLOT'
  | 'BAD_SEQID'
  | 'BAD_STATEID'
  | 'CLID_INUSE'
  | 'CLIENTID_BUSY'
  | 'COMPLETE_ALREADY'
  | 'DELAY'
  | 'DELEG_REVOKED'
  | 'DENIED'
  | 'EXPIRED'
  | 'GRACE'
  | 'INVAL'
  | 'LAYOUTTRYLATER'
  | 'LOCKED'
  | 'LOCKS_HELD'
  | 'NOENT'
  | 'NO_GRACE'
  | 'NOTSUPP'
  | 'NOT_SAME'
  | 'OLD_STATEID'
  | 'OPENMODE'
  | 'PERM'
  | 'PNFS_NO_LAYOUT'
  | 'RECALLCONFLICT'
  | 'RECLAIM_BAD'
  | 'RECLAIM_CONFLICT'
  | 'RESOURCE'
  | 'RETRY_UNCACHED_REP'
  | 'SEQ_FALSE_RETRY'
  | 'SEQ_MISORDERED'
  | 'SHARE_DENIED'
  | 'STALE_CLIENTID'
  | 'STALE_STATEID';

/** Who holds a lock that is in the way. */
export interface LockDenied {
  readonly client: ClientId;
  readonly owner: OwnerName;
  readonly offset: bigint;
  readonly length: bigint;
  readonly type: LockType;
}

export interface Reply {
  readonly status: Status;
  /**
   * DELAY of a request that was not begun as far as its head knows: the same may be sent again, with the same sequence
   * number, and no other. To clients of NFSv4.0, whose owners count this answer, a wire says nothing and closes.
   */
  readonly isUndecided?: true;
  readonly stateid?: Stateid;
  readonly clientId?: ClientId;
  readonly confirm?: string;
  /** The open-owner must confirm with OPEN_CONFIRM. */
  readonly mustConfirm?: boolean;
  /** OPEN: what the client was delegated with it. */
  readonly delegation?: { readonly stateid: Stateid; readonly type: LockType };
  readonly denied?: LockDenied;
  /** LAYOUTGET: what was granted. */
  readonly layout?: AskedRange & { readonly mode: LockType };
  /** EXCHANGE_ID: the sequence number of the next CREATE_SESSION, and whether the client was confirmed already. */
  readonly sequence?: number;
  readonly isConfirmed?: boolean;
  readonly session?: SessionId;
  readonly slots?: number;
}

export interface Plan {
  readonly reply: Reply;
  /** Empty where nothing changes, also for an answer that was kept. */
  readonly deltas: readonly Delta[];
  /**
   * Clients whose leases ran out here and whose state alone is in the way: expire them, then plan again. The reply is then
   * not for the client that asks.
   */
  readonly lapsed?: readonly ClientId[];
}

/** Whether a client's lease has run out as far as a head knows; its state stays until it is in somebody's way. */
export type IsLapsed = (client: ClientId) => boolean;

/** What a head knows beside the state that heads share; losing it costs work only. */
export interface Here {
  readonly isLapsed: IsLapsed;
  /** Whether the client can be asked to return what it is delegated: a callback was answered. */
  readonly canRecall: (client: ClientId) => boolean;
  readonly self: HeadMemory;
}

/** What a head mints ids from, and the bounds it keeps. */
export interface Mint {
  /** Raised when the cluster lost all state; stateids of an older one are stale. */
  readonly epoch: number;
  readonly node: number;
  /** The next number; none is used twice in an epoch. */
  next(): bigint;
}

/** Keys of stateids that stand for nobody: with any other seqid they name nothing (RFC 7530, 9.1.4.3; RFC 8881, 8.2.3). */
export const anonymousKey: StateKey = '0'.repeat(24);
export const bypassKey: StateKey = 'f'.repeat(24);

/** The anonymous stateid, and the one that reads past deny modes. */
export const anonymousStateid: Stateid = { key: anonymousKey, seqid: 0 };
export const bypassStateid: Stateid = { key: bypassKey, seqid: 2 ** 32 - 1 };

export const ownerKey = (client: ClientId, owner: OwnerName): string => `${client}/${owner}`;
