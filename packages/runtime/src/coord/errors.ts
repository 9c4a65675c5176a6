import { HoldfastError, type HoldfastErrorInit } from '../errors.ts';

/** Thrown by a watch that starts, or fell, behind what the history keeps: `HF_COORD_COMPACTED`. */
export class CompactedError extends HoldfastError {
  override readonly name = 'CompactedError';
  constructor(from: number, oldest: number, init?: Partial<HoldfastErrorInit>) {
    super('HF_COORD_COMPACTED', `History starts at revision ${oldest}; the watch asked for ${from}.`, {
      hint: 'Read the range again and watch from the revision it answers.',
      retryable: true,
      ...init,
    });
  }
}

/** Thrown when a lease is used after it ended: `HF_LEASE_EXPIRED`. Whoever held it holds nothing any more. */
export class LeaseExpiredError extends HoldfastError {
  override readonly name = 'LeaseExpiredError';
  constructor(lease: number, init?: Partial<HoldfastErrorInit>) {
    super('HF_LEASE_EXPIRED', `Lease ${lease} has ended, and its keys are gone.`, {
      hint: 'Stop acting on what it protected, then ask for a new lease.',
      ...init,
    });
  }
}

/** Thrown when another cluster, here or in another process, uses the storage directory: `HF_STORAGE_IN_USE`. */
export class StorageInUseError extends HoldfastError {
  override readonly name = 'StorageInUseError';
  constructor(path: string, init?: Partial<HoldfastErrorInit>) {
    super('HF_STORAGE_IN_USE', `${path} is in use by another cluster.`, {
      hint: 'Close that one first, or give this one a directory of its own.',
      retryable: true,
      ...init,
    });
  }
}
