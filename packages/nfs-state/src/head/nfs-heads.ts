import { setTimeout } from 'node:timers/promises';
import type { RaidArray } from '@holdfast/raid';
import {
  type Cluster,
  type ClusterEvent,
  type Deployment,
  memberSlot,
  NodeDownError,
  type ServiceProxy,
} from '@holdfast/runtime';
import { filter, type Observable } from 'rxjs';
import { z } from 'zod';
import { registerNfsStateErrors } from '../error-classes.ts';
import { LogDamagedError, LogNewerError, NfsOptionsError } from '../errors.ts';
import type { Client, Locks, Open, Status } from '../kernel/state-types.ts';
import {
  coordName,
  headSearchMs,
  headSearchRestMs,
  leaseMsDefault,
  leaseMsMin,
  requestWaitMsDefault,
  requestWaitMsMin,
  snapshotRecordsDefault,
} from '../limits.ts';
import { abandonLog } from '../log/abandon-log.ts';
import { ManifestStore } from '../log/log-manifest.ts';
import { fromText } from '../log/plain-text.ts';
import type { HeadStep } from './head-holds.ts';
import { type HeadPlace, HeadService, type TableName } from './head-service.ts';
import { NfsClient } from './nfs-client.ts';
import { type PriorityOptions, priorities } from './priority.ts';

declare module '@holdfast/runtime' {
  interface ClusterEventMap {
    /** A head of NFS appends to their log from now on. */
    'nfs-appender': { readonly node: string; readonly epoch: number };
    /** The heads that serve, or may, as `node` knows, which appends: another one joined, or serves nothing any more. */
    'nfs-heads': { readonly node: string; readonly heads: readonly string[] };
    /** The lease of a client ran out, it was in somebody's way, and all it had is gone; `name` is what it calls itself. */
    'nfs-client-expired': { readonly node: string; readonly client: string; readonly name: string };
    /** A head could not read or write the log, and tries again; `code` of the error. Operations wait, or are told DELAY. */
    'nfs-log-failed': { readonly node: string; readonly code: string };
  }
}

const eventTypes: ReadonlySet<ClusterEvent['type']> = new Set([
  'nfs-appender',
  'nfs-heads',
  'nfs-client-expired',
  'nfs-log-failed',
]);

const optionsForm = z.strictObject({
  heads: z.array(z.string()).min(1).max(16),
  snapshotRecords: z.int().min(0).default(snapshotRecordsDefault),
  leaseMs: z.int().min(leaseMsMin).default(leaseMsDefault),
  steersClock: z.boolean().default(false),
  requestWaitMs: z.int().min(requestWaitMsMin).default(requestWaitMsDefault),
});

export interface NfsStateOptions {
  /** The array that is open on the cluster; the log lies in mirrored objects of it. */
  readonly array: RaidArray;
  /** The nodes that serve. */
  readonly heads: readonly string[];
  readonly priority?: PriorityOptions | undefined;
  /** Records of the log between two snapshots of the state; 0 for none. @default 20,000 */
  readonly snapshotRecords?: number | undefined;
  /**
   * How long a client keeps what it has without being heard of by any head; after that it loses it to the first who is in
   * the way. At least 1,000. @default 90,000
   */
  readonly leaseMs?: number | undefined;
  /**
   * How long a request may wait at a head (for a takeover, or for a copy of the log) before its client is told DELAY. At
   * least 100. @default 10,000
   */
  readonly requestWaitMs?: number | undefined;
  /** @internal Leases go by clocks that only `NfsHead.turn` moves. @default false */
  readonly steersClock?: boolean | undefined;
}

interface Tables {
  readonly clients: readonly Client[];
  readonly opens: readonly Open[];
  readonly locks: readonly Locks[];
}

/** One head. */
export class NfsHead {
  readonly node: string;
  readonly #proxy: ServiceProxy<typeof HeadService.members>;

  /** @internal */
  constructor(node: string, proxy: ServiceProxy<typeof HeadService.members>) {
    this.node = node;
    this.#proxy = proxy;
  }

