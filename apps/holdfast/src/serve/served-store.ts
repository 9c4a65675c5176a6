import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ArrayEvent,
  type Mending,
  NoObjectError,
  type OpenOptions,
  RaidArray,
  type StoredObject,
  type Technique,
} from '@holdfast/raid';
import { Cluster, type ClusterEvent, StorageError } from '@holdfast/runtime';
import { makeStorageDirectory } from '@holdfast/runtime/internals';
import { dataSlots, drivesOf } from '../demo/store-shape.ts';
import { errnoOf } from '../errno.ts';
import { ServeEndedError, StoreBusyError, UsageError } from '../errors.ts';
import { clusterBootMs, controlChunkBytes } from '../limits.ts';
import { packageVersion } from '../version.ts';
import { type ControlHandler, ControlServer } from './control-server.ts';
import { mendingSteps } from './mending-steps.ts';
import type { ControlRequest } from './protocol.ts';
import type { StatusReport } from './status-report.ts';
import { StoreIndex } from './store-index.ts';
import { readSettings, type StoreSettings, writeSettings } from './store-settings.ts';
import { tracedWrite } from './traced-write.ts';

export interface ServeOptions {
  /** Nodes of a store that is made, default 4; more than an existing one has, and it grows. */
  readonly nodes?: number;
  /** Nodes a store that is made can lose at a time, 1 or 2. Default 1. */
  readonly parity?: number;
  /** Told of what happens in the array. */
  readonly onArrayEvent?: (event: ArrayEvent) => void;
}

const nodesDefault = 4;

/** A store that this process serves: its cluster, its array and its control socket. */
export class ServedStore implements ControlHandler, AsyncDisposable {
  readonly settings: StoreSettings;
  readonly #storage: string;
  readonly #onArrayEvent: ServeOptions['onArrayEvent'];
  readonly #startedAt = performance.now();
  #server: ControlServer | undefined;
  #cluster: Cluster | undefined;
  #array: RaidArray | undefined;
  #index: StoreIndex | undefined;
  #state: StatusReport['state'] = 'starting';
  #closing: Promise<void> | undefined;

  private constructor(storage: string, settings: StoreSettings, onArrayEvent: ServeOptions['onArrayEvent']) {
    this.#storage = storage;
    this.settings = settings;
    this.#onArrayEvent = onArrayEvent;
  }

