/**
 * The place for the few facts a cluster must agree on: incarnations, the view, who leads a recovery. Modelled on the
 * part of etcd v3 that membership needs, so that one machine (SQLite) and several (etcd) run the same code.
 */

/** Counts the transactions that changed something; one number for the whole store, rising by one. */
export type Revision = number;

export type LeaseId = number;

export interface CoordEntry {
  readonly key: string;
  readonly value: Uint8Array;
  /**
   * Revision at which the key was made. It never occurs twice for a key, and a later holder's is always higher: use it
   * as the fencing token of a lock key.
   */
  readonly createRevision: Revision;
  /** Revision of the last change: what {@link CoordStore.compareAndSet} compares. */
  readonly modRevision: Revision;
  /** The lease that removes the entry when it ends. */
  readonly lease?: LeaseId;
}

/** A set of keys: all with a prefix (`''` is all keys), or `from` (inclusive) to `to` (exclusive), in UTF-8 order. */
export type KeyRange = { readonly prefix: string } | { readonly from: string; readonly to: string };

/** A condition of a transaction. A revision of 0 means that there is no such key. */
export type Comparison =
  | { readonly key: string; readonly modRevision: Revision }
  | { readonly key: string; readonly createRevision: Revision }
  | { readonly key: string; readonly value: Uint8Array };

export type Operation =
  | { readonly put: string; readonly value: Uint8Array; readonly lease?: LeaseId }
  | { readonly delete: string };

export interface Transaction {
  /** All must hold, or nothing is done. */
  readonly when: readonly Comparison[];
  /** Done together, at one revision. A key may occur once. */
  readonly write: readonly Operation[];
}

export interface TransactionResult {
  readonly succeeded: boolean;
  /** The store's revision after the transaction. */
  readonly revision: Revision;
  /** When a comparison failed: the entries of the compared keys, as they are. */
  readonly found: readonly CoordEntry[];
}

export interface RangeResult {
  readonly entries: readonly CoordEntry[];
  /** The revision at which the entries are exactly this. Watch from the one after it to miss nothing. */
  readonly revision: Revision;
  /** There are more keys in the range than were asked for. */
  readonly more: boolean;
}

export type CoordEvent =
  | { readonly type: 'put'; readonly entry: CoordEntry }
  | { readonly type: 'delete'; readonly key: string; readonly modRevision: Revision };

/** The changes of one transaction that fall into a watched range, whole. */
export interface WatchBatch {
  readonly revision: Revision;
  readonly events: readonly CoordEvent[];
}

export interface Lease {
  readonly id: LeaseId;
  readonly ttlMs: number;
  /**
   * Begin the time to live anew.
   * @throws LeaseExpiredError (HF_LEASE_EXPIRED) when it ended; its keys are gone.
   */
  renew(): Promise<void>;
  /** End it now, with its keys. Harmless when it has ended. */
  revoke(): Promise<void>;
}

/**
 * Linearizable, durable before it answers (unless the form says that it has no storage). Every call rejects with
 * ClosedError (HF_CLOSED) after `close`, and with ConfigError (HF_CONFIG) on keys, values or transactions over the
 * limits in `limits.ts`.
 */
export interface CoordStore {
  get(key: string): Promise<CoordEntry | undefined>;

  range(range: KeyRange, limit?: number): Promise<RangeResult>;

  /**
   * Write `value` (or delete the key, for undefined) if its `modRevision` is still `expected`; 0 for "absent".
   */
  compareAndSet(
    key: string,
    expected: Revision,
    value: Uint8Array | undefined,
    options?: { readonly lease?: LeaseId },
  ): Promise<TransactionResult>;

  transact(transaction: Transaction): Promise<TransactionResult>;

  /**
   * The changes of a range, from revision `from` on (default: the next one), each once, in order, none left out.
   * The consumer's pace is the watch's pace: what it has not read yet stays in the store's history. The iteration ends
   * when `signal` aborts or the store closes.
   * @throws CompactedError (HF_COORD_COMPACTED) from the iteration, when history no longer reaches back that far.
   */
  watch(
    range: KeyRange,
    options?: { readonly from?: Revision; readonly signal?: AbortSignal },
  ): AsyncIterableIterator<WatchBatch>;

  /** A lease of `ttlMs` milliseconds. The store may round it up, never down. */
  grantLease(ttlMs: number): Promise<Lease>;

  close(): Promise<void>;
}

/** The store as the members of a cluster reach it: it closes with the cluster. */
export type ClusterStore = Omit<CoordStore, 'close'>;
