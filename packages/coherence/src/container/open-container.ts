import type { Cluster } from '@holdfast/runtime';
import { extendClusters, extendMembers } from '@holdfast/runtime/internals';
import type { MemberContext } from '@holdfast/runtime/service';
import { registerCoherenceErrors } from '../error-classes.ts';
import { openMsDefault } from '../limits.ts';
import { Container } from './container.ts';
import type { ContainerDefinition } from './definition.ts';
import { coherenceOf } from './member-registry.ts';
import type { ObjectSet } from './object-set.ts';
import { describe } from './set-descriptor.ts';

export interface OpenOptions {
  /** How long to wait for the nodes that are up, in ms. @default 10 000 */
  readonly timeoutMs?: number;
}

interface Opens {
  /**
   * A container of coherent objects; resolves when every node that is up takes part in it. On the cluster it also brings
   * the container manager to every node. Opening it again hands out the same one.
   * @throws ContainerMismatchError (HF_CONTAINER_MISMATCH), CoherenceDownError (HF_COHERENCE_DOWN)
   */
  container<Key, Value, Operations, Missing extends undefined>(
    definition: ContainerDefinition<Key, Value, Operations, Missing>,
    options?: OpenOptions,
  ): Promise<Container<Key, Value, Operations, Missing>>;
}

declare module '@holdfast/runtime' {
  interface ClusterExtensions extends Opens {}
  interface MemberExtensions extends Opens {}
  interface ClusterEventMap {
    /** `node` died; what only it knew of the objects of `set` reads as absent from now on. */
    'objects-unknown': { readonly set: string; readonly node: string };
  }
}

const containers = new WeakMap<ObjectSet, Container<unknown, unknown>>();
const deployed = new WeakMap<Cluster, Promise<unknown>>();

/** As `cluster.container(definition)`. */
export async function openOnCluster<Key, Value, Operations, Missing extends undefined>(
  cluster: Cluster,
  definition: ContainerDefinition<Key, Value, Operations, Missing>,
  options: OpenOptions = {},
): Promise<Container<Key, Value, Operations, Missing>> {
  let ready = deployed.get(cluster);
  if (ready === undefined) {
    ready = cluster.deploy(new URL(import.meta.resolve('@holdfast/coherence/node')), { on: 'all' });
    deployed.set(cluster, ready);
    ready.catch(() => deployed.delete(cluster));
  }
  await ready;
  return openOnMember(cluster.main, definition, options);
}

/** As `context.container(definition)` inside a service. */
export async function openOnMember<Key, Value, Operations, Missing extends undefined>(
  context: MemberContext,
  definition: ContainerDefinition<Key, Value, Operations, Missing>,
  { timeoutMs = openMsDefault }: OpenOptions = {},
): Promise<Container<Key, Value, Operations, Missing>> {
  registerCoherenceErrors();
  const member = coherenceOf(context);
  const set = await member.join(describe(definition), timeoutMs);
  let container = containers.get(set);
  if (container === undefined) {
    container = new Container(member, set, definition as unknown as ContainerDefinition<unknown, unknown>);
    containers.set(set, container);
  }
  // The fingerprints agree, so that it is a container of these types.
  return container as unknown as Container<Key, Value, Operations, Missing>;
}

extendClusters({
  container(this: Cluster, definition: ContainerDefinition<unknown, unknown>, options?: OpenOptions) {
    return openOnCluster(this, definition, options);
  },
});

extendMembers({
  container(this: MemberContext, definition: ContainerDefinition<unknown, unknown>, options?: OpenOptions) {
    return openOnMember(this, definition, options);
  },
});
