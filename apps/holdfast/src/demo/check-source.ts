import { filesInFlight } from '../limits.ts';
import { checksumApart } from '../tree/checksum.ts';
import { inLanes } from '../tree/lanes.ts';
import type { FileRecord } from './file-record.ts';

export interface CheckHooks {
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
  readonly onSettled: (record: FileRecord) => void;
}

/**
 * Hashes every stored file of the source once more, apart from the pass that stored it, and notes each file that is
 * not what was stored: it changed while the demo ran.
 */
export async function checkSource(root: Buffer, records: readonly FileRecord[], hooks: CheckHooks): Promise<void> {
  await inLanes(records, filesInFlight, async (record) => {
    hooks.signal.throwIfAborted();
    if (record.stored.state !== 'stored') return;
    const apart = await checksumApart(root, record.entry, hooks.onBytes);
    if (apart.state === 'vanished') record.change ??= 'vanished';
    // A file that could be read minutes ago and cannot be now has been changed by somebody.
    else if (apart.state === 'unreadable') record.change ??= 'replaced';
    else if (apart.change !== undefined) record.change ??= apart.change;
    else if (apart.digest !== record.stored.digest) record.change ??= 'content';
    hooks.onSettled(record);
  });
}
