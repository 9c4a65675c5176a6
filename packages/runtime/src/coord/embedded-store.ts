import type { DatabaseSync } from 'node:sqlite';
import { ClosedError, ConfigError, HoldfastError, StorageError } from '../errors.ts';
import { coordRangeEntriesMax, coordWatchesMax } from '../limits.ts';
import { checkKey, checkLeaseTtl, checkRange, checkTransaction } from './checks.ts';
import { type LeaseClock, monotonicClock } from './clock.ts';
import { LeaseExpiredError } from './errors.ts';
import { LeaseTable } from './lease-table.ts';
import { openDatabase, sqliteCode } from './schema.ts';
import { CoordTables } from './tables.ts';
import type {
  CoordEntry,
  CoordStore,
  KeyRange,
  Lease,
  LeaseId,
  RangeResult,
  Revision,
  Transaction,
  TransactionResult,
  WatchBatch,
} from './types.ts';
import { Watcher } from './watcher.ts';

export interface EmbeddedStoreOptions {
  /** The file; it is made when missing and locked against other processes. Default: memory, gone at close. */
  readonly path?: string;
  readonly clock?: LeaseClock;
}

const diskError = 10;

/**
 * The coordination store of a cluster on one machine: SQLite in the supervisor's thread, WAL with a full sync per
 * transaction. One thread owns the file, so the transactions are serial by nature.
 *
 * @throws StorageInUseError (HF_STORAGE_IN_USE), StorageError (HF_STORAGE)
 */
export function openEmbeddedStore(options: EmbeddedStoreOptions = {}): CoordStore {
  return new EmbeddedStore(openDatabase(options.path ?? ':memory:'), options.clock ?? monotonicClock);
}

class EmbeddedStore implements CoordStore {
  readonly #database: DatabaseSync;
  readonly #tables: CoordTables;
  readonly #leases: LeaseTable;
  readonly #watchers = new Set<Watcher>();
  #closed = false;
  #failure: StorageError | undefined;

  constructor(database: DatabaseSync, clock: LeaseClock) {
    this.#database = database;
    this.#tables = new CoordTables(database);
    this.#leases = new LeaseTable(clock, (ids) => this.#expire(ids));
    for (const { id, ttlMs } of this.#tables.leases()) this.#leases.add(id, ttlMs);
  }

  async get(key: string): Promise<CoordEntry | undefined> {
    checkKey(key);
    this.#enter();
    return this.#tables.get(key);
  }

  async range(range: KeyRange, limit = coordRangeEntriesMax): Promise<RangeResult> {
    checkRange(range);
    this.#enter();
    const wanted = Math.min(limit, coordRangeEntriesMax);
    const entries = this.#tables.range(range, wanted + 1);
    const more = entries.length > wanted;
    if (more) entries.pop();
    return { entries, revision: this.#tables.revision, more };
  }

  compareAndSet(
    key: string,
    expected: Revision,
    value: Uint8Array | undefined,
    { lease }: { readonly lease?: LeaseId } = {},
  ): Promise<TransactionResult> {
    const write = { put: key, ...(lease === undefined ? {} : { lease }) };
    const operation = value === undefined ? { delete: key } : { ...write, value };
    return this.transact({ when: [{ key, modRevision: expected }], write: [operation] });
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    checkTransaction(transaction);
    this.#enter();
    for (const operation of transaction.write) {
      const lease = 'put' in operation ? operation.lease : undefined;
      if (lease !== undefined && !this.#leases.has(lease)) throw new LeaseExpiredError(lease);
    }
    const succeeded = this.#write(() => {
      const holds = transaction.when.every((comparison) => this.#tables.holds(comparison));
      if (holds) this.#tables.apply(transaction.write);
      return holds;
    });
    const keys = succeeded ? [] : new Set(transaction.when.map((comparison) => comparison.key));
    const found = Array.from(keys, (key) => this.#tables.get(key)).filter((entry) => entry !== undefined);
    return { succeeded, revision: this.#tables.revision, found };
  }

  watch(
    range: KeyRange,
    { from, signal }: { readonly from?: Revision; readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<WatchBatch> {
    checkRange(range);
    this.#enter();
    if (this.#watchers.size >= coordWatchesMax) {
      throw new ConfigError(`The store has ${coordWatchesMax} watches open, its limit.`, { hint: 'End some first.' });
    }
    const watcher = new Watcher(this.#tables, range, from ?? this.#tables.revision + 1, (ended) => {
      this.#watchers.delete(ended);
      signal?.removeEventListener('abort', abort);
    });
    const abort = () => watcher.end();
    this.#watchers.add(watcher);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted === true) abort();
    return watcher;
  }

  async grantLease(ttlMs: number): Promise<Lease> {
    checkLeaseTtl(ttlMs);
    this.#enter();
    const id = this.#write(() => this.#tables.addLease(ttlMs));
    this.#leases.add(id, ttlMs);
    return {
      id,
      ttlMs,
      renew: async () => {
        this.#enter();
        if (!this.#leases.has(id)) throw new LeaseExpiredError(id);
        this.#leases.renew(id);
      },
      revoke: async () => {
        this.#enter();
        if (!this.#leases.has(id)) return;
        this.#leases.remove(id);
        this.#endLeases([id]);
      },
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#leases.stop();
    for (const watcher of this.#watchers) watcher.end();
    this.#database.close();
  }

  #enter(): void {
    if (this.#closed) throw new ClosedError('The coordination store');
    this.#leases.sweep();
    if (this.#failure !== undefined) throw this.#failure;
  }

  // Runs from a timer. If the end of a lease cannot be written, the store must not go on showing its keys.
  #expire(ids: LeaseId[]): void {
    try {
      this.#endLeases(ids);
    } catch (error) {
      this.#failure = error instanceof StorageError ? error : this.#storageFailure(error);
    }
  }

  #endLeases(ids: LeaseId[]): void {
    this.#write(() => {
      for (const id of ids) this.#tables.removeLease(id);
    });
  }

  /** Make a change durable, then tell the watches. A disk that failed once is never asked again: it may have lost the write. */
  #write<Result>(change: () => Result): Result {
    const before = this.#tables.revision;
    let result: Result;
    try {
      result = this.#tables.atomically(change);
    } catch (cause) {
      if (cause instanceof HoldfastError) throw cause;
      const failure = this.#storageFailure(cause);
      if (sqliteCode(cause) === diskError) this.#failure = failure;
      throw failure;
    }
    if (this.#tables.revision !== before) for (const watcher of [...this.#watchers]) watcher.look();
    return result;
  }

  #storageFailure(cause: unknown): StorageError {
    return new StorageError('The coordination store could not write its file.', {
      hint: 'Check the disk: it may be full or failing. Nothing of this change was done.',
      cause,
    });
  }
}
