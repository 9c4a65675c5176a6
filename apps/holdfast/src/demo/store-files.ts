import { filesInFlight } from '../limits.ts';
import { FileUnreadableError, FileVanishedError, SourceFile } from '../tree/source-file.ts';
import type { FileRecord } from './file-record.ts';
import { inLanes } from './lanes.ts';
import type { ObjectStore } from './object-store.ts';

export interface StoreHooks {
  readonly signal: AbortSignal;
  /** Bytes of a file were handed to the store. */
  readonly onBytes: (record: FileRecord, bytes: number) => void;
  /** The store acknowledged a file, or the file could not be read. */
  readonly onSettled: (record: FileRecord) => void;
  /** Awaited before a file is begun: the demo holds files back here while a node dies. */
  readonly beforeFile?: (record: FileRecord, index: number) => Promise<void>;
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
    hooks.signal.throwIfAborted();
    await hooks.beforeFile?.(record, index);
    await storeFile(store, root, record, hooks);
    hooks.onSettled(record);
  });
}

async function storeFile(store: ObjectStore, root: Buffer, record: FileRecord, hooks: StoreHooks): Promise<void> {
  const source = new SourceFile(root, record.entry);
  let sourceFailure: unknown;
  const chunks = async function* () {
    try {
      for await (const chunk of source.chunks((bytes) => hooks.onBytes(record, bytes))) {
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
