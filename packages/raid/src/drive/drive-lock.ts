import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DriveInUseError } from '../errors.ts';

const fileName = 'lock';
const busy = 5;

/**
 * Exclude every other opener of a drive directory, in this process and in others, until released. The lock is the
 * kernel's own on a file that SQLite keeps open in an exclusive transaction, so it ends with the thread or the process
 * that holds it, however that ends, and never outlives a crash.
 *
 * @throws DriveInUseError (HF_DRIVE_IN_USE)
 */
export function lockDrive(directory: string): Disposable {
  const database = new DatabaseSync(join(directory, fileName), { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === busy) throw new DriveInUseError(directory, error);
    throw error;
  }
  return { [Symbol.dispose]: () => database.close() };
}
