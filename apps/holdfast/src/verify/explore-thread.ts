/** A thread that does explorations of one suite, one after the other, as it is told. */
import { workerData } from 'node:worker_threads';
import { type ExplorationJob, type ExploreOptions, runExplorationJob } from '@holdfast/simulation';
import { loadSuite, type VerificationSuites } from './registry.ts';
import { serveJobs } from './thread-jobs.ts';

/** What the thread is started with. */
export interface ExploreThreadData {
  /** The module that exports `verificationSuites`. */
  readonly suites: string;
  readonly kernel: string;
  readonly bounds: ExploreOptions;
}

const { suites, kernel, bounds } = workerData as ExploreThreadData;
const { verificationSuites } = (await import(suites)) as { readonly verificationSuites: VerificationSuites };
const suite = await loadSuite(verificationSuites, kernel);

serveJobs((job: ExplorationJob) => runExplorationJob(suite, job, bounds));
