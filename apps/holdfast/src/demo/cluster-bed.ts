import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ArrayEvent, RaidArray, windowBytes } from '@holdfast/raid';
import { Cluster } from '@holdfast/runtime';
import { clusterBootMs, indexNodesMax, overwriteCatchMs } from '../limits.ts';
import type { ArmedKill, BedOptions, DemoBed, MendedDrive, RevivedNode } from './bed.ts';
import type { Ledger } from './ledger-oracle.ts';
import { ClusterLocks } from './lock-ground.ts';
import type { StoredObject } from './object-store.ts';
import { dataSlots, drivesOf } from './store-shape.ts';
import { ClusterIndex } from './tree-index.ts';

/** A cluster of threads with one drive directory for each node, and an array over them. */
export class ClusterBed implements DemoBed {
  readonly nodes: readonly string[];
  readonly layout: { readonly data: number; readonly parity: number };
  readonly storeBytes: number;
  readonly joinedBy = interconnect.map((driver) => driverNames[driver]).join(' and ');
  readonly index: ClusterIndex | undefined;
  readonly locks: ClusterLocks | undefined;
  onOverwriteCaught?: { readonly hurry: () => void; readonly killed: (caught: boolean) => void };
  readonly #cluster: Cluster;
  readonly #directory: string;
  #array: RaidArray;

  private constructor(
    cluster: Cluster,
    array: RaidArray,
    directory: string,
    nodes: number,
    index: ClusterIndex | undefined,
  ) {
    this.#cluster = cluster;
    this.#directory = directory;
    this.index = index;
    this.#array = array;
    this.layout = { data: dataSlots(nodes), parity: 1 };
    this.storeBytes = windowBytes({ members: nodes, data: dataSlots(nodes) });
    this.nodes = cluster
      .members()
      .map(({ name }) => name)
      .filter((name) => name !== 'main');
    this.locks = index === undefined ? undefined : new ClusterLocks(cluster, array, this.nodes);
  }

  static async open({ nodes, storage, array }: BedOptions): Promise<DemoBed> {
    const cluster = await Cluster.start({
      nodes,
      storage: join(storage, 'cluster'),
      interconnect,
      bootMs: clusterBootMs,
    });
    try {
      const directory = drivesOf(storage);
      const opened =
        array === 'create'
          ? await RaidArray.create(cluster, { directory, data: dataSlots(nodes) })
          : await RaidArray.open(cluster, { directory });
      const shares = array === 'create' && nodes <= indexNodesMax;
      return new ClusterBed(cluster, opened, directory, nodes, shares ? await ClusterIndex.open(cluster) : undefined);
    } catch (error) {
      await cluster.terminate();
      throw error;
    }
  }

  put(key: string, bytes: AsyncIterable<Uint8Array>): Promise<StoredObject> {
    return this.#array.put(key, bytes);
  }

  async openLedger(gfid?: string): Promise<Ledger> {
    const { objects } = this.#array;
    return objects.open(gfid ?? (await objects.create({ technique: 'parity' })));
  }

  get(key: string): AsyncIterable<Uint8Array> {
    return this.#array.get(key, { reuseChunks: true });
  }

  async armKill(node: string, key: string, passes: number): Promise<ArmedKill> {
    const hold = await this.#array.hold(node, 'block-written', { key, after: passes });
    return {
      // The block is in the file and its flush was not asked for: the node's thread stands there until it is ended.
      killed: hold.reached.then(() => this.#killInOverwrite(node)),
      disarm: () => hold.release(),
    };
  }

  async revive(node: string): Promise<RevivedNode> {
    const ends = { resyncing: Promise.withResolvers<ArrayEvent>(), rebuilding: Promise.withResolvers<ArrayEvent>() };
    const heard = this.#array.events$.subscribe((event) => {
      if (event.type !== 'resyncing' && event.type !== 'rebuilding') return;
      if (event.node === node && event.state !== 'begun') ends[event.type].resolve(event);
    });
    try {
      await this.#array.revive(node);
      const [resynced, filled] = await Promise.all([ends.resyncing.promise, ends.rebuilding.promise]);
      return {
        blocksMoved: resynced.type === 'resyncing' ? resynced.blocksMoved : 0,
        repairedBytes: filled.type === 'rebuilding' ? filled.repairedBytes : 0,
        isWhole: [resynced, filled].every((event) => 'state' in event && event.state === 'ended'),
      };
    } finally {
      heard.unsubscribe();
    }
  }

  async mend(node: string, wipe: () => Promise<unknown>): Promise<MendedDrive> {
    await this.#array.close();
    await wipe();
    this.#array = await RaidArray.open(this.#cluster, { directory: this.#directory, replace: [node] });
    const filled = await this.#array.rebuild(node).done;
    const { objects, repairedSlots, lostGroups } = await this.#array.scrub().done;
    return { bytes: filled.repairedBytes, objects, repairedSlots, lostGroups: filled.lostGroups + lostGroups };
  }

  async kill(node: string): Promise<void> {
    await this.#killInOverwrite(node);
  }

  /** End a node when it has sent the change of an overwrite to the parity's node, and not made its block durable. */
  async #killInOverwrite(node: string): Promise<void> {
    let caught = false;
    if (this.onOverwriteCaught !== undefined) {
      const hold = await this.#array.hold(node, 'delta-sent');
      this.onOverwriteCaught.hurry();
      caught = await Promise.race([hold.reached.then(() => true), pause(overwriteCatchMs, false, { ref: false })]);
    }
    await this.#cluster.kill(node);
    this.onOverwriteCaught?.killed(caught);
  }

  async close(): Promise<void> {
    await this.locks?.close();
    await this.#array.close();
    await this.#cluster.close();
  }

  terminate(): Promise<void> {
    return this.#cluster.terminate();
  }
}

const interconnect = ['ring', 'port'] as const;
const driverNames = { ring: 'shared-memory rings', port: 'message ports' } as const;
