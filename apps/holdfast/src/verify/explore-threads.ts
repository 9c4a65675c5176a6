import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ExplorationJob, ExplorationResult } from '@holdfast/simulation';
import type { ExploreThreadData, NumberedJob, NumberedResult } from './explore-thread.ts';

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
  const results: ExplorationResult[] = [];
  let next = 0;
  const take = (worker: Worker): boolean => {
    const job = jobs[next];
    if (job === undefined) return false;
    worker.postMessage({ index: next++, job } satisfies NumberedJob);
    told.began(job);
    return true;
  };
  const done = ({ index, result }: NumberedResult): void => {
    results[index] = result;
    told.ended(jobs[index] as ExplorationJob, result);
  };
  const workers = Array.from({ length: Math.min(threads, jobs.length) }, () => new Worker(entry, { workerData: data }));
  try {
    await Promise.all(workers.map((worker) => untilNothingIsLeft(worker, take, done)));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results;
}

function untilNothingIsLeft(
  worker: Worker,
  take: (worker: Worker) => boolean,
  done: (result: NumberedResult) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on('message', (result: NumberedResult) => {
      done(result);
      if (!take(worker)) resolve();
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('A thread that explores ended before it had answered.')));
    take(worker);
  });
}
