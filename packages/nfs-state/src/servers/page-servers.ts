import type { Cluster } from '@holdfast/runtime';
import { registerNfsStateErrors } from '../error-classes.ts';

export interface PageServersOptions {
  /** Nodes with a head: each gets a metadata server, of which one serves. */
  readonly metadata: readonly string[];
  /** Nodes with a data server each: those that have drives of the array, so that most bytes are written where they lie. */
  readonly dataServers: readonly string[];
}

/**
 * Start data servers and metadata servers over the array that is open on a cluster. They run until the cluster ends; a node
 * that is restarted gets its own back. Leases, opens, layouts and locks are in the state of the heads, so that another
 * metadata server goes on with them when the one that serves dies.
 *
 * @example
 * ```ts
 * const array = await RaidArray.create(cluster, { data: 3 });
 * await using nfs = await NfsHeads.start(cluster, { array, heads: ['n0', 'n1'] });
 * const servers = { metadata: ['n0', 'n1'], dataServers: ['n1', 'n2', 'n3'] };
 * await startPageServers(cluster, servers);
 * await using cache = await PageCache.connect(cluster.main, servers);
 * ```
 */
export async function startPageServers(cluster: Cluster, options: PageServersOptions): Promise<void> {
  const { metadata, dataServers } = options;
  registerNfsStateErrors();
  if (dataServers.length > 0) await cluster.deploy(moduleOf('data-server'), { on: [...dataServers] });
  await cluster.deploy(moduleOf('metadata-server'), { on: [...metadata], options: { dataServers: [...dataServers] } });
}

export interface MetadataServerPlace {
  /** A node with a head. */
  readonly node: string;
  /** The data servers, in the same order as the other metadata servers have them. */
  readonly dataServers: readonly string[];
}

/** One more node whose metadata server goes on when the one that serves dies. */
export async function addMetadataServer(cluster: Cluster, { node, dataServers }: MetadataServerPlace): Promise<void> {
  await cluster.deploy(moduleOf('metadata-server'), { on: [node], options: { dataServers: [...dataServers] } });
}

const moduleOf = (server: string): URL => new URL(import.meta.resolve(`@holdfast/nfs-state/${server}`));
