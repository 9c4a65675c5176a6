import type { PageIndex } from '../memory/types.ts';

/** A run of pages handed to a job, held by the submitter until the job settled. */
export interface PageRun {
  readonly first: PageIndex;
  readonly count: number;
  readonly generation: number;
}

/**
 * The process's pool of threads for long jobs (128 KiB of work and more), shared by all members. A job is a function
 * exported by a module; it receives the shared memory, page runs and a small cloneable argument, never bytes.
 */
export interface ComputeLane {
  run<Result>(job: ComputeJob, options?: { readonly signal?: AbortSignal }): Promise<Result>;
}

export interface ComputeJob {
  /** Module URL whose default export is `(memory: WebAssembly.Memory, pages: PageRun[], argument: unknown) => unknown`. */
  readonly module: URL | string;
  readonly pages: readonly PageRun[];
  readonly argument?: unknown;
}
