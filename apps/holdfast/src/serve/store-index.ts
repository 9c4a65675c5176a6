import { type Container, defineContainer, type Inspection } from '@holdfast/coherence';
import type { ObjectStat } from '@holdfast/raid';
import type { Cluster } from '@holdfast/runtime';
import { z } from 'zod';
import { indexCallMs } from '../limits.ts';

const IndexEntry = z.object({ bytes: z.int(), degraded: z.boolean() });
export type IndexEntry = z.output<typeof IndexEntry>;

/**
 * What is stored under which key, as coherent objects that the nodes share: an entry is read from the store when it is
 * first asked for, and kept up to date from then on.
 */
export class StoreIndex {
  readonly #container: Container<string, IndexEntry>;
  /** Changes that could not be told to the index, and must be before anybody looks: a put does not fail for them. */
  readonly #owed = new Map<string, IndexEntry | undefined>();

  private constructor(container: Container<string, IndexEntry>) {
    this.#container = container;
  }

  /** @param stat what the store has under a key. */
  static async open(cluster: Cluster, stat: (key: string) => Promise<ObjectStat | undefined>): Promise<StoreIndex> {
    const load = async (key: string): Promise<IndexEntry | undefined> => {
      const found = await stat(key);
      return found && { bytes: found.bytes, degraded: found.degraded };
    };
    const definition = defineContainer('index', { key: z.string(), value: IndexEntry, source: { load } });
    return new StoreIndex(await cluster.container(definition));
  }

  /** An object was stored, or removed when there is no entry. */
  async changed(key: string, entry: IndexEntry | undefined): Promise<void> {
    this.#owed.set(key, entry);
    await this.#settle(key).catch(() => undefined);
  }

  /** The entry of a key and where it is; undefined when nothing is stored under it. */
  async inspect(key: string): Promise<{ readonly entry: IndexEntry; readonly inspection: Inspection } | undefined> {
    await this.#settle(key);
    const entry = await this.#container.read(key, { timeoutMs: indexCallMs });
    return entry && { entry, inspection: await this.#container.inspect(key) };
  }

  async #settle(key: string): Promise<void> {
    if (!this.#owed.has(key)) return;
    const entry = this.#owed.get(key);
    const options = { timeoutMs: indexCallMs };
    if (entry === undefined) await this.#container.remove(key, options);
    else await this.#container.set(key, entry, options);
    if (this.#owed.get(key) === entry) this.#owed.delete(key);
  }
}