  /**
   * Serves the store in `storage`; makes one when there is none.
   * @throws ControlSocketError when another process serves it, UsageError when the options contradict the store.
   */
  static async open(storage: string, options: ServeOptions, signal: AbortSignal): Promise<ServedStore> {
    makeDirectory(storage);
    const existing = await readSettings(storage);
    const settings = settingsFor(storage, existing, options);
    const store = new ServedStore(storage, settings, options.onArrayEvent);
    try {
      store.#server = await ControlServer.listen(storage, store);
      // From here on nobody else serves this directory.
      if (settings !== existing) await writeSettings(storage, settings);
      await store.#start(signal);
      return store;
    } catch (error) {
      await store[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * What happens in the cluster, until `signal` aborts.
   * @throws ServeEndedError when the cluster ended by itself.
   */
  async *events(signal: AbortSignal): AsyncGenerator<ClusterEvent, void, undefined> {
    if (this.#cluster !== undefined) yield* this.#cluster.events(signal);
    if (!signal.aborted) throw new ServeEndedError(this.#storage);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async *answer(request: ControlRequest, body: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, unknown, undefined> {
    switch (request.verb) {
      case 'status':
        return await this.#status();
      case 'ls':
        for await (const { key, bytes, degraded } of this.#ready().array.list({ prefix: request.prefix })) {
          yield { key, bytes, degraded };
        }
        return {};
      case 'put': {
        const technique = request.technique as Technique | undefined;
        return await this.#stored(request.key, await this.#ready().array.put(request.key, body, { technique }));
      }
      case 'change': {
        const { key, technique } = request;
        return await this.#stored(key, await this.#ready().array.change(key, technique as Technique));
      }
      case 'get':
        for await (const chunk of this.#ready().array.get(request.key, { reuseChunks: true }))
          yield* base64Parts(chunk);
        return {};
      case 'rm':
        if (!(await this.#ready().array.remove(request.key))) throw new NoObjectError(request.key);
        await this.#index?.changed(request.key, undefined);
        return {};
      case 'inspect': {
        this.#ready();
        const found = await this.#index?.inspect(request.key);
        if (found === undefined) throw new NoObjectError(request.key);
        return { key: request.key, ...found.entry, ...found.inspection };
      }
      case 'kill':
        await this.#kill(request.node);
        return {};
      case 'revive':
        await this.#revive(request.node);
        return {};
      case 'replace':
        return { aside: await this.#replace(request.node) };
      case 'rebuild':
        return yield* mendingSteps(await this.#rebuild(request.node));
      case 'rehome':
        return yield* mendingSteps(this.#ready().array.rehome());
      case 'scrub':
        return yield* mendingSteps(this.#ready().array.scrub());
      case 'trace':
        return yield* tracedWrite(this.#ready().array, request);
    }
  }

  async #stored(key: string, { bytes, degraded, technique }: StoredObject) {
    await this.#index?.changed(key, { bytes, degraded });
    return { key, bytes, degraded, technique };
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { nodes, data, parity } = this.settings;
    signal.throwIfAborted();
    const cluster = await Cluster.start({ nodes, storage: join(this.#storage, 'cluster'), bootMs: clusterBootMs });
    this.#cluster = cluster;
    signal.throwIfAborted();
    const directory = drivesOf(this.#storage);
    // Nodes that have no part in the array yet get one, as soon as nothing else is amiss.
    const grow = Array.from({ length: nodes }, (_, node) => `n${node}`);
    this.#array = await RaidArray.open(cluster, { directory, grow }).catch((error: unknown) => {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'HF_NO_ARRAY') return RaidArray.create(cluster, { directory, data, parity });
      if (code === 'HF_GEOMETRY') return RaidArray.open(cluster, { directory });
      throw error;
    });
    this.#listen(this.#array);
    this.#index = await StoreIndex.open(cluster, (key) => this.#ready().array.stat(key));
    this.#state = 'serving';
  }

  /** A node that was away takes part again at once, and catches up with what was written meanwhile. */
  async #revive(node: string): Promise<void> {
    await this.#restart(node);
    await this.#ready().array.revive(node);
  }

  /**
   * Give a node an empty drive. The one it had is put aside, not removed.
   * @returns where that is now; undefined when there was none.
   * @throws UsageError when the others could not go on without it
   */
  async #replace(node: string): Promise<string | undefined> {
    const { members, parity } = await this.#ready().array.status();
    if (!members.some((member) => member.node === node)) {
      throw new UsageError(`${node} has no drive in this store.`, 'See `holdfast status` for its nodes.');
    }
    const others = members.filter((member) => member.node !== node && member.state === 'down');
    const down = others[parity - 1];
    if (down !== undefined) {
      throw new UsageError(
        `${down.node} is down as well: without the drive of ${node} too much would be gone.`,
        `Bring it back first: \`holdfast revive ${down.node}\`.`,
      );
    }
    await this.#restart(node);
    return await this.#reopen(async (open) => {
      const drive = join(drivesOf(this.#storage), node);
      const aside = `${drive}.replaced-${Date.now()}`;
      const had = await rename(drive, aside).then(
        () => true,
        () => false,
      );
      try {
        await open({ replace: [node] });
      } catch (error) {
        if (had) {
          await rm(drive, { recursive: true, force: true });
          await rename(aside, drive);
        }
        await open({});
        throw error;
      }
      return had ? aside : undefined;
    });
  }

  async #restart(node: string): Promise<void> {
    if (this.#stateOf(node) !== 'up') await this.#ready().cluster.restart(node);
  }

  async #kill(node: string): Promise<void> {
    if (this.#stateOf(node) === 'down') {
      throw new UsageError(`${node} is dead already.`, `Start it again with \`holdfast revive ${node}\`.`);
    }
    await this.#ready().cluster.kill(node);
  }

  async #rebuild(node: string): Promise<Mending> {
    this.#stateOf(node);
    const { members } = await this.#ready().array.status();
    if (members.find((member) => member.node === node)?.state !== 'up') {
      const hint = `\`holdfast revive ${node}\` brings it back, \`holdfast replace ${node}\` gives it an empty drive.`;
      throw new UsageError(`${node} is down: there is no drive to fill.`, hint);
    }
    return this.#ready().array.rebuild(node);
  }

  /** @throws UsageError when the store has no such node */
  #stateOf(node: string): string {
    const member = this.#ready()
      .cluster.members()
      .find(({ name }) => name === node);
    if (member !== undefined) return member.state;
    throw new UsageError(`There is no ${node} in this store.`, 'See `holdfast status` for its nodes.');
  }

  /** Close the array, do something with its drives, and open it again. */
  async #reopen<T>(work: (open: (options: OpenOptions) => Promise<void>) => Promise<T>): Promise<T> {
    const { cluster, array } = this.#ready();
    this.#array = undefined;
    this.#state = 'starting';
    await array.close();
    return await work(async (options) => {
      this.#array = await RaidArray.open(cluster, { directory: drivesOf(this.#storage), ...options });
      this.#listen(this.#array);
      this.#state = 'serving';
    });
  }

  #listen(array: RaidArray): void {
    if (this.#onArrayEvent !== undefined) array.events$.subscribe(this.#onArrayEvent);
  }

  async #status(): Promise<StatusReport> {
    return {
      state: this.#state,
      pid: process.pid,
      version: packageVersion(),
      storage: this.#storage,
      uptimeSeconds: Math.round(performance.now() - this.#startedAt) / 1000,
      ...(await this.#parts()),
    };
  }

  async #parts(): Promise<Pick<StatusReport, 'cluster' | 'array'>> {
    const cluster = this.#cluster;
    const array = this.#array;
    if (cluster === undefined || array === undefined) return {};
    const { members, data, parity, degraded, writable } = await array.status();
    const drives = new Map(members.map(({ node, state, use }) => [node, { state, use }]));
    return {
      cluster: {
        epoch: cluster.epoch,
        nodes: cluster
          .members()
          .filter(({ name }) => drives.has(name))
          .map(({ name, state, incarnation }) => {
            const { state: drive = 'down', use } = drives.get(name) ?? {};
            const bytesUsed = use && use.blocksUsed * 4096;
            return { name, state, incarnation, drive, bytesUsed, whyBuffered: use?.whyBuffered };
          }),
      },
      array: {
        data,
        parity,
        state: writable ? (degraded ? 'degraded' : 'healthy') : 'failed',
        bytesUsed: members.reduce((sum, { use }) => sum + (use?.blocksUsed ?? 0) * 4096, 0),
      },
    };
  }

  #ready(): { readonly cluster: Cluster; readonly array: RaidArray } {
    const cluster = this.#cluster;
    const array = this.#array;
    if (this.#state !== 'serving' || cluster === undefined || array === undefined) {
      throw new StoreBusyError(this.#storage, this.#state);
    }
    return { cluster, array };
  }

  async #close(): Promise<void> {
    this.#state = 'closing';
    await this.#array?.close();
    await this.#cluster?.close();
    await this.#server?.[Symbol.asyncDispose]();
  }
}

/** @throws UsageError when the options contradict the store */
function settingsFor(storage: string, existing: StoreSettings | undefined, options: ServeOptions): StoreSettings {
  const { nodes = existing?.nodes ?? nodesDefault } = options;
  const parity = (options.parity ?? existing?.parity ?? 1) === 2 ? 2 : 1;
  if (existing === undefined) {
    return { format: 'holdfast-store-1', nodes, data: dataSlots(nodes, parity), parity };
  }
  if (nodes < existing.nodes || parity !== existing.parity) {
    throw new UsageError(
      `The store in ${storage} has ${existing.nodes} nodes with parity ${existing.parity}.`,
      'Leave --nodes and --parity out, name more nodes, or name another directory.',
    );
  }
  return nodes === existing.nodes ? existing : { ...existing, nodes };
}

function makeDirectory(storage: string): void {
  try {
    makeStorageDirectory(storage);
  } catch (error) {
    throw new UsageError(
      `${storage} cannot be used (${errnoOf(error instanceof StorageError ? error.cause : error)}).`,
      'Name a directory that may be written.',
    );
  }
}

function* base64Parts(chunk: Uint8Array): Generator<string, void, undefined> {
  for (let from = 0; from < chunk.byteLength; from += controlChunkBytes) {
    const part = chunk.subarray(from, from + controlChunkBytes);
    // The bytes may lie in shared memory, which Buffer reads where it is.
    yield Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('base64');
  }
}
