import { NfsHeads, type NfsStateOptions } from '@holdfast/nfs-state';
import { RaidArray } from '@holdfast/raid';
import { Cluster } from '@holdfast/runtime';
import { scratchDirectory } from './scratch.ts';

export const drives = ['n0', 'n1'];
export const heads = ['n2', 'n3', 'n4'];

/** Heads on nodes without drives, so that they may die as often as they like: an array does not take members back yet. */
export class HeadCluster implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly array: RaidArray;
  readonly nfs: NfsHeads;
  readonly #scratch: Disposable;
  readonly #restarts = new Map<string, Promise<void>>();

  static async start(options: Partial<NfsStateOptions> = {}): Promise<HeadCluster> {
    const scratch = scratchDirectory();
    const cluster = await Cluster.start({ nodes: drives.length + heads.length, storage: scratch.path });
    await Promise.all(heads.map((head) => cluster.kill(head)));
    const array = await RaidArray.create(cluster, { data: 1, extentBlocks: 64 });
    await Promise.all(heads.map((head) => cluster.restart(head)));
    const nfs = await NfsHeads.start(cluster, { array, heads, ...options });
    return new HeadCluster(cluster, array, nfs, scratch);
  }

  private constructor(cluster: Cluster, array: RaidArray, nfs: NfsHeads, scratch: Disposable) {
    this.cluster = cluster;
    this.array = array;
    this.nfs = nfs;
    this.#scratch = scratch;
  }

  /** The head that appends now. */
  async appender(): Promise<string> {
    for (;;) {
      const appender = await this.nfs.appender();
      if (appender !== undefined) return appender;
    }
  }

  /** Kill a head and start it again while the test goes on; the others are there. */
  async kill(head: string): Promise<void> {
    await Promise.all(this.#restarts.values());
    await this.killAmongOthers(head);
  }

  /** A head that was killed is there again. */
  async restarted(head: string): Promise<void> {
    await this.#restarts.get(head);
  }

  /** The same as `kill`, while at most one of the others is still on its way back. */
  async killAmongOthers(head: string): Promise<void> {
    await this.#restarts.get(head);
    while (this.#restarts.size > heads.length - 2) await Promise.race(this.#restarts.values());
    await this.cluster.kill(head);
    this.#restarts.set(
      head,
      this.cluster.restart(head).then(() => void this.#restarts.delete(head)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#restarts.values());
    await this.nfs.close();
    await this.array.close();
    await this.cluster.close();
    this.#scratch[Symbol.dispose]();
  }
}
