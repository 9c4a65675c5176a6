/** A megabyte handed to a node without being copied: both threads see the same pages. */
import { Cluster, pageBytes } from '@holdfast/runtime';
import { Brightness } from './brightness.ts';

await using cluster = await Cluster.start({ nodes: 2 });
await cluster.deploy(new URL('./brightness.ts', import.meta.url), { on: 'n1' });

const { pages } = cluster.main;
const count = 2 ** 20 / pageBytes;
const first = pages.take(count);
pages.bytes(first, count).fill(200);

const mean = await cluster.service(Brightness).mean({ first, count, generation: pages.generation(first) });
console.log(`mean of ${count} pages:`, mean);
pages.give(first, count);
