import { createHash } from 'node:crypto';
import { filesInFlight } from '../limits.ts';
import { inLanes } from '../tree/lanes.ts';
import type { FileRecord } from './file-record.ts';
import type { ObjectStore } from './object-store.ts';

export interface ReadBackHooks {
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
  readonly onSettled: (record: FileRecord) => void;
  /** The store could not give a file back. */
  readonly onLost: (record: FileRecord, error: unknown) => void;
}

/** Reads every stored file from the store and holds its SHA-256 against the one taken as it was stored. */
export async function readBack(
  store: Pick<ObjectStore, 'get'>,
  records: readonly FileRecord[],
  hooks: ReadBackHooks,
): Promise<void> {
  await inLanes(records, filesInFlight, async (record) => {
    hooks.signal.throwIfAborted();
    if (record.stored.state !== 'stored') return;
    try {
      const digest = await digestOf(store.get(record.key), hooks.onBytes);
      record.readBack = digest === record.stored.digest ? 'equal' : 'different';
    } catch (error) {
      hooks.signal.throwIfAborted();
      record.readBack = 'lost';
      hooks.onLost(record, error);
    }
    hooks.onSettled(record);
  });
}

export async function digestOf(chunks: AsyncIterable<Uint8Array>, onBytes?: (bytes: number) => void): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) {
    hash.update(chunk);
    onBytes?.(chunk.byteLength);
  }
  return hash.digest('hex');
}
