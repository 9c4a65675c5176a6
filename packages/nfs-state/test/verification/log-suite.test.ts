import { logSuite } from '@holdfast/nfs-state/log-verification';
import { proveKernel } from '../support/kernel-proof.ts';

proveKernel({
  suite: logSuite,
  always: 'heads never both grant, lose nothing they answered and serve no right that was taken away',
  inTheEnd: 'three heads and clients, deaths and lost rights end with everybody answered',
  bugsMin: 20,
  runs: 12,
});
