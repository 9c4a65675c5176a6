import type { DriverName } from '../interconnect/types.ts';
import { deployNodeMs } from '../limits.ts';
import type { RestartPolicy } from '../supervisor/restart-policy.ts';

/** `event`: woken through the event loop. `blocking`: sleeps in the memory itself; for nodes that do no other I/O. */
export type LoopKind = 'event' | 'blocking';

/** V8's limits of one node's heap, as `worker_threads` takes them. */
export interface NodeResourceLimits {
  readonly maxOldGenerationSizeMb?: number;
  readonly maxYoungGenerationSizeMb?: number;
  readonly codeRangeSizeMb?: number;
  readonly stackSizeMb?: number;
}

/** The options of a cluster after parsing: complete, and plain data for the supervisor. */
export interface ClusterConfig {
  readonly nodes: number;
  readonly interconnect: readonly DriverName[];
  /** Absolute path of the storage directory. */
  readonly storage: string | undefined;
  readonly pagesPerNode: number;
  readonly restart: RestartPolicy;
  /** One for each node. */
  readonly loops: readonly LoopKind[];
  readonly stallMs: number;
  /** 0: never. */
  readonly hangMs: number;
  readonly terminateMs: number;
  readonly bootMs: number;
  readonly resourceLimits: NodeResourceLimits;
  /** The worker entry, when the app brings a bundle of its own. */
  readonly workerUrl: string;
}

/** How long deploying on so many nodes may take. */
export function deployMs({ bootMs }: ClusterConfig, nodes: number): number {
  return bootMs + nodes * deployNodeMs;
}
