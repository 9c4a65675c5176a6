import { parentPort, Worker } from 'node:worker_threads';

export interface ThreadWork<Job, Result> {
  /** The module that a thread runs; it calls {@link serveJobs}. */
  readonly entry: URL;
  /** What it is started with. */
  readonly data: unknown;
  readonly threads: number;
  /** The next job; undefined when there are none, or no more are wanted. */
  next(): Job | undefined;
  /** Told of each result as it comes. */
  onResult(job: Job, result: Result): void;
}

/**
 * Do jobs on several threads; each takes the next one as it is free.
 * @throws whatever a job throws; the other threads end then.
 */
export async function workInThreads<Job, Result>(work: ThreadWork<Job, Result>): Promise<void> {
  const { entry, data, threads } = work;
  const workers = Array.from({ length: threads }, () => new Worker(entry, { workerData: data }));
  try {
    await Promise.all(workers.map((worker) => untilNothingIsLeft(worker, work)));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function untilNothingIsLeft<Job, Result>(worker: Worker, work: ThreadWork<Job, Result>): Promise<void> {
  return new Promise((resolve, reject) => {
    let job: Job | undefined;
    const take = (): void => {
      job = work.next();
      if (job === undefined) resolve();
      else worker.postMessage(job);
    };
    worker.on('message', (result: Result) => {
      work.onResult(job!, result);
      take();
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('A thread ended before it had done its job.')));
    take();
  });
}

/** Do the jobs that this thread is sent, one after the other. */
export function serveJobs<Job, Result>(work: (job: Job) => Result): void {
  parentPort?.on('message', (job: Job) => parentPort?.postMessage(work(job)));
}
