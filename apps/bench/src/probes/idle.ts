/** What a cluster costs that does nothing. Arguments: nodes, milliseconds to watch. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from '@holdfast/runtime';
import { processCpuNs } from '../harness/cpu.ts';
import { numbers } from './arguments.ts';

const settleMs = 1000;

const [nodes = 4, watchMs = 10_000] = numbers();
await using cluster = await Cluster.start({ nodes });
await sleep(settleMs);
const cpuBefore = processCpuNs();
const startedMs = performance.now();
await sleep(watchMs);
const coreShare = (processCpuNs() - cpuBefore) / 1e6 / (performance.now() - startedMs);
console.log(JSON.stringify({ corePercent: coreShare * 100, members: cluster.members().length }));
