/**
 * Whether a cluster of many nodes comes up, lets nodes talk, and keeps its rings under the cap. Arguments: nodes, and how
 * many of them talk, each with every other one.
 */
import { Cluster, ringBytesDefault, ringCapBytes } from '@holdfast/runtime';
import type { MemberExchange } from '@holdfast/runtime/internals';
import { Neighbours, ringEnds } from '../ours/neighbours.ts';
import { sibling } from '../peers/sibling.ts';
import { numbers } from './arguments.ts';

const mib = 2 ** 20;
/** A pair's two rings, without what rounding adds. */
const pairRingBytes = 2 * ringBytesDefault;

const [nodes = 64, talkers = 16] = numbers();
const startedMs = performance.now();
await using cluster = await Cluster.start({ nodes });
const startMs = performance.now() - startedMs;

const names = Array.from({ length: talkers }, (_, index) => `n${index}`);
await cluster.deploy(sibling('../ours/neighbours', import.meta), { on: names });
const service = cluster.service(Neighbours);
const ends = ringEnds(cluster.main.exchange as MemberExchange);
for (const node of names) await service.meet(names, { node });
for (const node of names) {
  const { rings, others } = await service.meet([], { node });
  ends.rings += rings;
  ends.others += others;
}
console.log(
  JSON.stringify({
    startMs,
    ringMiB: (ends.rings / 2) * (pairRingBytes / mib),
    ringCapMiB: ringCapBytes / mib,
    pairsWithoutRing: ends.others / 2,
    rssMiB: process.memoryUsage.rss() / mib,
  }),
);
