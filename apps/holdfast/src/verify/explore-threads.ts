import { extname } from 'node:path';
import type { ExplorationJob, ExplorationResult } from '@holdfast/simulation';
import type { ExploreThreadData } from './explore-thread.ts';
import { workInThreads } from './thread-jobs.ts';

export interface ExplorationListener {
  began(job: ExplorationJob): void;
  ended(job: ExplorationJob, result: ExplorationResult): void;
}

/** The same form as this file: source or dist. */
const entry = new URL(`./explore-thread${extname(import.meta.filename)}`, import.meta.url);

/**
 * Do explorations on `threads` threads; each takes the next job as it is free. The results are in the order of the jobs;
 * `told` hears of each as it ends, and before that as it begins.
 * @throws whatever an exploration throws; the other threads end then.
 */
export async function exploreInThreads(
  jobs: readonly ExplorationJob[],
  threads: number,
  data: ExploreThreadData,
  told: ExplorationListener,
): Promise<ExplorationResult[]> {
  const results = new Map<ExplorationJob, ExplorationResult>();
  const left = jobs.values();
  await workInThreads<ExplorationJob, ExplorationResult>({
    entry,
    data,
    threads: Math.min(threads, jobs.length),
    next() {
      const { value: job } = left.next();
      if (job !== undefined) told.began(job);
      return job;
    },
    onResult(job, result) {
      results.set(job, result);
      told.ended(job, result);
    },
  });
  return jobs.map((job) => results.get(job)!);
}
