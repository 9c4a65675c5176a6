import type { VerificationSuite } from '@holdfast/simulation';
import { UsageError } from '../errors.ts';

/** Kernels by the name they are asked for by; each is loaded when it is wanted. */
export type VerificationSuites = ReadonlyMap<string, () => Promise<VerificationSuite>>;

/** Every kernel that can be explored and simulated. */
export const verificationSuites: VerificationSuites = new Map([
  ['session', async () => (await import('@holdfast/runtime/verification')).sessionSuite],
  ['connection', async () => (await import('@holdfast/runtime/verification')).connectionSuite],
  ['coherence', async () => (await import('@holdfast/coherence/verification')).coherenceSuite],
  ['nfs-state', async () => (await import('@holdfast/nfs-state/state-verification')).nfsSuite],
  ['nfs-log', async () => (await import('@holdfast/nfs-state/log-verification')).logSuite],
  ['page-sync', async () => (await import('@holdfast/nfs-state/verification')).pageSyncSuite],
  ['raid', async () => (await import('@holdfast/raid/verification')).raidSuite],
]);

/** @throws UsageError that names the kernels there are. */
export async function loadSuite(suites: VerificationSuites, kernel: string | undefined): Promise<VerificationSuite> {
  const hint = `Name one of: ${[...suites.keys()].join(', ')}.`;
  if (kernel === undefined) throw new UsageError('No kernel was named.', hint);
  const load = suites.get(kernel);
  if (load === undefined) throw new UsageError(`There is no kernel ${JSON.stringify(kernel)}.`, hint);
  return await load();
}
