import type { PagePool } from '@holdfast/runtime';
import type { DriveDirectory } from '../drive/drive-files.ts';
import type { BlockFile } from './block-file.ts';
import type { BlockSpace } from './block-space.ts';
import type { Checksums } from './checksums.ts';
import type { DriveHealth } from './drive-health.ts';
import type { DriveState } from './drive-state.ts';
import type { Log } from './log.ts';
import type { SpareLog } from './spare-log.ts';
import type { SuperblockFile } from './superblock-file.ts';

/** What an open drive is made of. */
export interface StoreParts {
  readonly directory: DriveDirectory;
  readonly pages: PagePool;
  readonly health: DriveHealth;
  readonly sums: Checksums;
  readonly superblock: SuperblockFile;
  readonly log: Log;
  /** Undefined on a drive that an older version made: it is made before more is taken in. */
  readonly spareLog: SpareLog | undefined;
  readonly blocks: BlockFile;
  readonly state: DriveState;
  readonly space: BlockSpace;
  readonly lock: Disposable;
  /** Batches the log has lost: it is written anew once the others have made good for them. */
  readonly lostBatches: number;
}

/** How full a drive is. */
export interface DriveUse {
  readonly blocksUsed: number;
  readonly blocksAllocated: number;
  readonly objects: number;
  readonly logBytes: number;
  /** Why long transfers go through the cache of the kernel; where they go past it, with O_DIRECT, undefined. */
  readonly whyBuffered?: string | undefined;
}
