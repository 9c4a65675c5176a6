import { nfsSuite } from '@holdfast/nfs-state/state-verification';
import { proveKernel } from '../support/kernel-proof.ts';

proveKernel({
  suite: nfsSuite,
  always: 'heads never grant what excludes the other, nor serve what was taken away',
  inTheEnd: 'many requests, deaths and repetitions are all answered',
  bugsMin: 20,
  runs: 9,
  // The others take a minute.
  worlds: { name: /^opens and shares, 3 requests of each client$|leaves/, count: 2 },
  leaves: /since it asked|clients$|any answer/,
});
