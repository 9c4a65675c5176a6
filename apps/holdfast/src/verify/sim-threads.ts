import { extname } from 'node:path';
import { type MadeRun, RunSeries, type SimReport, type VerificationSuite } from '@holdfast/simulation';
import type { SimThreadData } from './sim-thread.ts';
import { workInThreads } from './thread-jobs.ts';

/** The same form as this file: source or dist. */
const entry = new URL(`./sim-thread${extname(import.meta.filename)}`, import.meta.url);

export interface ThreadedSim {
  readonly runs: number;
  /** Start no further run after this long. */
  readonly secondsMax: number;
  readonly threads: number;
  /** Told of each run, in their order. */
  onRun(index: number): void;
}

/**
 * Make the runs of a seed on several threads; each takes the next run as it is free. Runs are added up in their order and
 * follow from the seed one by one, so that the report is that of one thread, its seconds aside.
 */
export async function simulateInThreads(
  suite: VerificationSuite,
  { runs, secondsMax, threads, onRun }: ThreadedSim,
  data: SimThreadData,
): Promise<SimReport> {
  const series = new RunSeries(suite, data.seed);
  /** Of runs that ended before one that began earlier. */
  const ahead = new Map<number, MadeRun>();
  let begun = 0;
  let ended = 0;
  await workInThreads<number, MadeRun>({
    entry,
    data,
    threads: Math.min(threads, runs),
    next: () => (begun < runs && !series.hasFailed && series.seconds <= secondsMax ? begun++ : undefined),
    onResult(index, made) {
      ahead.set(index, made);
      for (let next = ahead.get(ended); next !== undefined; next = ahead.get(ended)) {
        ahead.delete(ended);
        series.add(next);
        onRun(ended++);
      }
    },
  });
  return series.report();
}
