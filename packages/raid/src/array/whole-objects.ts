import type { Technique } from '../layout/technique.ts';
import type { RawKey } from '../store/log-record.ts';
import type { ChangeOptions, StoredObject } from './array-types.ts';
import type { ByteSource } from './byte-source.ts';
import { type HeldVersion, unlessLost } from './object-directory.ts';
import type { ObjectReads } from './object-reads.ts';
import { storedObject } from './object-stat.ts';
import { type StoreHost, type StoreOptions, storeObject } from './store-object.ts';

export interface WholeObjectsHost {
  readonly parts: StoreHost;
  readonly reads: ObjectReads;
  /** Work that closing the array waits for, and nobody else. */
  readonly behind: (work: () => Promise<void>) => void;
}

/** Stores, changes and removes objects that are kept whole; the space of what they replace is given back behind the call. */
export class WholeObjects {
  readonly #host: WholeObjectsHost;

  constructor(host: WholeObjectsHost) {
    this.#host = host;
  }

  async put(key: RawKey, source: ByteSource, options: StoreOptions): Promise<StoredObject> {
    const { parts, behind } = this.#host;
    const { record, older, groups } = await storeObject(parts, key, source, options);
    if (older.length > 0) behind(() => this.#letGo(older));
    return storedObject(record, groups);
  }

  async change(key: string, technique: Technique, { signal, degraded }: ChangeOptions): Promise<StoredObject> {
    const { reads } = this.#host;
    const object = await reads.begin(key);
    const { storedAtMs, sha256 } = object;
    // Part of a call that closing waits for: it goes on when no new calls are let in.
    const content = reads.content(key, object, { signal, reuseChunks: true }, (read) => read());
    const kept = { storedAtMs, sha256: sha256 !== undefined };
    try {
      return await this.put(object.key, content, { ...kept, technique, signal, degraded });
    } finally {
      reads.end(object);
    }
  }

  /** False when there is none. */
  async remove(key: RawKey): Promise<boolean> {
    const { parts, behind } = this.#host;
    const { membership, directory } = parts;
    membership.assertWritable();
    const versions = await directory.versions(key);
    if (versions.length === 0) return false;
    await directory.forget(versions);
    await membership.steady();
    membership.assertWritable();
    behind(() => this.#drop(versions));
    return true;
  }

  async #letGo(versions: readonly HeldVersion[]): Promise<void> {
    await this.#host.parts.directory.forget(versions);
    await this.#drop(versions);
  }

  /** Give the space of objects back, once nobody reads them. */
  async #drop(versions: readonly HeldVersion[]): Promise<void> {
    const { parts, reads } = this.#host;
    const { membership } = parts;
    for (const { record } of versions) {
      await reads.unread(record);
      const holders = record.span.filter((member) => membership.live.has(member));
      const gfids = [record.gfid];
      await Promise.all(
        holders.map((member) => unlessLost(membership.ask(member, (iom, epoch) => iom.drop({ epoch, gfids })))),
      );
    }
  }
}
