/** What a node keeps for each idle object beyond key and value. Argument: objects. */
import { withCoherentNodes } from '../ours/coherent-cluster.ts';
import { numbers } from './arguments.ts';

const [objects = 100_000] = numbers();
const bytes = await withCoherentNodes(1, (node) => node(0).memory(objects));
console.log(JSON.stringify({ bytes }));