  client(): NfsClient {
    return new NfsClient([this.#proxy]);
  }

  /** Where it is in the log. */
  place(): Promise<HeadPlace> {
    return this.#proxy.place();
  }

  /** @internal */
  assertReadable(): Promise<void> {
    return this.#proxy.readable();
  }

  /** How long the lease of each client has still to run as far as this head knows; 0: it ran out here. */
  leases(): Promise<readonly { readonly client: string; readonly leftMs: number }[]> {
    return this.#proxy.leases();
  }

  /**
   * Ask the layouts of a file back, but those of the client `except`, before it is cut off or changed under them: OK once none
   * is held, DELAY before. What is not returned for a lease is taken.
   */
  async recallLayouts(file: string, except?: string): Promise<Status> {
    return (await this.#proxy.recallLayouts({ file, except })) as Status;
  }

  /** What this head has of one kind. */
  async table<Name extends TableName>(name: Name): Promise<Tables[Name]> {
    return fromText(await this.#proxy.table(name)) as Tables[Name];
  }

  /** @internal Hold its next batch at a step; resolves with the promise of something standing there. */
  async hold(step: HeadStep): Promise<{ readonly reached: Promise<void> }> {
    await this.#proxy.hold(step);
    const reached = this.#proxy.held(undefined, { timeoutMs: 0 });
    reached.catch(() => undefined);
    return { reached };
  }

  /** @internal Let time pass at this head, where its clock is steered; `stalls`: while it does nothing. */
  turn(ms: number, { stalls = false } = {}): Promise<void> {
    return this.#proxy.turn({ ms, stalls });
  }

  /** @internal */
  standAside(): Promise<void> {
    return this.#proxy.standAside();
  }
}

/**
 * The state of NFSv4 on several heads: opens, locks and replies that outlive the head that granted them. A change of state
 * is in the log of all heads, on two drives, before its client hears of it; whoever takes over serves the same stateids, at
 * once.
 *
 * @example
 * ```ts
 * const array = await RaidArray.create(cluster, { data: 2 });
 * await using nfs = await NfsHeads.start(cluster, { array, heads: ['n0', 'n1'] });
 * const client = nfs.client();
 * const { clientId, confirm } = await client.ask({ type: 'setclientid', name: 'me', verifier: '1', principal: 'root', callback: '' });
 * await client.ask({ type: 'setclientid-confirm', client: clientId!, confirm: confirm!, principal: 'root' });
 * ```
 */
export class NfsHeads implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #deployment: Deployment;
  readonly #heads: ReadonlyMap<string, NfsHead>;

  /**
   * Start a head on each of the nodes; resolves when one of them serves, or after `requestWaitMs`: then no copy of the log can be
   * read yet, and heads serve as soon as one can.
   * @throws NfsOptionsError (HF_NFS_OPTIONS); LogDamagedError (HF_NFS_LOG_DAMAGED), LogNewerError (HF_NFS_LOG_NEWER), which
   * change nothing; and what the array and the cluster throw
   */
  static async start(cluster: Cluster, options: NfsStateOptions): Promise<NfsHeads> {
    const { array, priority, ...rest } = options;
    const parsed = optionsForm.safeParse({ ...rest, heads: [...rest.heads] });
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new NfsOptionsError(`Option ${issue?.path.join('.')}: ${issue?.message}.`, 'See NfsStateOptions.');
    }
    const { heads: names, ...settings } = parsed.data;
    const heads = names.map((name) => memberSlot(name) ?? unknown(name));
    const table = priorities(priority);
    const { writable, degraded } = await array.status();
    if (!writable)
      throw new NfsOptionsError('The array cannot be written.', `It is ${degraded ? 'degraded' : 'closed'}.`);
    registerNfsStateErrors();
    const deployment = await cluster.deploy(new URL(import.meta.resolve('@holdfast/nfs-state/head')), {
      on: names,
      options: { ...settings, heads, priority: table },
    });
    const started = new NfsHeads(cluster, deployment, names);
    try {
      await started.#served(settings.requestWaitMs);
    } catch (error) {
      await started.close();
      throw error;
    }
    return started;
  }

  /**
   * Give a log up that is lost, or damaged for good, while no head runs: for operators who have nothing to restore it from. All
   * stateids and client ids become stale. For a lease from the next start the clients that `reclaim` names may reclaim what
   * they had, and nobody gets anything new (GRACE); with none named there is no grace period, and reclaims are NO_GRACE.
   * Whoever lost its lease before must not be named: others may have had its locks since, and nobody knows any more.
   * @throws NfsOptionsError (HF_NFS_OPTIONS) while heads run
   */
  static async abandonLog(
    cluster: Cluster,
    { array, reclaim = [] }: { readonly array: RaidArray; readonly reclaim?: readonly string[] | 'all' },
  ): Promise<void> {
    const clients = z.union([z.literal('all'), z.array(z.string())]).safeParse(reclaim);
    if (!clients.success) throw new NfsOptionsError('Option reclaim names no clients.', "Use names, or 'all'.");
    const { coord } = cluster;
    const running = await cluster
      .service(HeadService)
      .place()
      .catch(() => undefined);
    if (running !== undefined) throw new NfsOptionsError('Heads run, and have the state.', 'Close them first.');
    const manifests = new ManifestStore(coord, coordName);
    await abandonLog(array.objects, manifests, { coord, epochKey: `${coordName}/state-epoch`, clients: clients.data });
  }

  private constructor(cluster: Cluster, deployment: Deployment, names: readonly string[]) {
    this.#cluster = cluster;
    this.#deployment = deployment;
    this.#heads = new Map(names.map((node) => [node, new NfsHead(node, cluster.service(HeadService, { node }))]));
  }

  /** Changes of who appends and who serves, clients that were expired, and failures of the log. */
  get events$(): Observable<ClusterEvent> {
    return this.#cluster.events$.pipe(filter(({ type }) => eventTypes.has(type)));
  }

  head(node: string): NfsHead {
    return this.#heads.get(node) ?? unknown(node);
  }

  /** A client that goes to the next head when the one it asks is gone. */
  client(): NfsClient {
    return new NfsClient([...this.#heads.keys()].map((node) => this.#cluster.service(HeadService, { node })));
  }

  /** The head that appends, as those that are up see it; undefined while there is none. */
  async appender(): Promise<string | undefined> {
    for (const place of await this.#places()) {
      if (place.phase === 'appending') return place.node;
    }
    return undefined;
  }

  /**
   * Let another head append, if `node` does: for maintenance. Nothing is lost, and clients wait some milliseconds. Resolves once
   * one appends, which is `node` again where no other is up; or after 10 s.
   */
  async failover(node: string): Promise<void> {
    const isAppender = (await this.appender()) === node;
    await this.head(node).standAside();
    const untilMs = performance.now() + headSearchMs;
    while (isAppender && performance.now() < untilMs && (await this.appender()) === undefined) {
      await setTimeout(headSearchRestMs);
    }
  }

  async clients(): Promise<readonly Client[]> {
    return await this.#table('clients');
  }

  async opens(): Promise<readonly Open[]> {
    return await this.#table('opens');
  }

  async locks(): Promise<readonly Locks[]> {
    return await this.#table('locks');
  }

  /** Take the heads away. The state stays in the log. */
  async close(): Promise<void> {
    await this.#deployment.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @throws what is wrong with the log for good */
  async #served(waitMs: number): Promise<void> {
    const untilMs = performance.now() + waitMs;
    while (performance.now() < untilMs) {
      if ((await this.#places()).some(({ serving }) => serving)) return;
      const looks = await Promise.allSettled([...this.#heads.values()].map((head) => head.assertReadable()));
      for (const look of looks) {
        const reason: unknown = look.status === 'rejected' ? look.reason : undefined;
        if (reason instanceof LogDamagedError || reason instanceof LogNewerError) throw reason;
      }
      await setTimeout(headSearchRestMs);
    }
  }

  async #places(): Promise<(HeadPlace & { readonly node: string })[]> {
    const asked = [...this.#heads].map(async ([node, head]) => ({ node, ...(await head.place()) }));
    const answers = await Promise.allSettled(asked);
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }

  /** Of the head that is furthest in the log. */
  async #table<Name extends TableName>(name: Name): Promise<Tables[Name]> {
    const places = (await this.#places()).sort((one, other) => other.applied - one.applied);
    let cause: unknown;
    for (const { node } of places) {
      try {
        return await this.head(node).table(name);
      } catch (error) {
        cause = error;
      }
    }
    throw new NodeDownError([...this.#heads.keys()].join(', '), 'not-sent', { cause });
  }
}

function unknown(name: string): never {
  throw new NfsOptionsError(`There is no head ${JSON.stringify(name)}.`, 'Name nodes of the cluster.');
}
