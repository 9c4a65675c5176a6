import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ExplorationJob, ExplorationResult } from '@holdfast/simulation';
import type { ExploreThreadData, NumberedJob, NumberedResult } from './explore-thread.ts';

/** The same form as this file: source or dist. */
const entry = new URL(`./explore-thread${extname(import.meta.filename)}`, import.meta.url);

/**
 * Do explorations on `threads` threads; each takes the next job as it is free. The results are in the order of the jobs, and
 * `onResult` hears of them in that order too.
 * @throws whatever an exploration throws; the other threads end then.
 */
export async function exploreInThreads(
  jobs: readonly ExplorationJob[],
  threads: number,
  data: ExploreThreadData,
  onResult: (result: ExplorationResult) => void,
): Promise<ExplorationResult[]> {
  const results: ExplorationResult[] = [];
  let next = 0;
  let told = 0;
  const take = (worker: Worker): boolean => {
    const job = jobs[next];
    if (job !== undefined) worker.postMessage({ index: next++, job } satisfies NumberedJob);
    return job !== undefined;
  };
  const done = ({ index, result }: NumberedResult): void => {
    results[index] = result;
    for (let first = results[told]; first !== undefined; first = results[told]) {
      told++;
      onResult(first);
    }
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
