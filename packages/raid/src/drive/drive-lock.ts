import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DriveInUseError, DriveUnusableError } from '../errors.ts';

const fileName = 'lock';
/** Result codes of SQLite. */
const busy = 5;
const readOnly = 8;

/**
 * Exclude every other opener of a drive directory, in this process and in others, until released. The lock is the
 * kernel's own on a file that SQLite keeps open in an exclusive transaction, so it ends with the thread or the process
 * that holds it, however that ends, and never outlives a crash.
 *
 * @throws DriveInUseError (HF_DRIVE_IN_USE), DriveUnusableError (HF_DRIVE_UNUSABLE) when it is read-only, or no lock can lie there
 */
export function lockDrive(directory: string): Disposable {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(directory, fileName), { timeout: 0 });
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    const opened = database;
    return { [Symbol.dispose]: () => opened.close() };
  } catch (error) {
    database?.close();
    const { errcode, message } = error as { readonly errcode?: number; readonly message: string };
    if (errcode === busy) throw new DriveInUseError(directory, error);
    const code = errcode === readOnly ? 'EROFS' : message;
    throw new DriveUnusableError(directory, Object.assign(new Error(message, { cause: error }), { code }));
  }
}
