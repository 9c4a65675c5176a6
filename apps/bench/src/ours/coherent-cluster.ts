import '@holdfast/coherence';
import { Cluster } from '@holdfast/runtime';
import { sibling } from '../peers/sibling.ts';
import { Coherent, HomedObjects, Objects } from './coherent-definition.ts';

/** Nodes that share the objects, and the service that uses them. */
export async function withCoherentNodes<Answer>(
  nodes: number,
  use: (node: (number: number) => ReturnType<typeof serviceOf>, names: readonly number[]) => Promise<Answer>,
): Promise<Answer> {
  await using cluster = await Cluster.start({ nodes });
  await Promise.all([cluster.container(Objects), cluster.container(HomedObjects)]);
  await cluster.deploy(sibling('coherent', import.meta), { on: 'all' });
  return await use(
    (number) => serviceOf(cluster, number),
    Array.from({ length: nodes }, (_, number) => number),
  );
}

const serviceOf = (cluster: Cluster, node: number) => cluster.service(Coherent, { node: `n${node}`, timeoutMs: 0 });
