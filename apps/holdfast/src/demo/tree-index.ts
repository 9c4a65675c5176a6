import type { Cluster } from '@holdfast/runtime';
import { indexFindKeys } from '../limits.ts';
import { IndexClerk, TreeEntries } from './index-entries.ts';

/** A file as the index has it. */
export interface IndexedFile {
  readonly bytes: number;
  readonly sha256: string;
}

/** An index of the stored tree that the nodes of the demo share. */
export interface TreeIndex {
  /** One of the nodes that are up, each in turn, writes the entry of a file, and owns it from then on. */
  note(key: string, file: IndexedFile): Promise<void>;
  /** Times a node wrote an entry. */
  writtenBy(node: string): number;
  /** What each node that is up finds under these keys. */
  findEverywhere(keys: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, IndexedFile>>>;
}

/** The index on a cluster: entries are coherent objects, written and read by a service on every node. */
export class ClusterIndex implements TreeIndex {
  readonly #cluster: Cluster;
  readonly #written = new Map<string, number>();
  #turn = 0;

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  static async open(cluster: Cluster): Promise<ClusterIndex> {
    await cluster.container(TreeEntries);
    await cluster.deploy(new URL(import.meta.resolve('holdfast/index-clerk')), { on: 'all' });
    return new ClusterIndex(cluster);
  }

  async note(key: string, file: IndexedFile): Promise<void> {
    for (;;) {
      const up = this.#up();
      const node = up[this.#turn++ % up.length]!;
      try {
        await this.#cluster.service(IndexClerk, { node }).note({ key, file });
        this.#written.set(node, this.writtenBy(node) + 1);
        return;
      } catch (error) {
        // It died with the call: whether it wrote or not, the next writes the same.
        if (this.#up().includes(node)) throw error;
      }
    }
  }

  writtenBy(node: string): number {
    return this.#written.get(node) ?? 0;
  }

  async findEverywhere(keys: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, IndexedFile>>> {
    const finds = this.#up().map(async (node) => {
      const found = new Map<string, IndexedFile>();
      for (let from = 0; from < keys.length; from += indexFindKeys) {
        const some = keys.slice(from, from + indexFindKeys);
        for (const { key, file } of await this.#cluster.service(IndexClerk, { node }).find(some)) found.set(key, file);
      }
      return [node, found] as const;
    });
    return new Map(await Promise.all(finds));
  }

  #up(): string[] {
    return this.#cluster
      .members()
      .filter(({ name, state }) => name !== 'main' && state === 'up')
      .map(({ name }) => name);
  }
}
