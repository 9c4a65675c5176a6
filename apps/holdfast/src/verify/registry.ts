import type { VerificationSuite } from '@holdfast/simulation';
import { UsageError } from '../errors.ts';

export type VerificationSuites = ReadonlyMap<string, VerificationSuite>;

/** Every kernel that can be explored and simulated, by the name it is asked for by. */
export async function verificationSuites(): Promise<VerificationSuites> {
  const { connectionSuite, sessionSuite } = await import('@holdfast/runtime/verification');
  const { coherenceSuite } = await import('@holdfast/coherence/verification');
  return new Map([sessionSuite, connectionSuite, coherenceSuite].map((suite) => [suite.kernel, suite]));
}

/** @throws UsageError that names the kernels there are. */
export function suiteOf(suites: VerificationSuites, kernel: string | undefined): VerificationSuite {
  const known = [...suites.keys()].join(', ');
  if (kernel === undefined) throw new UsageError('No kernel was named.', `Name one of: ${known}.`);
  const suite = suites.get(kernel);
  if (suite === undefined)
    throw new UsageError(`There is no kernel ${JSON.stringify(kernel)}.`, `Name one of: ${known}.`);
  return suite;
}
