/** A cluster inside this program, and a typed call to a service on one of its nodes. */
import { Cluster } from '@holdfast/runtime';
import { Counter } from './counter.ts';

await using cluster = await Cluster.start({ nodes: 4 });
await cluster.deploy(new URL('./counter.ts', import.meta.url), { on: 'n2' });

const counter = cluster.service(Counter);
console.log(await counter.add({ by: 2 }));
console.log(
  cluster
    .members()
    .map(({ name, state }) => `${name} ${state}`)
    .join(', '),
);
