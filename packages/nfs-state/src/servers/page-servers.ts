import type { Cluster } from '@holdfast/runtime';
import { registerNfsStateErrors } from '../error-classes.ts';

export interface PageServersOptions {
  /** The node of the metadata server. */
  readonly metadata: string;
  /** Nodes with a data server each: those that have drives of the array, so that most bytes are written where they lie. */
  readonly dataServers: readonly string[];
}

/**
 * Start data servers and a metadata server over the array that is open on a cluster. They run until the cluster ends; a node
 * that is restarted gets its own back.
 *
 * @example
 * ```ts
 * const array = await RaidArray.create(cluster, { data: 3 });
 * const servers = { metadata: 'n0', dataServers: ['n1', 'n2', 'n3'] };
 * await startPageServers(cluster, servers);
 * await using cache = await PageCache.connect(cluster.main, servers);
 * ```
 */
export async function startPageServers(cluster: Cluster, options: PageServersOptions): Promise<void> {
  const { metadata, dataServers } = options;
  registerNfsStateErrors();
  if (dataServers.length > 0) await cluster.deploy(moduleOf('data-server'), { on: dataServers });
  await cluster.deploy(moduleOf('metadata-server'), { on: metadata, options: { dataServers: [...dataServers] } });
}

const moduleOf = (server: string): URL => new URL(import.meta.resolve(`@holdfast/nfs-state/${server}`));
