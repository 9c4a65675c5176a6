import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { coordHistoryRevisionsMax } from '../limits.ts';
import type {
  Comparison,
  CoordEntry,
  CoordEvent,
  KeyRange,
  LeaseId,
  Operation,
  Revision,
  WatchBatch,
} from './types.ts';

type Row = Record<string, SQLOutputValue>;

/** The store's tables with its statements prepared. Synchronous; whoever calls brings the transaction. */
export class CoordTables {
  readonly #database: DatabaseSync;
  readonly #get: StatementSync;
  readonly #range: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #remember: StatementSync;
  readonly #changes: StatementSync;
  readonly #setMeta: StatementSync;
  readonly #compact: StatementSync;
  readonly #leased: StatementSync;
  #revision: Revision;
  #oldest: Revision;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#get = database.prepare('SELECT * FROM entries WHERE key = ?');
    this.#range = database.prepare(
      'SELECT * FROM entries WHERE key >= ? AND (? IS NULL OR key < ?) ORDER BY key LIMIT ?',
    );
    this.#put = database.prepare('INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)');
    this.#delete = database.prepare('DELETE FROM entries WHERE key = ?');
    this.#remember = database.prepare('INSERT INTO history VALUES (?, ?, ?, ?, ?)');
    this.#changes = database.prepare(
      'SELECT * FROM history WHERE modified = (SELECT min(modified) FROM history WHERE modified >= ?1 AND key >= ?2' +
        ' AND (?3 IS NULL OR key < ?3)) AND key >= ?2 AND (?3 IS NULL OR key < ?3) ORDER BY key',
    );
    this.#setMeta = database.prepare('UPDATE meta SET value = ? WHERE name = ?');
    this.#compact = database.prepare('DELETE FROM history WHERE modified < ?');
    this.#leased = database.prepare('SELECT key FROM entries WHERE lease = ? ORDER BY key');
    const meta = new Map(
      database
        .prepare('SELECT name, value FROM meta')
        .all()
        .map((row) => [row.name, Number(row.value)]),
    );
    this.#revision = meta.get('revision') ?? 0;
    this.#oldest = meta.get('oldest') ?? 1;
  }

  get revision(): Revision {
    return this.#revision;
  }

  /** The first revision whose changes are still known. */
  get oldest(): Revision {
    return this.#oldest;
  }

  /** Run `work` as one durable transaction; nothing of it stays when it throws. */
  atomically<Result>(work: () => Result): Result {
    const { revision, oldest } = this;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#revision = revision;
      this.#oldest = oldest;
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  get(key: string): CoordEntry | undefined {
    const row = this.#get.get(key);
    return row === undefined ? undefined : entryOf(row);
  }

  range(range: KeyRange, limit: number): CoordEntry[] {
    const [from, to] = bounds(range);
    return this.#range.all(from, to, to, limit).map(entryOf);
  }

  holds(comparison: Comparison): boolean {
    const entry = this.get(comparison.key);
    if ('modRevision' in comparison) return (entry?.modRevision ?? 0) === comparison.modRevision;
    if ('createRevision' in comparison) return (entry?.createRevision ?? 0) === comparison.createRevision;
    return entry !== undefined && Buffer.compare(entry.value, comparison.value) === 0;
  }

  /** Do the operations at the next revision. Deleting absent keys alone changes nothing and takes no revision. */
  apply(operations: readonly Operation[]): void {
    const effective = operations.filter((operation) => 'put' in operation || this.get(operation.delete) !== undefined);
    if (effective.length === 0) return;
    this.#revision += 1;
    for (const operation of effective) {
      if ('put' in operation) {
        const created = this.get(operation.put)?.createRevision ?? this.#revision;
        const lease = operation.lease ?? null;
        this.#put.run(operation.put, operation.value, created, this.#revision, lease);
        this.#remember.run(this.#revision, operation.put, operation.value, created, lease);
      } else {
        this.#delete.run(operation.delete);
        this.#remember.run(this.#revision, operation.delete, null, null, null);
      }
    }
    this.#setMeta.run(this.#revision, 'revision');
    this.#forgetOldHistory();
  }

  /** The first transaction at or after `from` that changed something in the range. */
  nextChange(range: KeyRange, from: Revision): WatchBatch | undefined {
    const [low, high] = bounds(range);
    const rows = this.#changes.all(from, low, high);
    const first = rows[0];
    return first === undefined ? undefined : { revision: Number(first.modified), events: rows.map(eventOf) };
  }

  addLease(ttlMs: number): LeaseId {
    return Number(this.#database.prepare('INSERT INTO leases (ttl_ms) VALUES (?)').run(ttlMs).lastInsertRowid);
  }

  /** End a lease: its keys are deleted at one revision. */
  removeLease(id: LeaseId): void {
    this.#database.prepare('DELETE FROM leases WHERE id = ?').run(id);
    this.apply(this.#leased.all(id).map((row) => ({ delete: String(row.key) })));
  }

  leases(): { readonly id: LeaseId; readonly ttlMs: number }[] {
    const rows = this.#database.prepare('SELECT id, ttl_ms FROM leases').all();
    return rows.map((row) => ({ id: Number(row.id), ttlMs: Number(row.ttl_ms) }));
  }

  // Compacts in strides, so that most transactions do not pay for it.
  #forgetOldHistory(): void {
    const oldest = this.#revision - coordHistoryRevisionsMax + 1;
    if (oldest - this.#oldest < coordHistoryRevisionsMax / 10) return;
    this.#compact.run(oldest);
    this.#setMeta.run(oldest, 'oldest');
    this.#oldest = oldest;
  }
}

function entryOf(row: Row): CoordEntry {
  return {
    key: String(row.key),
    value: bytesOf(row.value),
    createRevision: Number(row.created),
    modRevision: Number(row.modified),
    ...(row.lease === null ? {} : { lease: Number(row.lease) }),
  };
}

function eventOf(row: Row): CoordEvent {
  if (row.value !== null) return { type: 'put', entry: entryOf(row) };
  return { type: 'delete', key: String(row.key), modRevision: Number(row.modified) };
}

function bytesOf(value: SQLOutputValue | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError('a value of the coordination store is not a blob');
}

/** A prefix as a range ends before its last code point's successor; `null` is the end of all keys. */
function bounds(range: KeyRange): [from: string, to: string | null] {
  if ('from' in range) return [range.from, range.to];
  const points = Array.from(range.prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last < 0x10ffff) {
      const successor = last + 1 === 0xd800 ? 0xe000 : last + 1;
      return [range.prefix, String.fromCodePoint(...points, successor)];
    }
  }
  return [range.prefix, null];
}
