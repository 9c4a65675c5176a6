import { HoldfastError } from '../errors.ts';

/** Thrown when the arena has no free run of the wanted length: `HF_ARENA_EXHAUSTED`. */
export class ArenaExhaustedError extends HoldfastError {
  override readonly name = 'ArenaExhaustedError';
  constructor(wantedBytes: number, freeBytes: number) {
    super('HF_ARENA_EXHAUSTED', `No ${wantedBytes} bytes side by side in the arena (${freeBytes} are free).`, {
      hint: 'Close a cluster, give nodes fewer pages, or make the arena larger before its first use.',
      retryable: true,
    });
  }
}

/** Thrown when a memory handed to this thread is not an arena of this version: `HF_ARENA_FORMAT`. */
export class ArenaFormatError extends HoldfastError {
  override readonly name = 'ArenaFormatError';
  constructor(problem: string) {
    super('HF_ARENA_FORMAT', `Not an arena of this version: ${problem}.`, {
      hint: 'Load the same version of the runtime in every thread of the process.',
    });
  }
}

/** Thrown when a member's page range has no free run of the wanted length: `HF_POOL_EXHAUSTED`. */
export class PoolExhaustedError extends HoldfastError {
  override readonly name = 'PoolExhaustedError';
  constructor(wantedPages: number, freePages: number, node: string) {
    super(
      'HF_POOL_EXHAUSTED',
      `No ${wantedPages} pages side by side in the range of ${node} (${freePages} are free).`,
      {
        hint: 'Give pages back and try again, or start the cluster with more pool.pagesPerNode.',
        retryable: true,
        node,
      },
    );
  }
}

/** Thrown when pages are given back, held or released by someone who may not: `HF_PAGE_MISUSE`. A bug in the caller. */
export class PageMisuseError extends HoldfastError {
  override readonly name = 'PageMisuseError';
  constructor(problem: string) {
    super('HF_PAGE_MISUSE', problem, { hint: 'Check who owns and who holds the run before this call.' });
  }
}
