import type { DatabaseSync } from 'node:sqlite';
import { StorageError } from '../errors.ts';
import { StorageInUseError } from './errors.ts';

const formatVersion = 1;

const busy = 5;
const locked = 6;

/**
 * Opens (or makes) the store's file. The exclusive lock is held until the file is closed, and by the operating system
 * alone: a process that dies leaves none behind. `synchronous = FULL` makes a commit durable before it returns.
 *
 * @param path a file, or `:memory:`
 */
export function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    // Not an import: on a Node without this module it would fail before anything can say which Node is needed.
    const sqlite = process.getBuiltinModule('node:sqlite');
    database = new sqlite.DatabaseSync(path);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    database.exec(`
      BEGIN IMMEDIATE;
      CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS entries (
        key TEXT PRIMARY KEY, value BLOB NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL, lease INTEGER
      ) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS entries_by_lease ON entries (lease) WHERE lease IS NOT NULL;
      CREATE TABLE IF NOT EXISTS history (
        modified INTEGER NOT NULL, key TEXT NOT NULL, value BLOB, created INTEGER, lease INTEGER,
        PRIMARY KEY (modified, key)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS leases (id INTEGER PRIMARY KEY AUTOINCREMENT, ttl_ms INTEGER NOT NULL);
      INSERT OR IGNORE INTO meta VALUES ('format', ${formatVersion}), ('revision', 0), ('oldest', 1);
      COMMIT;
    `);
    const format = database.prepare("SELECT value FROM meta WHERE name = 'format'").get()?.value;
    if (format !== formatVersion) {
      throw new StorageError(`${path} has format ${format}; this version reads ${formatVersion}.`, {
        hint: 'Use the version of Holdfast that wrote it.',
      });
    }
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof StorageError) throw cause;
    const code = sqliteCode(cause);
    if (code === busy || code === locked) throw new StorageInUseError(path, { cause });
    throw new StorageError(`${path} cannot be opened as a coordination store.`, {
      hint: 'Check that the directory is writable and the file is not damaged.',
      cause,
    });
  }
}

/** SQLite's primary result code of an error, the low byte of the extended one. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}
