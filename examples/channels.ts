/** A typed channel to a node, and what it notices when one of its links breaks: nothing is lost, doubled or reordered. */
import { Cluster } from '@holdfast/runtime';
import type { MemberExchange } from '@holdfast/runtime/internals';
import { firstValueFrom, take, toArray } from 'rxjs';
import { Numbers } from './doubler.ts';

await using cluster = await Cluster.start({ nodes: 2, interconnect: ['ring', 'port'] });
cluster.events$.subscribe((event) => {
  if (event.type === 'failover' && event.node === 'main') {
    console.log(`failover: ${event.node} to ${event.peer} moved from ${event.from} to ${event.to}`);
  }
});
await cluster.deploy(new URL('./doubler.ts', import.meta.url), { on: 'n0' });

const messages = 10_000;
await using channel = cluster.main.connect('n0', Numbers);
const answers = firstValueFrom(channel.in$.pipe(take(messages), toArray()));
await channel.opened();

// Tests of the runtime break links for real; applications never need to.
const exchange = cluster.main.exchange as MemberExchange;
for (let number = 0; number < messages; number++) {
  if (number === messages / 2) exchange.killLink(0, 'ring');
  await channel.send(number);
}

const doubled = await answers;
console.log(
  'in order, each once:',
  doubled.every((answer, index) => answer === index * 2),
  doubled.length,
);
