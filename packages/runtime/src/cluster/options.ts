import { resolve } from 'node:path';
import { z } from 'zod';
import type { ClusterConfig, LoopKind } from '../control/config.ts';
import { ConfigError } from '../errors.ts';
import { driverNames } from '../interconnect/types.ts';
import {
  bootMsDefault,
  codeRangeMbMin,
  nodesMax,
  oldGenerationMbMin,
  pagesPerClusterDefault,
  pagesPerNodeDefault,
  stallMsDefault,
  stallMsMin,
  terminateMsDefault,
} from '../limits.ts';
import { type MemberName, memberName, memberSlot } from '../member.ts';
import { workerEntry } from '../supervisor/worker-entry.ts';
import { duration } from './duration.ts';

const milliseconds = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);
const loopKind = z.enum(['event', 'blocking']);

const restartOptions = z.strictObject({
  strategy: z.enum(['never', 'one-for-one', 'all-for-one']).default('one-for-one'),
  max: z.int().min(1).max(1000).default(5),
  within: duration.default(10_000),
});

const optionsSchema = z.strictObject({
  nodes: z.int().min(1).max(nodesMax).default(4),
  interconnect: z
    .array(z.enum(driverNames))
    .min(1)
    .refine((drivers) => new Set(drivers).size === drivers.length, 'names a driver twice')
    .default([...driverNames]),
  storage: z.string().min(1).optional(),
  pool: z
    .strictObject({
      pagesPerNode: z
        .int()
        .min(16)
        .max(2 ** 19),
    })
    .optional(),
  restart: restartOptions.optional(),
  loop: z.union([loopKind, z.record(z.string(), loopKind)]).default('event'),
  stallMs: milliseconds.min(stallMsMin).default(stallMsDefault),
  hangMs: milliseconds.min(stallMsMin).optional(),
  terminateMs: milliseconds.default(terminateMsDefault),
  bootMs: milliseconds.default(bootMsDefault),
  resourceLimits: z
    .strictObject({
      maxOldGenerationSizeMb: z.number().min(oldGenerationMbMin).optional(),
      maxYoungGenerationSizeMb: z.number().min(1).optional(),
      codeRangeSizeMb: z.number().min(codeRangeMbMin).optional(),
      stackSizeMb: z.number().min(1).optional(),
    })
    .default({}),
  workerUrl: z.union([z.instanceof(URL), z.url()]).optional(),
});

/** What `Cluster.start` takes. */
export interface ClusterOptions {
  /** Nodes, each a thread: 1 to 64. @default 4 */
  readonly nodes?: number;
  /** Drivers of the links between members, the preferred one first. @default ['ring', 'port'] */
  readonly interconnect?: readonly ('ring' | 'port')[];
  /**
   * Directory for what must outlive the process; made when missing. One cluster at a time uses it. Without it the
   * cluster keeps nothing. @default none
   */
  readonly storage?: string;
  /** Shared pages of 4 KiB in each member's range. @default 8192, less beyond 15 nodes */
  readonly pool?: { readonly pagesPerNode: number };
  /** What follows the death of a node. More than `max` restarts within `within` end all nodes. @default never */
  readonly restart?: {
    readonly strategy?: 'never' | 'one-for-one' | 'all-for-one';
    /** @default 5 */
    readonly max?: number;
    /** Milliseconds, or text such as '10s'. @default '10s' */
    readonly within?: number | string;
  };
  /** How nodes wait, all of them or by name. @default 'event' */
  readonly loop?: LoopKind | Readonly<Record<MemberName, LoopKind>>;
  /** Silence of a heartbeat that is reported as `node-stalled`. Nobody dies of it. 250 at least. @default 1000 */
  readonly stallMs?: number;
  /** Silence of a heartbeat for which a node is ended. 250 at least. @default never */
  readonly hangMs?: number;
  /** How long a thread may take to end before it is fenced. @default 5000 */
  readonly terminateMs?: number;
  /** How long a node may take to start. @default 30000 */
  readonly bootMs?: number;
  /**
   * V8's limits of each node's heap. A node that grows over them dies alone; a single huge allocation beyond them may
   * still abort the process, which is how V8 is. @default V8's own
   */
  readonly resourceLimits?: {
    /** 16 at least. */
    readonly maxOldGenerationSizeMb?: number;
    /** 1 at least. */
    readonly maxYoungGenerationSizeMb?: number;
    /** 8 at least. */
    readonly codeRangeSizeMb?: number;
    /** 1 at least. */
    readonly stackSizeMb?: number;
  };
  /** The app's own bundle of `@holdfast/runtime/worker`. @default this package's */
  readonly workerUrl?: URL | string;
}

/** @throws ConfigError (HF_CONFIG) that names the option */
export function parseOptions(options: ClusterOptions): ClusterConfig {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const option = issue === undefined || issue.path.length === 0 ? 'The options' : `Option ${issue.path.join('.')}`;
    throw new ConfigError(`${option}: ${issue?.message ?? 'not valid'}.`, {
      hint: 'See ClusterOptions for what Cluster.start takes.',
      cause: parsed.error,
    });
  }
  const { nodes, interconnect, storage, pool, restart, loop, stallMs, hangMs, terminateMs, bootMs } = parsed.data;
  return {
    nodes,
    interconnect,
    storage: storage === undefined ? undefined : resolve(storage),
    pagesPerNode: pool?.pagesPerNode ?? Math.min(pagesPerNodeDefault, Math.floor(pagesPerClusterDefault / (nodes + 1))),
    restart: restart
      ? { strategy: restart.strategy, max: restart.max, withinMs: restart.within }
      : { strategy: 'never', max: 1, withinMs: 1 },
    loops: loopsOf(nodes, loop),
    stallMs,
    hangMs: hangMs ?? 0,
    terminateMs,
    bootMs,
    resourceLimits: definedOnly(parsed.data.resourceLimits),
    workerUrl: parsed.data.workerUrl === undefined ? workerEntry() : String(parsed.data.workerUrl),
  };
}

function loopsOf(nodes: number, loop: LoopKind | Record<MemberName, LoopKind>): LoopKind[] {
  if (typeof loop === 'string') return Array.from({ length: nodes }, () => loop);
  for (const name of Object.keys(loop)) {
    const slot = memberSlot(name);
    if (slot === undefined || slot >= nodes) {
      throw new ConfigError(`Option loop: there is no node ${JSON.stringify(name)}.`, {
        hint: `Name nodes from n0 to n${nodes - 1}.`,
      });
    }
  }
  return Array.from({ length: nodes }, (_, slot) => loop[memberName(slot)] ?? 'event');
}

function definedOnly<Value>(record: Record<string, Value | undefined>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter((entry): entry is [string, Value] => entry[1] !== undefined));
}
