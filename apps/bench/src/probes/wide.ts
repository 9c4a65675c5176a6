/** Whether a cluster of many nodes comes up, and with how much ring memory. Arguments: nodes. */
import { Cluster } from '@holdfast/runtime';
import { numbers } from './arguments.ts';

const [nodes = 64] = numbers();
const startedMs = performance.now();
await using cluster = await Cluster.start({ nodes });
const startMs = performance.now() - startedMs;
const up = cluster.members().filter((member) => member.state === 'up' && member.name.startsWith('n')).length;
if (up !== nodes) throw new Error(`${up} of ${nodes} nodes are up`);
