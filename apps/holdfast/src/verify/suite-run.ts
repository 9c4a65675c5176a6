import type { VerificationSuite } from '@holdfast/simulation';
import { exitCodes } from '../exit-codes.ts';
import { loadSuite, type VerificationSuites } from './registry.ts';

export interface SuiteArguments {
  readonly kernel?: string;
  /** Say what there is instead. */
  readonly list?: boolean;
}

interface SuiteVerb {
  list(suites: VerificationSuites): void | Promise<void>;
  /** Its exit code. */
  run(suite: VerificationSuite): number | Promise<number>;
}

/** What the verbs that work on a kernel's suite begin with. The exit code. */
export async function runOnSuite(given: SuiteArguments, suites: VerificationSuites, verb: SuiteVerb): Promise<number> {
  if (!given.list) return await verb.run(await loadSuite(suites, given.kernel));
  await verb.list(suites);
  return exitCodes.ok;
}
