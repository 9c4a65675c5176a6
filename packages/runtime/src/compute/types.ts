import type { PageIndex } from '../memory/types.ts';

/** A run of pages handed to a job, held by the submitter until the job settled. */
export interface PageRun {
  readonly first: PageIndex;
  readonly count: number;
  readonly generation: number;
}

/**
 * The cluster's pool of threads for long jobs (128 KiB of work and more), shared by all members. A job is a function
 * exported by a module; it receives the shared memory, page runs and a small cloneable argument, never bytes.
 */
export interface ComputeLane {
  /**
   * Run a job; its result, cloned. The submitter's holder bit lies on the pages until the job has settled, so that
   * nobody reuses them under it.
   * @throws what the job threw; `signal.reason` when aborted (the thread is ended, the pages may be half written);
   *   LaneError (HF_LANE_FULL, HF_LANE_PAGES, HF_LANE_DIED).
   */
  run<Result>(job: ComputeJob, options?: { readonly signal?: AbortSignal }): Promise<Result>;
}

export interface ComputeJob {
  /** Module URL whose default export is a {@link ComputeFunction}. */
  readonly module: URL | string;
  readonly pages: readonly PageRun[];
  readonly argument?: unknown;
}

/** What a job's module exports by default. `memory` is the machine-wide one; a page's bytes begin at index times 4096. */
export type ComputeFunction = (memory: WebAssembly.Memory, pages: readonly PageRun[], argument: unknown) => unknown;
