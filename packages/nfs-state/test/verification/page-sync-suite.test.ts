import { pageSyncSuite } from '@holdfast/nfs-state/verification';
import { proveKernel } from '../support/kernel-proof.ts';

proveKernel({
  suite: pageSyncSuite,
  always: 'no page is forgotten before it is stable',
  inTheEnd: 'many pages, servers and much trouble end with everything answered',
  bugsMin: 20,
  runs: 100,
});
