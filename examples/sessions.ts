/** Sessions that all workers of a service share: read where they are needed, never stale, written by one at a time. */
import '@holdfast/coherence';
import { Cluster } from '@holdfast/runtime';
import { Desk, Sessions } from './session-desk.ts';

await using cluster = await Cluster.start({ nodes: 4 });
const sessions = await cluster.container(Sessions);
await cluster.deploy(new URL('./session-desk.ts', import.meta.url), { on: 'all' });
const desk = (node: string) => cluster.service(Desk, { node });

await desk('n0').visit({ sid: 'sid:42', page: '/' });
await Promise.all(['n1', 'n2', 'n3'].map((node) => desk(node).visit({ sid: 'sid:42', page: `/${node}` })));

const { hits, pages } = await sessions.read('sid:42');
console.log(`${hits} hits: ${[...pages].sort().join(' ')}`);
console.log(`n2 sees ${await desk('n2').hits('sid:42')}`);

// A lease: the value stays as it is while it is held, for everybody.
{
  using session = await sessions.get('sid:42');
  console.log(`still ${session.value.hits}`);
}
await desk('n1').login({ sid: 'sid:42', user: 'ada' });
const { owner, chain } = await sessions.inspect('sid:42');
console.log(`owned by ${owner}, found by ${chain.length - 1} step`);
