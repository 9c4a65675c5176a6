/** A thread that does explorations of one suite, one after the other, as it is told. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  type ExplorationJob,
  type ExplorationResult,
  type ExploreOptions,
  runExplorationJob,
} from '@holdfast/simulation';
import { loadSuite, type VerificationSuites } from './registry.ts';

/** What the thread is started with. */
export interface ExploreThreadData {
  /** The module that exports `verificationSuites`. */
  readonly suites: string;
  readonly kernel: string;
  readonly bounds: ExploreOptions;
}

/** What it is sent: the job and its place in the list. */
export interface NumberedJob {
  readonly index: number;
  readonly job: ExplorationJob;
}

/** What it answers. */
export interface NumberedResult {
  readonly index: number;
  readonly result: ExplorationResult;
}

const { suites, kernel, bounds } = workerData as ExploreThreadData;
const { verificationSuites } = (await import(suites)) as { readonly verificationSuites: VerificationSuites };
const suite = await loadSuite(verificationSuites, kernel);

parentPort?.on('message', ({ index, job }: NumberedJob) => {
  parentPort?.postMessage({ index, result: runExplorationJob(suite, job, bounds) } satisfies NumberedResult);
});
