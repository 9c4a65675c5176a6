import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ControlSocketError } from '../errors.ts';

/**
 * The right to serve a storage directory, held by at most one process.
 *
 * It is the exclusive lock of an empty SQLite database, so the system takes it back when the process dies, however it
 * dies: a lock file can never be stale.
 */
export class StorageLock implements Disposable {
  readonly #database: DatabaseSync;

  /** @throws ControlSocketError when another process holds the lock. */
  constructor(storage: string) {
    this.#database = new DatabaseSync(join(storage, 'serve.lock'), { timeout: 0 });
    try {
      this.#database.exec('BEGIN EXCLUSIVE');
    } catch (cause) {
      this.#database.close();
      throw ControlSocketError.alreadyServed(storage, cause);
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
