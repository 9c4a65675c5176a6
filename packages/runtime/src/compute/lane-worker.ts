import { threadId } from 'node:worker_threads';
import { type Outcome, outcomeOf, packError } from '../control/error-wire.ts';
import type { ComputeFunction, PageRun } from './types.ts';

/** What a lane thread is told about one job. */
export interface LaneTask {
  readonly memory: WebAssembly.Memory;
  readonly module: string;
  readonly pages: readonly PageRun[];
  readonly argument: unknown;
  /** Two words: the thread that runs the job, and how far it is: see {@link LaneProgress}. */
  readonly progress: SharedArrayBuffer;
}

/** A job is begun by the thread or cancelled by the supervisor, whoever is first; never both. */
export const LaneProgress = { queued: 0, running: 1, done: 2, cancelled: 3 } as const;

/** Runs in a thread of the pool: load the job's module and run it on the pages in place. */
export default async function runLaneTask(task: LaneTask): Promise<Outcome<unknown>> {
  const progress = new Int32Array(task.progress);
  Atomics.store(progress, 0, threadId);
  const before = Atomics.compareExchange(progress, 1, LaneProgress.queued, LaneProgress.running);
  if (before !== LaneProgress.queued) return { ok: false, error: packError(new Error('cancelled before it began')) };
  const outcome = await outcomeOf(async () => {
    const { default: job } = (await import(task.module)) as { default?: ComputeFunction };
    if (typeof job !== 'function') throw new TypeError(`${task.module} has no function as its default export`);
    return job(task.memory, task.pages, task.argument);
  });
  Atomics.store(progress, 1, LaneProgress.done);
  return outcome;
}
