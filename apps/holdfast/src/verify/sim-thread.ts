/** A thread that makes runs of one simulation, each by its place among those of the seed, as it is told. */
import { workerData } from 'node:worker_threads';
import { RunMaker } from '@holdfast/simulation';
import { loadSuite, type VerificationSuites } from './registry.ts';
import { serveJobs } from './thread-jobs.ts';

/** What the thread is started with. */
export interface SimThreadData {
  /** The module that exports `verificationSuites`. */
  readonly suites: string;
  readonly kernel: string;
  readonly seed: number;
}

const { suites, kernel, seed } = workerData as SimThreadData;
const { verificationSuites } = (await import(suites)) as { readonly verificationSuites: VerificationSuites };
const maker = new RunMaker(await loadSuite(verificationSuites, kernel), seed);

serveJobs((index: number) => maker.make(index));
