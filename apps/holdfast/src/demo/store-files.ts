import { filesInFlight } from '../limits.ts';
import { inLanes } from '../tree/lanes.ts';
import { FileUnreadableError, FileVanishedError, SourceFile } from '../tree/source-file.ts';
import type { FileRecord } from './file-record.ts';
import type { ObjectStore } from './object-store.ts';

export interface StoreHooks {
  readonly signal: AbortSignal;
  /** Bytes of a file were handed to the store. */
  readonly onBytes: (index: number, bytes: number) => void;
  /** Awaited before a file is begun. */
  readonly beforeFile: (record: FileRecord, index: number) => Promise<void>;
  /** Awaited once the store acknowledged a file, or the file turned out to be unreadable. */
  readonly afterFile: (record: FileRecord, index: number) => Promise<void>;
  /** The store failed: no further file will be begun. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Stores every file, several at once, hashing each as it streams by.
 *
 * A file that vanished or cannot be read is noted in its record and left out; a failure of the store ends the phase.
 */
export async function storeFiles(
  store: ObjectStore,
  root: Buffer,
  records: readonly FileRecord[],
  hooks: StoreHooks,
): Promise<void> {
  await inLanes(records, filesInFlight, async (record, index) => {
    try {
      hooks.signal.throwIfAborted();
      await hooks.beforeFile(record, index);
      await storeFile(store, root, record, index, hooks);
      await hooks.afterFile(record, index);
    } catch (error) {
      hooks.onFailure(error);
      throw error;
    }
  });
}

async function storeFile(
  store: ObjectStore,
  root: Buffer,
  record: FileRecord,
  index: number,
  hooks: StoreHooks,
): Promise<void> {
  const source = new SourceFile(root, record.entry);
  let sourceFailure: unknown;
  const chunks = async function* () {
    try {
      for await (const chunk of source.chunks((bytes) => hooks.onBytes(index, bytes))) {
        hooks.signal.throwIfAborted();
        yield chunk;
      }
    } catch (error) {
      // The store may wrap what its input throws: the original decides.
      sourceFailure = error;
      throw error;
    }
  };
  try {
    const { bytes, degraded } = await store.put(record.key, chunks());
    if (bytes !== source.bytes) throw new Error(`the store acknowledged ${bytes} of ${source.bytes} bytes`);
    record.stored = { state: 'stored', bytes, digest: source.digest, degraded };
    record.change = source.change;
  } catch (error) {
    if (sourceFailure instanceof FileVanishedError) {
      record.stored = { state: 'vanished' };
      record.change = 'vanished';
    } else if (sourceFailure instanceof FileUnreadableError) {
      record.stored = { state: 'unreadable', errno: sourceFailure.errno };
    } else {
      throw error;
    }
  }
}
