/** What a caller sees when a node dies, and what a restart brings back. */
import { Cluster, HoldfastError } from '@holdfast/runtime';
import { Counter } from './counter.ts';

await using cluster = await Cluster.start({ nodes: 3 });
await cluster.deploy(new URL('./counter.ts', import.meta.url), { on: 'n1' });
const counter = cluster.service(Counter);

await counter.add({ by: 40 });
console.log('before the kill:', await counter.add({ by: 2 }));

await cluster.kill('n1');
try {
  await counter.add({ by: 1 });
} catch (error) {
  if (!(error instanceof HoldfastError)) throw error;
  console.log('while it is dead:', error.code, error.retryable ? '(was not run, may be repeated)' : '');
}

// A restarted node is a new incarnation with its services deployed again. Memory is not restored: the count begins anew.
await cluster.restart('n1');
console.log('after the restart:', await counter.add({ by: 1 }));
