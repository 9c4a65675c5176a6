import type { ByteRanges } from './byte-ranges.ts';
import type { Frame } from './frames.ts';

/** A page of a file that is in memory, whole or in parts. */
export interface CachedPage {
  readonly file: PageOwner;
  readonly number: number;
  frame: Frame;
  /** What is known: as on the servers, or written here since. */
  valid: ByteRanges;
  /** Written here and maybe not stable: what a WRITE sends. */
  dirty: ByteRanges;
  /** Of these, what was written since the last WRITE was sent. */
  fresh: ByteRanges;
  /** Some of what is dirty was written under a lock. */
  locked: boolean;
  /** Not known to the page-sync kernel: it may be forgotten. */
  clean: boolean;
  /** In the order of use, with its neighbours there. */
  listed: boolean;
  older: CachedPage | undefined;
  newer: CachedPage | undefined;
}

export interface PageOwner {
  /** Forget a clean page. Its frame is the caller's. */
  forget(page: CachedPage): void;
  /** Memory is short: make dirty pages clean. */
  push(): void;
  readonly dirtyPages: number;
}
